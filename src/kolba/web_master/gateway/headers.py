"""Which headers go through the door. What is not named here stays outside, or inside."""

from __future__ import annotations

from collections.abc import Mapping

_INWARD = (
    "accept",
    "accept-encoding",
    "content-encoding",
    "content-length",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "last-event-id",
    "range",
)
_OUTWARD = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
    "vary",
)


_OF_A_BODY = frozenset({"content-encoding", "content-length", "content-type"})


def inward(given: Mapping[str, str], *, with_body: bool) -> dict[str, str]:
    """Of a person's request: what the service may see. Who asks, the language and the request id are added elsewhere.

    `given` must find names in any case. Without a body nothing may announce one: the service would take the beginning
    of the next request on this connection for it.
    """
    kept = {
        name: given[name]
        for name in _INWARD
        if name in given and (with_body or name not in _OF_A_BODY)
    }
    # Without one, the client would offer encodings that only it could undo.
    kept.setdefault("accept-encoding", "identity")
    return kept


def outward(given: Mapping[str, str]) -> dict[str, str]:
    """Of a service's answer: what the person may see. `given` must find names in any case."""
    kept = {name: given[name] for name in _OUTWARD if name in given}
    location = given.get("location", "")
    if location.startswith("/") and not location.startswith("//"):
        kept["location"] = location
    return kept
