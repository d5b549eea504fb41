"""What the ledgers are read from, in SQL: of one device, since the ledger of a mill was begun."""

BATCHES = """
SELECT b.id, b.mo_id, b.production_id, b.batch_no, coalesce(b.holds_slot, false) AS holds_slot,
       b.state, coalesce(b.status_manufacturing, false) AS finished,
       coalesce(b.acknowledged, false) AS acknowledged,
       coalesce(b.update_odoo, false) AS update_odoo, b.error_code, b.error_message,
       b.error_reason, b.error_action, p.state AS order_state
  FROM mo_batch b LEFT JOIN mrp_production p ON p.id = b.production_id
 WHERE b.device_id = %(device)s"""
HISTORIES = """
SELECT h.id, h.batch_id_was, h.mo_id, h.production_id, h.batch_no, h.status, h.device_id,
       coalesce(h.acknowledged, false) AS acknowledged, p.state AS order_state
  FROM mo_histories h LEFT JOIN mrp_production p ON p.id = h.production_id
 WHERE h.device_id = %(device)s AND (h.id > %(history)s OR NOT coalesce(h.acknowledged, false))"""
BATCH_KG = """
SELECT l.batch_id, l.silo_number, l.actual_consumption FROM mo_batch_line l
  JOIN mo_batch b ON b.id = l.batch_id WHERE b.device_id = %(device)s"""
HISTORY_KG = """
SELECT l.history_id, l.silo_number, l.actual_consumption FROM mo_histories_line l
  JOIN mo_histories h ON h.id = l.history_id
 WHERE h.device_id = %(device)s AND h.id > %(history)s AND l.source = 'silo'"""
ORDER_KG = """
SELECT m.raw_material_production_id, s.number, l.quantity, l.state
  FROM stock_move_line l
  JOIN stock_move m ON m.id = l.move_id
  JOIN plc_silo s ON s.id = l.plc_silo_id
  JOIN mrp_production p ON p.id = m.raw_material_production_id
 WHERE l.picked AND l.state != 'cancel' AND p.id IN (
       SELECT production_id FROM mo_batch WHERE device_id = %(device)s
       UNION SELECT production_id FROM mo_histories
              WHERE device_id = %(device)s AND id > %(history)s)"""
WAITING = """
SELECT p.name, coalesce(p.plc_skip_reason, '') AS reason
  FROM mrp_production p LEFT JOIN mo_batch b ON b.production_id = p.id
 WHERE p.plc_device_id = %(device)s AND b.id IS NULL AND p.state = 'confirmed'
   AND p.plc_dispatch != 'never'"""
EVENTS = """
SELECT kind, mo_id, message, history_id FROM plc_event
 WHERE device_id = %(device)s AND id > %(event)s
   AND kind IN ('send', 'orphan', 'read', 'error')"""
TROUBLE = """
SELECT kind, mo_id, message FROM plc_event
 WHERE device_id = %(device)s AND id > %(event)s AND severity != 'info' ORDER BY id"""
