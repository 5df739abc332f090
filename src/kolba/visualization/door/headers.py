"""Which headers go between the browser and the web master."""

import collections.abc
import typing

Headers = collections.abc.Iterable[tuple[str, str]]

_INWARD: typing.Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "last-event-id",
        "range",
        "user-agent",
        "x-csrf-token",
    }
)
# Of one connection only, or added again on the way out.
_STAY: typing.Final = frozenset(
    {
        "connection",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
        "x-request-id",
    }
)
_SHUT: typing.Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For what comes without a policy of its own: a stored file that is a web page does nothing at the UI's address."""


def inward(given: Headers) -> list[tuple[str, str]]:
    """Of the browser's request: what the web master may see.

    `Origin` and `Host` have been compared at this service's own edge; the web master's are others.
    """
    kept = [(name, value) for name, value in given if name.lower() in _INWARD]
    if not any(name.lower() == "accept-encoding" for name, _ in kept):
        kept.append(("accept-encoding", "identity"))  # or the client would offer its own
    return kept


def outward(given: Headers, prefix: str) -> list[tuple[str, str]]:
    """Of the web master's answer: what the browser may see. Addresses in it begin with `prefix`."""
    kept = [(name, value) for name, value in given if name.lower() not in _STAY]
    names = {name.lower() for name, _ in kept}
    if "content-security-policy" not in names:
        kept.append(("content-security-policy", _SHUT))
    return [
        (name, prefix + value if _is_own_location(name, value) else value) for name, value in kept
    ]


def _is_own_location(name: str, value: str) -> bool:
    return name.lower() == "location" and value.startswith("/") and not value.startswith("//")
