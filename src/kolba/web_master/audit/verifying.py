"""Is the log what was written? Walks the whole chain, or from a place that an operator has written down."""

from __future__ import annotations

import dataclasses

from kolba.web_master.audit import chain, repository


class UnknownLink(ValueError):
    """There is no entry with the hash to start from."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found."""

    entries: int
    """How many were looked at and hold."""
    head: chain.Link
    """The last that holds."""
    broken: chain.Broken | None
    """The first that does not; None: all hold."""


def verify(
    log: repository.AuditRepository, *, since: str | None = None, head: str | None = None
) -> Verdict:
    """Follow the chain from the entry whose hash is `since` (None: from the first) to its end.

    Somewhere on the way `head` must come by: the hash of what once was the last entry. Without it nobody can tell
    whether the newest entries were cut off, or all of it was written anew. Raises `UnknownLink`.
    """
    start = chain.START if since is None else _link(log, since)
    walk = chain.Walk(start)
    pending = head if head not in (None, start.hash) else None
    try:
        for entries in log.walk(after=None if since is None else start.seq):
            walk.follow(entries)
            if pending in {entry.hash for entry in entries}:
                pending = None
        if pending is not None:
            raise chain.Broken(
                walk.head.seq + 1,
                f"it is missing: the log ends here and never had the head {pending}",
            )
    except chain.Broken as broken:
        return _verdict(walk, start, broken)
    return _verdict(walk, start, None)


def _verdict(walk: chain.Walk, start: chain.Link, broken: chain.Broken | None) -> Verdict:
    return Verdict(entries=walk.head.seq - start.seq, head=walk.head, broken=broken)


def _link(log: repository.AuditRepository, hash_: str) -> chain.Link:
    """The place of an entry, which must itself hold: its hash was written down, so that it cannot have been made up."""
    entry = log.find(hash_)
    if entry is None or chain.digest(entry) != hash_:
        raise UnknownLink(f"no entry of the log has the hash {hash_}, or it was changed")
    return chain.Link(seq=entry.seq, hash=entry.hash)
