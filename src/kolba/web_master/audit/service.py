"""Writing entries, and reading them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Literal

import structlog

from kolba.kit import clock
from kolba.web_master.audit import chain, notes, repository

Outcome = Literal["begun", "done", "refused", "failed", "unanswered"]
_MOST_DETAILS = 20
_LONGEST_DETAIL = 200
_log = structlog.get_logger("kolba.audit")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that has no place in the chain yet. Texts may be anything: they are made printable and cut."""

    actor: str
    via: str
    action: str
    object_kind: str = ""
    object_id: str = ""
    outcome: Outcome
    status: int | None = None
    begun: int | None = None
    address: str = ""
    request_id: str = ""
    details: Mapping[str, notes.Detail] = dataclasses.field(default_factory=dict)


class Audit:
    """The log. Its methods block: call them from a thread."""

    def __init__(self, log: repository.AuditRepository, time: clock.Clock) -> None:
        self.log = log
        self._time = time

    def write(self, draft: Draft) -> int:
        """Adds an entry; its seq. When this returns, the entry survives a power cut."""
        details = {
            _plain(name, 64): _plain(one, _LONGEST_DETAIL) if isinstance(one, str) else one
            for name, one in list(draft.details.items())[:_MOST_DETAILS]
        }
        entry = chain.Entry(
            seq=0,
            at=chain.moment(self._time.now()),
            actor=_plain(draft.actor, 256),
            via=_plain(draft.via, 32),
            action=_plain(draft.action, 256),
            object_kind=_plain(draft.object_kind, 64),
            object_id=_plain(draft.object_id, 256),
            outcome=draft.outcome,
            status=draft.status,
            begun=draft.begun,
            address=_plain(draft.address, 64),
            request_id=_plain(draft.request_id, 128),
            details=chain.details(details),
            prev_hash="",
        )
        return self.log.append(entry).seq

    def page(
        self, chosen: repository.Filter, *, limit: int, offset: int
    ) -> tuple[list[chain.Entry], int]:
        """The newest entries first, one page of them, and how many there are."""
        return self.log.page(chosen, limit=limit, offset=offset)

    def walk(self, chosen: repository.Filter) -> Iterator[chain.Entry]:
        """All that pass the filter, the oldest first."""
        for entries in self.log.walk(chosen):
            yield from entries

    @contextlib.contextmanager
    def command(
        self, action: str, kind: str = "", id_: str | int = "", **details: notes.Detail
    ) -> Iterator[None]:
        """What an operator does with a command (`kolba user add`): announced before, its outcome written after."""
        draft = Draft(
            actor="",
            via="command line",
            action=action,
            object_kind=kind,
            object_id=str(id_),
            outcome="begun",
            details=details,
        )
        begun = self.write(draft)
        try:
            yield
        except BaseException as error:
            said = {"problem": getattr(error, "slug", type(error).__name__)}
            self.write(dataclasses.replace(draft, outcome="failed", begun=begun, details=said))
            raise
        self.write(dataclasses.replace(draft, outcome="done", begun=begun))


class Refusals:
    """Keeps a flood of what nobody known asks, or is refused, from filling the log: of each origin so many a minute."""

    def __init__(self, *, per_minute: int, time: clock.Clock) -> None:
        self._per_minute = per_minute
        self._time = time
        self._minute = 0
        self._seen: dict[str, int] = {}
        self._unwritten = 0

    def admit(self, origin: str) -> bool:
        """Whether this one is to be written. `unwritten` tells how many were not."""
        minute = int(self._time.now().timestamp() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, {}
        known = origin if origin in self._seen or len(self._seen) < 1000 else ""
        self._seen[known] = self._seen.get(known, 0) + 1
        if self._seen[known] <= self._per_minute:
            return True
        self._unwritten += 1
        return False

    def take_unwritten(self) -> int:
        """How many were not written since this was last asked."""
        count, self._unwritten = self._unwritten, 0
        if count:
            _log.warning("requests of nobody known too many to be written", count=count)
        return count


def _plain(value: str, limit: int) -> str:
    """Without what cannot be seen or kept: control and bidirectional characters, lone surrogates."""
    cut = value[:limit]
    if not cut.isprintable():
        cut = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in cut)[:limit]
    return cut
