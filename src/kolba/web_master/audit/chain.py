"""The chain: every entry holds the hash of the one before, so that none can be changed, taken out or put in unseen.

Pure: no database. What is hashed is one line of JSON in ASCII: an array of all columns but the hash itself, in the
order of `Entry`'s fields, without blanks.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Any

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, as the database keeps it. The order of the fields is the order in which they are hashed."""

    seq: int
    """1, 2, 3 …, without a gap."""
    at: str
    """UTC, to the microsecond: `2026-03-14T09:15:00.000000Z`."""
    actor: str
    """Who did it; empty: nobody who is known."""
    via: str
    """How they had shown who they are; `command line` for an operator's command."""
    action: str
    """The method and the template of the route, `DELETE /datasets/{dataset_id}`; or `kolba user add`."""
    object_kind: str
    object_id: str
    outcome: str
    """`begun`, `done`, `refused`, `failed` or `unanswered`."""
    status: int | None
    """What was answered; None with `begun` and `unanswered`, and for commands."""
    begun: int | None
    """The entry, by its seq, that announced what this one gives the outcome of."""
    address: str
    """Of the client."""
    request_id: str
    details: str
    """A small JSON object, as text."""
    prev_hash: str
    hash: str = ""


COLUMNS = tuple(field.name for field in dataclasses.fields(Entry))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place in the chain: what an operator writes down elsewhere to be sure of all that came before."""

    seq: int
    hash: str


START = Link(seq=0, hash=GENESIS)


def seal(entry: Entry) -> Entry:
    """`entry` with its hash."""
    return dataclasses.replace(entry, hash=digest(entry))


def digest(entry: Entry) -> str:
    """SHA-256 of all columns but the hash, in hexadecimal."""
    values = [getattr(entry, name) for name in COLUMNS[:-1]]
    line = json.dumps(values, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(line.encode("ascii")).hexdigest()


def moment(at: dt.datetime) -> str:
    """As `Entry.at` has it: of fixed length, so that it sorts as text."""
    return f"{at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def details(values: dict[str, Any]) -> str:
    """As `Entry.details` has them."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class Broken(Exception):
    """The log is not what was written. `seq` is the first entry that is wrong."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"entry {seq}: {reason}")
        self.seq = seq
        self.reason = reason


class Walk:
    """Follows the chain from a link on, entry by entry."""

    def __init__(self, after: Link = START) -> None:
        self.head = after

    def follow(self, entries: Iterable[Entry]) -> None:
        """Take the next entries, in the order of their seq. Raises `Broken` at the first that does not hold."""
        for entry in entries:
            self._step(entry)

    def _step(self, entry: Entry) -> None:
        expected = self.head.seq + 1
        if entry.seq != expected:
            raise Broken(expected, f"it is missing: {entry.seq} comes in its place")
        if entry.prev_hash != self.head.hash:
            raise Broken(expected, "it does not follow the one before: `prev_hash` is another")
        if entry.hash != digest(entry):
            raise Broken(expected, "its content is not what its hash was made of")
        self.head = Link(seq=entry.seq, hash=entry.hash)
