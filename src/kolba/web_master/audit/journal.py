"""Makes entries of requests."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

from kolba.kit import identity
from kolba.web_master.audit import notes, policy, service

_REFUSALS = (401, 403, 429)
"""Somebody known can cause these, too, as many as they like, and nothing comes of them."""
_SIGNED_IN = "password"
"""How somebody showed who they are whom the request itself has signed in."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is written."""

    match: policy.Match
    person: identity.Person
    address: str
    request_id: str


class Journal:
    """Writes what is asked and what came of it. In the application's state as `audit_journal`."""

    def __init__(self, audit: service.Audit, refusals: service.Refusals) -> None:
        self._audit = audit
        self._refusals = refusals

    def may_announce(self, asked: Asked) -> bool:
        """Whether there is room for another entry of somebody unknown, from where this one comes."""
        return asked.person.is_known or self._refusals.admit(asked.address)

    async def begin(self, asked: Asked) -> int:
        """Say what is about to be done; the entry's seq."""
        return await asyncio.to_thread(self._audit.write, _draft(asked, "begun"))

    async def end(
        self,
        asked: Asked,
        noted: notes.Notes,
        *,
        status: int | None,
        begun: int | None,
        answer: Mapping[str, Any],
    ) -> None:
        """Write the outcome. Of an `answer` in JSON: its id or name, a problem's type, and what the target names."""
        if noted.is_nothing_new and begun is None and status is not None and status < 400:
            return
        unwritten = 0
        # Whatever it is that nobody is answered (204, 400, 413, 421, 422 …): they can ask for it without an end.
        from_anybody = not (asked.person.is_known or noted.actor)
        if begun is None and (from_anybody or status in _REFUSALS):
            if not self._refusals.admit(asked.address):
                return
            unwritten = self._refusals.take_unwritten()
        draft = _draft(asked, policy.outcome_of(status), status)
        draft = dataclasses.replace(
            draft,
            actor=noted.actor or draft.actor,
            via=_SIGNED_IN if noted.actor else draft.via,
            object_kind=noted.object_kind or draft.object_kind,
            object_id=noted.object_id
            or draft.object_id
            or _made(answer, status, draft.object_kind),
            begun=begun,
            details={
                **noted.details,
                **({"unwritten": unwritten} if unwritten else {}),
                **_told(answer, status, asked.match.target.telling),
                **_problem(answer, status),
            },
        )
        await asyncio.to_thread(self._audit.write, draft)


def _draft(asked: Asked, outcome: service.Outcome, status: int | None = None) -> service.Draft:
    target = asked.match.target
    own = asked.person.name if target.is_own and target.kind == "person" else ""
    return service.Draft(
        actor=asked.person.name,
        via=asked.person.via,
        action=target.action,
        object_kind=target.kind,
        object_id=asked.match.object_id or own,
        outcome=outcome,
        status=status,
        address=asked.address,
        request_id=asked.request_id,
    )


def _made(answer: Mapping[str, Any], status: int | None, kind: str) -> str:
    """What was made has an id in the answer, or at least a name."""
    if status not in (201, 202):
        return ""
    given = (answer.get(key) for key in ("id", f"{kind}_id", "name"))
    return next((str(found) for found in given if isinstance(found, str | int)), "")


def _told(
    answer: Mapping[str, Any], status: int | None, telling: tuple[str, ...]
) -> dict[str, notes.Detail]:
    """How it is now, in the members that say so."""
    if status is None or status >= 400:
        return {}
    return {name: _short(answer[name]) for name in telling if name in answer}


def _short(value: Any) -> notes.Detail:
    if value is None or isinstance(value, str | int | bool):
        return value
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _problem(answer: Mapping[str, Any], status: int | None) -> dict[str, notes.Detail]:
    """The problem's own name, such as `unknown-dataset`."""
    kind = answer.get("type") if status is not None and status >= 400 else None
    return {"problem": kind.rpartition(":")[2]} if isinstance(kind, str) else {}
