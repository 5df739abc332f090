"""What an operator's commands work on: the web master's own database, without a web master.

`kolba` imports this only for such a command.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.resources
import os
import pathlib
from collections.abc import Iterator

from kolba.kit import clock
from kolba.kit import settings as kit_settings
from kolba.kit.db import engine, migrations
from kolba.web_master import settings
from kolba.web_master.audit import repository as audit_repository
from kolba.web_master.audit import service as audit_service


class NotThere(Exception):
    """There is no database yet. `str` of it says where it was looked for and what to do."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    config: settings.WebMasterSettings
    database: engine.Database
    audit: audit_service.Audit
    """Every command that changes something runs within `audit.command(…)`."""


@contextlib.contextmanager
def opened(data_dir: pathlib.Path, *, make: bool = False) -> Iterator[Opened]:
    """The database of the set that keeps everything in `data_dir`.

    Where the environment or the settings that it names say where the web master's database is, as in a container, that
    counts instead. A file that is not there is made with `make`; else `NotThere` is raised.
    """
    config = _settings(data_dir)
    url = config.database.url_in(config.data_dir, config.service)
    if not make:
        _check_file(config)
    database = engine.connect(url, config.database)
    try:
        bring_up_to_date(database)
        audit = audit_service.Audit(audit_repository.AuditRepository(database), clock.SystemClock())
        yield Opened(config=config, database=database, audit=audit)
    finally:
        database.close()


def bring_up_to_date(database: engine.Database) -> None:
    """Bring the tables to this version's. Raises `ValueError` where they are a newer one's."""
    scripts = importlib.resources.files("kolba.web_master") / "migrations"
    migrations.upgrade(database, pathlib.Path(str(scripts)))


def _settings(data_dir: pathlib.Path) -> settings.WebMasterSettings:
    prefix = kit_settings.environment_prefix(settings.WebMasterSettings.service)
    if f"{prefix}DATA_DIR" in os.environ or f"{prefix}CONFIG" in os.environ:
        return kit_settings.load(settings.WebMasterSettings)
    return kit_settings.load(
        settings.WebMasterSettings, data_dir=data_dir / settings.WebMasterSettings.service
    )


def _check_file(config: settings.WebMasterSettings) -> None:
    file = config.data_dir / f"{config.service}.db"
    if config.database.url is None and not file.exists():
        raise NotThere(f"There is no {file}: start Kolba once, or name its --data-dir.")
