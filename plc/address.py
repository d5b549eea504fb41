"""Which hosts may be a PLC's.

S7 CPUs are reached by IPv4. Addresses at which a cloud offers its credentials to whoever asks
from inside are none of a plant's, so that a device's form is no way to them (CWE-918).
"""

import ipaddress
import re
import socket

# A host name or an IPv4 address; no scheme, blank, path, port or control byte gets through.
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
METADATA_NAMES = frozenset(
    ("metadata", "metadata.goog", "metadata.google.internal", "instance-data")
    + ("instance-data.ec2.internal",)
)
FORBIDDEN = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this host, on systems that take it so
            "169.254.0.0/16",  # link-local: the metadata services of most clouds
            "100.100.100.200/32",  # that of Alibaba Cloud
            "192.0.0.192/32",  # that of Oracle Cloud
            "224.0.0.0/3",  # multicast, reserved, broadcast
        ),
    )
)


class ForbiddenAddress(OSError):
    """The host's name stands for an address that no PLC has."""


def is_host(text: str) -> bool:
    """Whether this is a plain host name or IPv4 address."""
    return bool(HOST.fullmatch(text))


def is_forbidden(host: str) -> bool:
    """Whether a host is, in any spelling, one that no PLC has. Asks no name server."""
    try:
        address = socket.inet_aton(host)  # 2852039166, 0xa9fea9fe and 0251.0376.43518 too
    except OSError:
        return host.lower() in METADATA_NAMES
    return _is_forbidden(ipaddress.IPv4Address(address))


def look_up(host: str) -> str:
    """The IPv4 address to connect to: what is checked here is what is connected to.

    socket.gaierror if the name is not known, ForbiddenAddress if it stands for one of those.
    """
    found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    addresses = [address for *_kind, (address, _port) in found]
    if is_forbidden(host) or any(_is_forbidden(ipaddress.IPv4Address(a)) for a in addresses):
        raise ForbiddenAddress(host)
    return addresses[0]


def _is_forbidden(address: ipaddress.IPv4Address) -> bool:
    return any(address in network for network in FORBIDDEN)
