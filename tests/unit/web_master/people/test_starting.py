"""Several web masters that share a database and start at once."""

from __future__ import annotations

import concurrent.futures
import importlib.resources
import pathlib
from typing import Any

import pytest

from kolba.kit import clock, identity
from kolba.kit.db import engine, migrations
from kolba.web_master.people import passwords, settings
from kolba.web_master.people.accounts import repository, service
from kolba.web_master.people.throttling import memory
from kolba.web_master.people.throttling import service as throttling

CONFIG = settings.PeopleSettings(hashing=settings.HashingSettings(memory_kib=8, passes=1, lanes=1))
GROUPS = ("client", "researcher", "admin")


def people(database: engine.Database, folder: pathlib.Path) -> service.People:
    time = clock.SystemClock()
    attempts = memory.MemoryAttempts(window_seconds=60, time=time)
    return service.People(
        repository.PeopleRepository(database),
        passwords.Hasher(CONFIG.hashing),
        throttling.Guard(attempts, CONFIG.sign_in),
        CONFIG,
        groups=GROUPS,
        time=time,
        first_password=folder / "first",
    )


@pytest.mark.parametrize("group", [None, "researcher"])
def test_they_make_one_of_everything(
    postgresql: Any, tmp_path: pathlib.Path, group: str | None
) -> None:
    database = engine.connect(postgresql.create_database())
    scripts = importlib.resources.files("kolba.web_master") / "migrations"
    migrations.upgrade(database, pathlib.Path(str(scripts)))
    several = [people(database, tmp_path / str(number)) for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: one.start(group), several))
    found, total = several[0].page(repository.Filter(), sort="name", limit=10, offset=0)
    files = list(tmp_path.rglob("first"))
    database.close()
    if group is None:
        assert [(one.name, one.group) for one in found] == [("admin", "admin")]
        assert len(files) == 1
    else:
        assert [(one.name, one.group) for one in found] == [(identity.LOCAL, group)]
        assert files == []
    assert total == 1


def test_a_default_group_that_is_none_is_refused(tmp_path: pathlib.Path) -> None:
    config = CONFIG.model_copy(update={"default_group": "kings"})
    with pytest.raises(ValueError, match=r"auth\.groups"):
        service.People(
            repository.PeopleRepository(engine.connect("sqlite://")),
            passwords.Hasher(config.hashing),
            throttling.Guard(
                memory.MemoryAttempts(window_seconds=1, time=clock.SystemClock()), config.sign_in
            ),
            config,
            groups=GROUPS,
            time=clock.SystemClock(),
            first_password=tmp_path / "first",
        )
