from . import mo_batch_ending
from . import plc_silo_change_over
from . import plc_hand_entry
from . import plc_material_use
