"""Bringing a database to the head of its service's history.

Alembic takes most of a second to import, so it is loaded only when there is something to do.
"""

from __future__ import annotations

import importlib
import pathlib
import re
from typing import Any

import sqlalchemy

from kolba.kit.db import engine

_REVISION = re.compile(r"^revision(?:: str)? = ['\"](\w+)['\"]", re.MULTILINE)
_DOWN = re.compile(r"^down_revision(?:: [^=]+)? = (?:['\"](\w+)['\"]|None)", re.MULTILINE)


def upgrade(database: engine.Database, scripts: pathlib.Path) -> None:
    """Apply what is missing of the history in `scripts` (a folder with `env.py` and `versions/`).

    Raises `ValueError` when the database is newer than this program.
    """
    head, known = _history(scripts)
    table = version_table(scripts)
    present = _present_revision(database, table)
    if present == head:
        return
    if present is not None and present not in known:
        raise ValueError(
            f"the database is at revision {present}, which this version of Kolba does not know: "
            "it was made by a newer one; upgrade Kolba"
        )
    runner: Any = importlib.import_module("kolba.kit.db.alembic_runner")
    runner.upgrade(database.engine, scripts, table)


def version_table(scripts: pathlib.Path) -> str:
    """Where a history keeps its revision: each service has its own, so that several can share one database."""
    return f"{scripts.parent.name}_alembic_version"


def _history(scripts: pathlib.Path) -> tuple[str, set[str]]:
    """The head and all revisions, read from the scripts' text. The history is one line, without branches."""
    revisions: set[str] = set()
    parents: set[str] = set()
    for script in sorted((scripts / "versions").glob("*.py")):
        content = script.read_text("utf-8")
        found, down = _REVISION.search(content), _DOWN.search(content)
        if found is None or down is None:
            raise ValueError(f"{script.name} names no revision")
        revisions.add(found[1])
        if down[1]:
            parents.add(down[1])
    heads = revisions - parents
    if len(heads) != 1:
        raise ValueError(f"{scripts} must have one head, not {sorted(heads)}")
    return heads.pop(), revisions


def _present_revision(database: engine.Database, table: str) -> str | None:
    if not sqlalchemy.inspect(database.engine).has_table(table):
        return None
    kept = sqlalchemy.table(table, sqlalchemy.column("version_num", sqlalchemy.String))
    with database.engine.connect() as connection:
        return connection.execute(sqlalchemy.select(kept.c.version_num)).scalar()
