"""Which charged answers have left, known also after this process was killed.

Between the commit that charges and the answer's leaving, a process can die: then somebody has paid for nothing. So each
charged prediction has a byte in a file that is mapped into memory, set at the last moment before its answer leaves. A
killed process leaves the file as it was; at the next start, charges whose byte is not set are given back.
"""

from __future__ import annotations

import mmap
import pathlib
import uuid
from collections.abc import Sequence
from typing import Self

from kolba.kit import failpoints

RING_BYTES = 1 << 20
"""More than can ever be charged and not yet settled: trips are settled every half second."""


class Marks:
    """A ring of bytes, one for each of the last `RING_BYTES` serial numbers. Survives the process, not the machine."""

    def __init__(self, folder: pathlib.Path) -> None:
        """`folder` is this web master's own: it also keeps the name by which it knows its charges again."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.owner = _name(folder / "instance")
        path = folder / "delivered.marks"
        with path.open("ab") as file:
            file.truncate(RING_BYTES)
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), RING_BYTES)

    def set(self, serial: int) -> None:
        self._bytes[serial % RING_BYTES] = 1

    def clear(self, first: int, count: int) -> None:
        start = first % RING_BYTES
        here = min(count, RING_BYTES - start)
        self._bytes[start : start + here] = bytes(here)
        self._bytes[: count - here] = bytes(count - here)

    def is_set(self, serial: int) -> bool:
        return self._bytes[serial % RING_BYTES] == 1

    def close(self) -> None:
        self._bytes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Trip:
    """Charged predictions that were committed together, until each answer has left or is known to be lost."""

    __slots__ = ("deliveries", "lost", "outbox_id", "waiting")

    def __init__(self, deliveries: Deliveries, outbox_id: int, waiting: int) -> None:
        self.deliveries = deliveries
        self.outbox_id = outbox_id
        self.waiting = waiting
        self.lost: list[int] = []
        """Places within the trip."""

    def one_less(self) -> None:
        self.waiting -= 1
        if self.waiting == 0:
            self.deliveries.end(self.outbox_id, self.lost)


class Receipt:
    """One charged prediction: either its answer leaves, or it is lost and the charge will be given back."""

    __slots__ = ("_is_settled", "_place", "_serial", "_trip")

    def __init__(self, trip: Trip, place: int, serial: int) -> None:
        self._trip = trip
        self._place = place
        self._serial = serial
        self._is_settled = False

    @property
    def mark(self) -> tuple[str, int]:
        """By whose mark, and which, it is known that it has left."""
        return self._trip.deliveries.marks.owner, self._serial

    def leaving(self) -> None:
        """To be called at the last moment before the answer is written to the caller."""
        if not self._is_settled:
            failpoints.reach("predictions.leaving")
            self._is_settled = True
            self._trip.deliveries.marks.set(self._serial)
            self._trip.one_less()

    def lost(self) -> None:
        """The caller has gone, or the answer cannot be made."""
        if not self._is_settled:
            self._is_settled = True
            self._trip.lost.append(self._place)
            self._trip.one_less()


class Deliveries:
    """Gives out serial numbers, and knows which trips have ended."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self._next = 0
        self._under_way: set[int] = set()
        self.ended: dict[int, Sequence[int]] = {}
        """Of each trip (by its id in the outbox) that is to be settled, the places of the answers that were lost.

        Whoever settles a trip takes it out.
        """

    def reserve(self, count: int) -> int:
        """The first of `count` serial numbers, none of them marked."""
        first = self._next
        self._next += count
        self.marks.clear(first, count)
        return first

    def receipts(self, outbox_id: int, first: int, count: int) -> list[Receipt]:
        self._under_way.add(outbox_id)
        trip = Trip(self, outbox_id, count)
        return [Receipt(trip, place, first + place) for place in range(count)]

    def end(self, outbox_id: int, lost: Sequence[int]) -> None:
        """To be settled."""
        self._under_way.discard(outbox_id)
        self.ended[outbox_id] = lost

    def knows(self, outbox_id: int) -> bool:
        """Whether the trip is in hand: its answers are under way, or it is to be settled."""
        return outbox_id in self._under_way or outbox_id in self.ended


def _name(path: pathlib.Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        name = uuid.uuid4().hex
        path.write_text(name, "ascii")
        return name
