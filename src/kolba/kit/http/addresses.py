"""Where a request came from: the peer's address, or what proxies that the operator trusts say of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette import datastructures, types

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_MOST_HOPS = 20


class Addresses:
    """`X-Forwarded-For` counts only where the peer is a trusted proxy: anybody else can write anything there."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, scope: types.Scope) -> str:
        """The client's address; empty where there is none (a Unix socket)."""
        peer = scope.get("client")
        if not peer:
            return ""
        nearest = _read(peer[0])
        if nearest is None:
            return str(peer[0])[:64]
        for hop in self._hops(scope):
            if not self._is_trusted(nearest):
                break
            further = _read(hop)
            if further is None:
                break
            nearest = further
        return str(nearest)

    def _hops(self, scope: types.Scope) -> list[str]:
        """What the header says, the nearest first."""
        given = datastructures.Headers(scope=scope).getlist("x-forwarded-for")
        return ",".join(given).split(",")[::-1][:_MOST_HOPS]

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _read(given: str) -> Address | None:
    """An address, also with a port after it; None where it is none."""
    plain = given.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
