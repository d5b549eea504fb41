from . import controllers
from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    """Parameters that were set by a person are no records of the addon's."""
    env["ir.config_parameter"].search([("key", "=like", "mrp_plc_batch.%")]).unlink()
