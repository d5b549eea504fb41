from . import test_consumption
from . import test_silo_assignment
