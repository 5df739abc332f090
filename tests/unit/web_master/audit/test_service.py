"""What an entry may hold, and what keeps a flood out of the log."""

from __future__ import annotations

import asyncio
import json

import pytest

from kolba.kit import clock, errors
from kolba.web_master.audit import notes, repository, service

DRAFT = service.Draft(actor="ann", via="session", action="POST /x", outcome="done")


def last(log: repository.AuditRepository) -> repository.chain.Entry:
    (found,), _ = log.page(repository.EVERYTHING, limit=1, offset=0)
    return found


@pytest.mark.parametrize(
    "hostile", ["\x00", "a\r\nb", "\u202eadmin", "\ud800", "\ue000", "x" * 10_000, "\x1b[2J"]
)
def test_any_text_is_made_harmless(
    audit: service.Audit, log: repository.AuditRepository, hostile: str
) -> None:
    names = ("actor", "via", "action", "object_kind", "object_id", "address", "request_id")
    texts = dict.fromkeys(names, hostile)
    audit.write(service.Draft(**texts, outcome="done", details={hostile: hostile}))  # type: ignore[arg-type]
    entry = last(log)
    assert all(getattr(entry, name).isprintable() for name in names)
    assert all(len(getattr(entry, name)) <= 256 for name in names)
    assert len(entry.details) <= 300
    assert all(one.isprintable() for pair in json.loads(entry.details).items() for one in pair)


def test_details_stay_small(audit: service.Audit, log: repository.AuditRepository) -> None:
    details = {str(number): "x" * 1000 for number in range(1000)}
    audit.write(service.Draft(actor="", via="", action="", outcome="done", details=details))
    assert len(last(log).details) < 5000


def test_a_command_is_announced_too(audit: service.Audit, log: repository.AuditRepository) -> None:
    with audit.command("kolba user add", "person", "ann", groups="client"):
        assert last(log).outcome == "begun"
    done = last(log)
    assert (done.outcome, done.begun, done.via, done.actor) == ("done", 1, "command line", "")
    assert (done.action, done.object_kind, done.object_id) == ("kolba user add", "person", "ann")
    assert done.details == '{"groups":"client"}'


def test_a_command_that_fails_says_why(
    audit: service.Audit, log: repository.AuditRepository
) -> None:
    with pytest.raises(errors.NotFound), audit.command("kolba user disable", "person", "bob"):
        raise errors.NotFound
    assert (last(log).outcome, last(log).details) == ("failed", '{"problem":"not-found"}')


def test_notes_reach_the_request_they_are_about() -> None:
    async def serve(name: str) -> notes.Notes:
        with notes.collecting() as noted:
            await asyncio.to_thread(notes.add, amount=len(name))
            await asyncio.sleep(0)
            notes.about("person", name)
            notes.by(name)
        return noted

    async def both() -> list[notes.Notes]:
        return await asyncio.gather(serve("ann"), serve("bobby"))

    ann, bob = asyncio.run(both())
    assert (ann.object_id, ann.actor, ann.details) == ("ann", "ann", {"amount": 3})
    assert (bob.object_id, bob.actor, bob.details) == ("bobby", "bobby", {"amount": 5})
    notes.add(lost=True)  # outside of any request, as in a command: nothing to add to


def test_a_flood_is_counted(time: clock.ManualClock) -> None:
    refusals = service.Refusals(per_minute=2, time=time)
    assert [refusals.admit("192.0.2.7") for _ in range(5)] == [True, True, False, False, False]
    assert refusals.admit("192.0.2.8")
    assert (refusals.take_unwritten(), refusals.take_unwritten()) == (3, 0)
    time.advance(60)
    assert refusals.admit("192.0.2.7")


def test_a_flood_from_everywhere_is_bounded(time: clock.ManualClock) -> None:
    refusals = service.Refusals(per_minute=2, time=time)
    admitted = sum(refusals.admit(str(number)) for number in range(5000))
    assert admitted == 1002
