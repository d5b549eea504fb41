"""Every failure of the wire side, by cause.

A failure is told in three texts: the message (what), the reason (why) and the action (what
happens next, or what to do). Each is an English template with named placeholders and the
parameters that fill it, so that Odoo can translate the template and fill in the same parameters.
Parameters carry the device's name, never its address.
"""


def _lt(source: str) -> str:
    """Mark a text for translation; the text itself is returned."""
    return source


RETRY_ACTION = _lt("It is tried again by itself; nothing is lost meanwhile.")

UNREACHABLE_REFUSED = _lt(
    "Its network address answers, but refuses the connection: the PLC's S7 server is not "
    "running, the port is wrong, or a firewall stands between."
)
UNREACHABLE_NO_ROUTE = _lt(
    "There is no way to it in the network: it is switched off, a cable is out, or its address "
    "is wrong."
)
UNREACHABLE_NAME = _lt("Its host name is not known to the name server.")
UNREACHABLE_NO_ADDRESS = _lt("The device has no address.")
UNREACHABLE_FORBIDDEN = _lt(
    "Its host stands for a link-local address or for a cloud's own service; no PLC is there."
)
UNREACHABLE_CUT = _lt("The connection was closed in the middle of a request.")
UNREACHABLE_CUT_CONNECTING = _lt(
    "It closed the connection before the S7 session stood: rack, slot or connection type may be "
    "wrong, or all its connections are in use."
)
UNREACHABLE_GIVEN_UP = _lt("The connection was given up after an earlier failure.")

TIMEOUT_SILENT = _lt("No complete answer came within %(seconds)s seconds.")
TIMEOUT_TURN = _lt("The time of this run was used up before all of its answers had come.")

PROTOCOL_REFUSED = _lt(
    "It refused access to data block %(db)s, bytes %(first)s to %(last)s: %(answer)s"
)
PROTOCOL_GARBLED = _lt("Its answer does not belong to the request: %(answer)s")
PROTOCOL_CONNECTING = _lt(
    "It did not accept the S7 connection: rack, slot or connection type may be wrong, or it is "
    "not an S7 PLC."
)
PROTOCOL_PDU = _lt("It offers requests of %(pdu)s bytes, too short to be used.")

CHECK_CONNECTION_ACTION = _lt(
    "It is tried again by itself. If it stays so, check power, network, and the device's address."
)
CHECK_ACCESS_ACTION = _lt(
    "Check rack, slot and connection type of the device; that both data blocks of its memory map "
    "exist, are long enough and have “optimized block access” switched off; and that the CPU "
    "permits PUT/GET access."
)


class PlcError(Exception):
    """A failure while talking to a PLC.

    ``params`` fills all three templates. ``outcome_unknown`` is True after a write that may or
    may not have reached the PLC (handshake, rule R12). ``retryable`` tells whether the same
    request may succeed later without anyone changing anything.
    """

    code = "plc_protocol"
    retryable = True
    message_template = _lt("%(device)s: the request failed")
    reason_template = _lt("The cause is not known.")
    action_template = RETRY_ACTION

    def __init__(
        self,
        reason_template: str | None = None,
        *,
        outcome_unknown: bool = False,
        **params,
    ):
        if reason_template:
            self.reason_template = reason_template
        self.outcome_unknown = outcome_unknown
        self.params = {"device": "PLC", **params}
        super().__init__(self.reason_template)

    @property
    def message(self) -> str:
        """What failed, in English."""
        return self.message_template % self.params

    @property
    def reason(self) -> str:
        """Why it failed, in English."""
        return self.reason_template % self.params

    @property
    def action(self) -> str:
        """What happens next or what to do, in English."""
        return self.action_template % self.params

    def __str__(self) -> str:
        return f"{self.message}: {self.reason}"


class PlcUnreachable(PlcError):
    """Refused, no route, unknown host name, or the connection was cut."""

    code = "plc_unreachable"
    message_template = _lt("%(device)s cannot be reached")
    action_template = CHECK_CONNECTION_ACTION


class PlcTimeout(PlcError):
    """Silence, or an answer that was not complete by its deadline."""

    code = "plc_timeout"
    message_template = _lt("%(device)s does not answer")
    action_template = CHECK_CONNECTION_ACTION


class PlcProtocol(PlcError):
    """An error code instead of data, or an answer that is not valid S7."""

    code = "plc_protocol"
    message_template = _lt("%(device)s answered with an error")
    action_template = CHECK_ACCESS_ACTION


class PlcData(PlcError):
    """A value that does not fit, or that is not what was written.

    The same record fails again until somebody changes the order, the layout or the PLC.
    """

    code = "plc_data"
    retryable = False
    message_template = _lt("%(device)s: the data does not fit")
    action_template = _lt(
        "Correct the order, the memory map or the PLC's program; it is tried again by itself."
    )


class SlotTooLong(PlcData):
    """A slot of the layout is longer than one request carries (``slot_size``, ``max_payload``)."""

    message_template = _lt("%(device)s: a slot of the memory map is too long for it")
    reason_template = _lt(
        "A slot has %(slot_size)s bytes, but one request to this PLC carries %(max_payload)s at "
        "most; a slot must be read in one piece."
    )
    action_template = _lt("Make the slots of the memory map shorter.")


class LayoutError(ValueError):
    """A layout that cannot work.

    ``problems`` lists every fault found as ``(template, params)``, to be translated one by one.
    """

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__("\n".join(template % params for template, params in self.problems))
