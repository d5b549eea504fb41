from . import test_consumption
from . import test_controllers
from . import test_silo_assignment
