from . import test_consumption
from . import test_controllers
from . import test_errors
from . import test_errors_database
from . import test_guards
from . import test_order_changes
from . import test_silo_assignment
