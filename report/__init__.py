from . import batch_record
from . import plc_dose_report
