"""The screens that look into history and events, asked for as the web client asks."""

LIMIT = 80  # rows of a list
COUNT_LIMIT = 10_001  # up to which the web client has them counted


def _list_page(device, model, domain):
    """The first page of a list: `web_search_read` of the fields of its view."""
    records = device.env[model]
    view = records.get_views([(False, "list"), (False, "search")])
    names = view["models"][model]["fields"]
    arch = view["views"]["list"]["arch"]
    specification = {
        name: {"fields": {"display_name": {}}} if field["type"] == "many2one" else {}
        for name, field in names.items()
        if f'name="{name}"' in arch
    }
    answer = records.web_search_read(
        domain, specification, limit=LIMIT, count_limit=COUNT_LIMIT, order=None
    )
    if not answer["records"]:
        raise RuntimeError(f"an empty page of {model}")


def histories(device):
    _list_page(device, "mo.histories", [])


def histories_completed(device):
    _list_page(device, "mo.histories", [("status", "=", "completed")])


def histories_of_device(device):
    _list_page(device, "mo.histories", [("device_id", "=", device.id)])


def events(device):
    _list_page(device, "plc.event", [])


def one_history(device):
    """The form: the record, its silos and its events."""
    history = device.env["mo.histories"].search([], limit=1)
    specification = {
        "mo_id": {},
        "open_batch_id": {"fields": {"display_name": {}}},
        "line_ids": {"fields": {"silo_name": {}, "actual_consumption": {}}},
        "hand_line_ids": {"fields": {"product_name": {}}},
        "event_ids": {"fields": {"message": {}, "create_date": {}}},
    }
    if not history.web_read(specification)[0]["line_ids"]:
        raise RuntimeError("a history without silos")


def plant_board(device):
    device.get_plant_board()


def silo_board(device):
    silos = device.silo_ids
    silos.web_read({"stock_kg": {}, "covered_batches": {}, "dose_error": {}, "dose_graph": {}})


def orders(device):
    """The list of manufacturing orders to do, with what the addon shows in it."""
    to_do = ("draft", "confirmed", "progress", "to_close")
    _list_page(device, "mrp.production", [("state", "in", to_do)])


PAGES = {
    "list of histories": histories,
    "histories, completed": histories_completed,
    "histories of a device": histories_of_device,
    "list of events": events,
    "one history": one_history,
    "plant board": plant_board,
    "silo board": silo_board,
    "orders to do": orders,
}
