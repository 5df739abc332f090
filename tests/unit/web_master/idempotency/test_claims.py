"""Leases of claims, and what is not tried again."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from collections.abc import Iterator

import pytest

import kolba.web_master
from kolba.kit import clock
from kolba.kit import errors as kit_errors
from kolba.kit.db import engine, migrations
from kolba.web_master.idempotency import errors, hashing, repository, service, settings

SCRIPTS = pathlib.Path(kolba.web_master.__file__).parent / "migrations"
BODY = hashing.of(b"{}", "application/json")
DONE = repository.Answer(status=201, headers={}, content=b"{}")
NO_WAIT = settings.IdempotencySettings(wait_seconds=0, lease_seconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'web_master.db'}"
    else:
        url = request.getfixturevalue("postgresql").create_database()
    opened = engine.connect(url)
    migrations.upgrade(opened, SCRIPTS)
    yield opened
    opened.close()


@pytest.fixture
def time() -> clock.ManualClock:
    return clock.ManualClock()


@pytest.fixture
def entries(database: engine.Database) -> repository.ClaimRepository:
    return repository.ClaimRepository(database, owner="here")


@pytest.fixture
def keys(entries: repository.ClaimRepository, time: clock.ManualClock) -> service.Keys:
    return service.Keys(entries, NO_WAIT, time)


def asked(key: str) -> repository.Asked:
    return repository.Asked(person="ann", key=key, target_sha256="0" * 64)


async def claim(keys: service.Keys, key: str) -> service.Claim:
    found = await keys.claim(asked(key))
    assert isinstance(found, service.Claim)
    return found


async def test_what_could_not_be_ended_is_free_again_when_its_lease_lapses(
    keys: service.Keys,
    entries: repository.ClaimRepository,
    time: clock.ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though this web master goes on living, and working on another key."""
    lost, held = await claim(keys, "lost"), await claim(keys, "held")
    with monkeypatch.context() as broken:
        broken.setattr(entries, "finish", away)
        assert not await lost.finish(DONE, BODY)
    keeper = asyncio.create_task(keys.keep())
    with pytest.raises(errors.StillRunning):
        await keys.claim(asked("lost"))
    for _ in range(4):
        time.advance(0.5)
        await asyncio.sleep(0.5)  # the keeper's turns are a third of a second
    again = await claim(keys, "lost")
    keeper.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeper
    another = service.Keys(entries, NO_WAIT, time)
    with pytest.raises(errors.StillRunning):
        await another.claim(asked("held"))
    for one in (again, held):
        assert await one.finish(DONE, BODY)
    assert isinstance(await keys.claim(asked("lost")), repository.Found)


def away(*_: object) -> bool:
    raise kit_errors.ServiceUnavailable(service="database")


def remote(status: int, of: str = "storage") -> kit_errors.RemoteProblem:
    return kit_errors.RemoteProblem(service=of, status=status, document={})


MAY_BE_DONE = {
    "the connection broke": kit_errors.ServiceUnavailable(service="storage"),
    "it failed": remote(500),
    "we left": asyncio.CancelledError(),
    "a defect of ours": ZeroDivisionError(),
}
NOTHING_DONE = {
    "no connection": kit_errors.ServiceUnavailable(service="storage", was_asked=False),
    "it refused": remote(422),
    "another failed": remote(500, of="collector"),
    "another is away": kit_errors.ServiceUnavailable(service="collector"),
}


async def attempt(keys: service.Keys, failure: BaseException | None) -> str:
    """One request whose work is unrepeatable, as the layer serves it; its reference."""
    mine = await claim(keys, "k")
    try:
        with mine.working(), service.unrepeatable("storage"):
            found = str(service.reference())
            if failure is not None:
                raise failure
    except errors.MayBeDone:
        await mine.refuse(409, BODY)
        raise
    except BaseException as error:
        await mine.refuse(getattr(error, "remote_status", getattr(error, "status", 500)), BODY)
        return found
    await mine.finish(DONE, BODY)
    return found


@pytest.mark.parametrize("name", MAY_BE_DONE)
async def test_what_may_have_been_done_is_not_done_again(keys: service.Keys, name: str) -> None:
    await attempt(keys, MAY_BE_DONE[name])
    for _ in range(3):  # saying so does not make it forgotten
        with pytest.raises(errors.MayBeDone):
            await attempt(keys, None)


@pytest.mark.parametrize("name", NOTHING_DONE)
async def test_what_was_surely_not_done_may_be_tried_again(keys: service.Keys, name: str) -> None:
    first = await attempt(keys, NOTHING_DONE[name])
    assert await attempt(keys, None) != first
    assert isinstance(await keys.claim(asked("k")), repository.Found)


async def test_a_refusal_does_not_forget_what_an_earlier_attempt_may_have_done(
    keys: service.Keys,
) -> None:
    references = []
    for status in (500, 402, 409):
        mine = await claim(keys, "k")
        with mine.working():
            references.append(service.reference())
        await mine.refuse(status, BODY)
    assert len(set(references)) == 1


def test_without_a_key_nothing_is_in_the_way() -> None:
    for _ in range(2):
        with service.unrepeatable("storage"):
            assert service.reference() is None
