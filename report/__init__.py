from . import plc_dose_report
