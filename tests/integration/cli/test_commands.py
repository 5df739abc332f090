"""The commands as a person types them, on a set that does not run."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from typer import testing

import kolba
from kolba.cli import main
from kolba.cli.embedded import layout

Start = Callable[..., layout.SetState]
MakeSet = Callable[..., pathlib.Path]


def run(*arguments: str) -> testing.Result:
    return testing.CliRunner().invoke(main.app, arguments)


def test_the_version_is_the_packages() -> None:
    assert run("version").stdout.strip() == kolba.__version__


@pytest.mark.parametrize(("command", "code"), [("down", 0), ("status", 1)])
def test_where_nothing_runs_it_says_so(command: str, code: int, tmp_path: pathlib.Path) -> None:
    done = run(command, "--data-dir", str(tmp_path))
    assert done.exit_code == code
    assert "Kolba is not running on" in done.output


def test_the_data_directory_comes_from_the_environment_too(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOLBA_DATA_DIR", str(tmp_path / "elsewhere"))
    assert "elsewhere" in run("status").output.replace("\n", "")


def test_status_shows_each_program(make_set: MakeSet, start: Start, places: layout.Layout) -> None:
    start(places, make_set(one="well", two="well"))
    done = run("status", "--data-dir", str(places.data_dir))
    assert done.exit_code == 0
    assert re.search(r"one.*ok", done.stdout)
    assert re.search(r"two.*ok", done.stdout)


def test_logs_shows_what_was_written_and_names_what_there_is(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    line = {"timestamp": "2026-03-14T09:15:00Z", "level": "info", "event": "stored", "rows": 891}
    (folder / "storage.log").write_text(json.dumps(line) + "\n", "utf-8")
    assert run("logs", "--data-dir", str(tmp_path)).stdout == (
        "storage       09:15:00 INFO stored rows=891\n"
    )
    assert run("logs", "storage", "--data-dir", str(tmp_path)).stdout.startswith("09:15:00")
    assert json.loads(run("logs", "storage", "--raw", "--data-dir", str(tmp_path)).stdout) == line
    unknown = run("logs", "../secrets", "--data-dir", str(tmp_path))
    assert unknown.exit_code == 1
    assert "There are: storage" in unknown.output


def test_the_command_line_starts_without_the_services_libraries() -> None:
    source = "import sys, kolba.cli.main; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pydantic", "fastapi", "aiohttp", "sqlalchemy", "numpy"} & set(loaded)
