"""A PostgreSQL server of a test run's own: made in a temporary folder, gone afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

import psycopg

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
_OWNER = "postgres"
"""PostgreSQL refuses to run as root; its package brings this account for it."""


class Missing(Exception):
    """There is no PostgreSQL server on this machine."""


class Cluster:
    """A running server, reached through a socket in its own folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def create_database(self) -> str:
        """A new, empty database; answers its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=str(self._folder), user=_OWNER, autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        return f"postgresql+psycopg://{_OWNER}@/{name}?host={self._folder}"


@contextlib.contextmanager
def run_cluster() -> Iterator[Cluster]:
    """A server that lives as long as the block. Raises `Missing` where none is installed."""
    programs = _find_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kolba-postgresql-"))
    data = folder / "data"
    if os.geteuid() == 0:
        shutil.chown(folder, _OWNER)
    try:
        _run(programs / "initdb", "-D", data, "-U", _OWNER, "-A", "trust", "-N", "-E", "UTF8")
        # Durable within the run only: nobody reads it after a power cut.
        settings = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        log = folder / "log"
        _run(programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", settings, "start")
        try:
            yield Cluster(folder)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find_programs() -> pathlib.Path:
    on_path = shutil.which("initdb")
    if on_path:
        return pathlib.Path(on_path).parent
    found = [path for place in _PLACES for path in pathlib.Path("/").glob(place[1:] + "/initdb")]
    if not found:
        raise Missing("no initdb on PATH or where packages put it")
    return max(found, key=_version).parent


def _version(program: pathlib.Path) -> float:
    """The release in a path such as /usr/lib/postgresql/15/bin/initdb; 0 where there is none."""
    number = program.parent.parent.name.rpartition("@")[2]
    return float(number) if number.replace(".", "", 1).isdigit() else 0.0


def _run(*command: object) -> None:
    owner = _OWNER if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        user=owner,
        group=owner,
        extra_groups=[] if owner else None,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()}")
