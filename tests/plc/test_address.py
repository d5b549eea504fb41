"""Which hosts may be a PLC's, and that a name is no way around it."""

import socket

import pytest

from plc import Session
from plc.address import ForbiddenAddress, is_forbidden, is_host, look_up
from plc.errors import PlcUnreachable

METADATA = [
    "169.254.169.254",
    "169.254.0.1",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.16689662",
    "100.100.100.200",
    "192.0.0.192",
    "metadata.google.internal",
    "Metadata.Google.Internal",
    "instance-data",
    "0.0.0.0",
    "0",
    "224.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("host", METADATA)
def test_no_plc_is_there(host):
    assert is_host(host) and is_forbidden(host)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.5", "192.168.0.1", "plc01", "plc-1.mill", "plc_sim"]
)
def test_a_plant_s_own(host):
    assert is_host(host) and not is_forbidden(host)


@pytest.mark.parametrize(
    "host",
    [
        "http://10.0.0.5",
        "10.0.0.5/x",
        "10.0.0.5:102",
        "10.0.0.5 ",
        " 10.0.0.5",
        "10.0.0 .5",
        "10.0.0.5\0",
        "plc\n",
        "plc\r\nX: y",
        "user@plc",
        "169.254.169.254.",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "[::1]",
        "plc_１",
        "pl\u200bc",
        "-plc",
        "a" * 254,
    ],
)
def test_not_a_plain_host(host):
    assert not is_host(host)


def named(monkeypatch, *addresses):
    """A name server that knows every name, by these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)


@pytest.mark.parametrize("addresses", [["169.254.169.254"], ["127.0.0.1", "169.254.169.254"]])
def test_a_name_that_stands_for_such_an_address(monkeypatch, addresses):
    named(monkeypatch, *addresses)
    with pytest.raises(ForbiddenAddress):
        look_up("plc.mill.example")
    with pytest.raises(PlcUnreachable, match="no PLC is there") as raised:
        Session("plc.mill.example").__enter__()
    assert "169.254" not in str(raised.value) and "example" not in str(raised.value)


def test_what_was_checked_is_what_is_connected_to(monkeypatch):
    """A name server that says something else the second time is not asked a second time."""
    named(monkeypatch, "127.0.0.1")
    assert look_up("plc.mill.example") == "127.0.0.1"
