-- A test copy must never write to the real plant: forget where it is, and stop all traffic.
UPDATE plc_device
   SET host = NULL,
       paused = TRUE,
       state = 'unknown';
