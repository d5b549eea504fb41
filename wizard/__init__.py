from . import mo_batch_ending
