"""What may be fetched from where, and how much of it. Pure functions on URLs and addresses."""

from __future__ import annotations

import dataclasses
import ipaddress

import yarl

from kolba.kit.egress import errors

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL = 2048
SCHEMES = ("http", "https")

# Of IPv6 only this is handed out as public; the parts of it that are not are excluded below.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Documentation (RFC 9637) and segment routing, which Python 3.11 still takes for global.
_NOT_PUBLIC = (
    ipaddress.IPv6Network("3fff::/20"),
    ipaddress.IPv6Network("5f00::/16"),
    ipaddress.IPv4Network("192.88.99.0/24"),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The limits of one client. Times in seconds, sizes in bytes."""

    allowed_networks: tuple[Network, ...] = ()
    """Networks the operator allows although they are not public."""
    max_bytes: int = 256 * 2**20
    """Of one download, after decompression."""
    total_seconds: float = 300.0
    idle_seconds: float = 10.0
    """The longest silence of a server."""
    connect_seconds: float = 3.0
    """For the name and for the connection, each."""
    max_redirects: int = 5

    def permits(self, address: Address) -> bool:
        """Whether `address` is public, or in a network that the operator allows."""
        seen = embedded(address)
        if any(one in network for one in {address, seen} for network in self.allowed_networks):
            return True
        return is_public(seen)


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else the address."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: Address) -> bool:
    """Not private, loopback, link-local, shared, multicast, reserved or for documentation."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def check_url(value: str) -> yarl.URL:
    """Parse `value` with the same parser that will open it. Raises `errors.UrlRefused`."""
    if len(value) > MAX_URL:
        raise errors.UrlRefused(url=value[:64] + "…", reason="it is too long")
    if any(character <= " " or character == "\\" for character in value):
        reason = "it has a space, a backslash or a control character"
        raise errors.UrlRefused(url=repr(value), reason=reason)
    try:
        url = yarl.URL(value)
        port = url.port
    except ValueError as error:
        raise errors.UrlRefused(url=repr(value), reason="it is not a URL") from error
    if url.scheme not in SCHEMES:
        raise errors.UrlRefused(url=shown(url), reason="only http and https are fetched")
    if url.user is not None or url.password is not None:
        raise errors.UrlRefused(url=shown(url), reason="it carries credentials")
    if not url.host or not port:
        raise errors.UrlRefused(url=shown(url), reason="it names no host or port")
    return url


def next_url(current: yarl.URL, location: str) -> yarl.URL:
    """Where a redirect leads, checked like the first URL. Raises `errors.UrlRefused`."""
    try:
        joined = str(current.join(yarl.URL(location)))
    except ValueError as error:
        raise errors.UrlRefused(url=shown(current), reason="it redirects to no URL") from error
    url = check_url(joined)
    if current.scheme == "https" and url.scheme != "https":
        raise errors.UrlRefused(url=shown(url), reason="a redirect may not leave https")
    return url


def literal(host: str) -> Address | None:
    """The address that `host` spells out, or None where it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def shown(url: yarl.URL) -> str:
    """`url` as it may be logged: without credentials, query and fragment."""
    return str(url.with_user(None).with_query(None).with_fragment(None)) if url.host else str(url)
