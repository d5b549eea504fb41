"""Years of work, put into a database's tables at once."""

BIG_TABLES = ("mo_histories", "mo_histories_line", "plc_event", "mrp_production")
LINES = 15  # silos of a history
PAGE = 100  # histories of a new plant's list


def fill(world, count):
    """`count` histories of a mill, each with its order, 15 lines and an event; then the planner's
    figures, which autovacuum would have taken long ago.

    As SQL: through the ORM a million would take a day.
    """
    (order_id,) = world.orders(1, recipe="SMALL", plc_dispatch="never")
    with world.device() as device:
        device.env["mrp.production"].browse(order_id).action_cancel()
    with world.device() as device:
        _clone_order(device.env.cr, order_id, count)
        values = {
            "count": count,
            "device": device.id,
            "name": device.name,
            "company": device.company_id.id,
            "product": device.silo_ids[:1].product_id.id,
            "first_silo": min(device.silo_ids.ids),
            "lines": LINES,
        }
        for statement in STATEMENTS:
            device.env.cr.execute(statement, values)
    with world.db.env() as env:
        for table in BIG_TABLES:
            env.cr.execute(f"ANALYZE {table}")


def _clone_order(cr, order_id, count):
    """`count` orders like one, closed long ago; without moves of their own."""
    cr.execute(
        """SELECT quote_ident(column_name) FROM information_schema.columns
            WHERE table_name = 'mrp_production'
                  AND column_name NOT IN ('id', 'name', 'state', 'access_token')"""
    )
    columns = ", ".join(name for (name,) in cr.fetchall())
    cr.execute(
        f"""INSERT INTO mrp_production (name, state, {columns})
            SELECT 'OLD/' || n, 'done', {columns}
              FROM mrp_production, generate_series(1, %s) n WHERE id = %s""",
        [count, order_id],
    )


STATEMENTS = (
    # 15 million times, foreign keys that are known to fit need not be looked up: a superuser may
    # say so, others wait three times as long
    """SELECT set_config('session_replication_role', 'replica', true)
         FROM pg_roles WHERE rolname = current_user AND rolsuper""",
    """INSERT INTO mo_histories (mo_id, production_id, production_name, product_id, product_name,
              device_id, equipment_id_batch, batch_no, company_id, finished_goods, consumption,
              actual_weight_quantity_finished_goods, input_kg, yield_percent, cycle_minutes,
              produced_quantity, uom_name, status, archived_at, sent_at, finished_at, acknowledged,
              status_manufacturing, update_odoo, out_count, create_date, write_date)
       SELECT name, id, name,
              %(product)s, 'FEED ' || n %% 50, %(device)s, 'PLC01', 1 + n %% 10, %(company)s,
              'FEED ' || n %% 50, 1000, 990 + n %% 20, 1000, 99, 12, 990 + n %% 20, 'kg',
              (ARRAY['completed', 'completed', 'completed', 'completed', 'cancelled', 'failed'])
                  [1 + n %% 6],
              t, t - interval '15 minutes', t - interval '3 minutes', true, true, true, 0, t, t
         FROM (SELECT id, name, substr(name, 5)::int AS n
                 FROM mrp_production WHERE name LIKE 'OLD/%%') old_order,
              LATERAL (SELECT now() AT TIME ZONE 'UTC'
                              - (%(count)s + 1 - n) * interval '3 minutes' AS t)""",
    """INSERT INTO mo_histories_line (history_id, company_id, silo_id, silo_number, silo_name,
              product_id, product_name, lot_name, consumption, actual_consumption, deviation,
              uom_name, unit_cost, source, shift, shift_day, dosed_at, date, status,
              equipment_id_batch, create_date, write_date)
       SELECT history.id, history.company_id, %(first_silo)s + s - 1, 100 + s, 'SILO ' || s,
              history.product_id, 'INGREDIENT ' || s, 'LOT ' || history.id / 500,
              50, 50 + (history.id + s) %% 7 * 0.1, (history.id + s) %% 7 * 0.1, 'kg', 2, 'silo',
              'A', history.finished_at::date, history.finished_at, history.finished_at,
              history.status, history.equipment_id_batch, history.archived_at, history.archived_at
         FROM mo_histories history, generate_series(1, %(lines)s) s
        WHERE history.mo_id LIKE 'OLD/%%'""",
    """INSERT INTO plc_event (device_id, device_name, company_id, history_id, mo_id, user_id, kind,
              severity, message, create_date, write_date)
       SELECT device_id, %(name)s, company_id, id, mo_id, 1, 'archive', 'info',
              mo_id || ' archived', archived_at, archived_at
         FROM mo_histories
        WHERE mo_id LIKE 'OLD/%%'""",
)
