"""The real set of services, as `kolba up -d` starts it, on ports that are free."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kolba.cli.embedded import control, layout, programs

KOLBA = [sys.executable, "-m", "kolba.cli.main"]


def is_free(offset: int) -> bool:
    description = programs.read_set()
    places = layout.Layout(data_dir=pathlib.Path())
    try:
        programs.check_ports(
            programs.plan(description, places, offset=offset, environment=os.environ)
        )
    except programs.PortTaken:
        return False
    return True


@pytest.fixture(scope="session")
def port_offset() -> int:
    """An offset at which every port of the set is free."""
    return next(offset for offset in range(10_000, 20_000, 100) if is_free(offset))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def up(port_offset: int, data_dir: pathlib.Path) -> Iterator[layout.SetState]:
    """A running set on `data_dir`."""
    places = layout.Layout(data_dir=data_dir)
    command = [*KOLBA, "up", "-d", "--data-dir", str(data_dir), "--port-offset", str(port_offset)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield control.running(places)
    control.stop(places)
