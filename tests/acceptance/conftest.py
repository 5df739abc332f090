"""The real set of services, as `kolba up -d` starts it, on ports that are free."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

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
def find_offset() -> Callable[[int], int]:
    """The first offset from a given one at which every port of the set is free.

    Where several processes share the tests, each begins at another one.
    """
    apart = 500 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return lambda first: next(
        offset for offset in range(first + apart, first + 10_000, 100) if is_free(offset)
    )


@pytest.fixture(scope="session")
def port_offset(find_offset: Callable[[int], int]) -> int:
    return find_offset(10_000)


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


@pytest.fixture(scope="session")
def chromium(server_is_missing: Callable[[str, str], None]) -> str:
    """The browser of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        server_is_missing("Chromium", "on Debian, apt-get install chromium")
    return str(found)
