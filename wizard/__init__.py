from . import mo_batch_ending
from . import plc_silo_change_over
