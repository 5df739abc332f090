"""A client's address cannot be forged, unless the operator trusts the forger."""

from __future__ import annotations

import ipaddress
from typing import Any

import pydantic
import pytest

from kolba.kit import settings
from kolba.kit.http import addresses

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return {"type": "http", "client": (peer, 5) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", (), "192.0.2.7"),
        ("192.0.2.7", ("198.51.100.1",), "192.0.2.7"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        # What the client wrote itself stands left of what the proxies added.
        ("10.0.0.1", ("203.0.113.9, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.1, 10.2.3.4"), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1:4711",), "198.51.100.1"),
        ("fd00::1", ("[2001:db8::1]:80",), "2001:db8::1"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1, unknown",), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", (",".join(["10.0.0.2"] * 10_000),), "10.0.0.2"),
        (None, ("198.51.100.1",), ""),
        ("testclient", ("198.51.100.1",), "testclient"),
    ],
)
def test_the_nearest_that_is_no_trusted_proxy(
    peer: str | None, forwarded: tuple[str, ...], expected: str
) -> None:
    assert addresses.Addresses(PROXIES).of(scope(peer, *forwarded)) == expected


def test_nobody_is_trusted_unless_named() -> None:
    assert settings.HttpSettings().trusted_proxies == []
    named = settings.HttpSettings.model_validate({"trusted_proxies": ["127.0.0.1", "10.0.0.0/8"]})
    found = addresses.Addresses(named.trusted_proxies).of(scope("127.0.0.1", "198.51.100.1"))
    assert found == "198.51.100.1"
    with pytest.raises(pydantic.ValidationError):
        settings.HttpSettings.model_validate({"trusted_proxies": ["everyone"]})
