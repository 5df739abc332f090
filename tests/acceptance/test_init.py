"""`kolba init` (`./init.sh`): people, credits, a model and a prediction, once."""

from __future__ import annotations

import pathlib
import stat
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from kolba.cli.demo import api, house
from kolba.cli.embedded import control, layout

KOLBA = [sys.executable, "-m", "kolba.cli.main"]


def init(data_dir: pathlib.Path, port_offset: int) -> str:
    command = [*KOLBA, "init", "--data-dir", str(data_dir), "--port-offset", str(port_offset)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first(data_dir: pathlib.Path, port_offset: int) -> Iterator[str]:
    yield init(data_dir, port_offset)
    control.stop(layout.Layout(data_dir=data_dir))


def passwords(data_dir: pathlib.Path) -> dict[str, str]:
    return house.Passwords(data_dir / house.PASSWORDS).read()


def seen(data_dir: pathlib.Path) -> dict[str, Any]:
    """What each of the three finds."""
    state = control.running(layout.Layout(data_dir=data_dir))
    door = api.Api(state.program("web_master").address)
    found = {}
    for name, password in passwords(data_dir).items():
        person = door.sign_in(name, password)
        found[name] = {
            "group": person.get("/me")["group"],
            "balance": person.get("/balance")["balance"],
            "models": [one["id"] for one in person.get("/models")["items"]],
            "datasets": [one["id"] for one in person.get("/datasets")["items"]],
            "history": [(one["id"], one["scenario"]) for one in person.get("/history")["items"]],
        }
        person.sign_out()
    return found


def test_the_house_is_ready(first: str, data_dir: pathlib.Path) -> None:
    kept = passwords(data_dir)
    assert list(kept) == ["demo-admin", "demo-researcher", "demo-client"]
    assert stat.S_IMODE((data_dir / house.PASSWORDS).stat().st_mode) == 0o600
    assert all(password in first for password in kept.values())
    found = seen(data_dir)
    client = found["demo-client"]
    assert (client["group"], client["balance"]) == ("client", house.CREDITS - house.PRICE)
    assert [scenario for _, scenario in client["history"]] == ["infer-model"]
    assert client["models"] == found["demo-researcher"]["models"] != []
    assert client["datasets"] == []
    assert found["demo-admin"]["group"] == "admin"


def test_a_second_call_changes_nothing(
    first: str, data_dir: pathlib.Path, port_offset: int
) -> None:
    kept, before = passwords(data_dir), seen(data_dir)
    said = init(data_dir, port_offset)
    assert str(data_dir / house.PASSWORDS) in said.replace("\n", "")
    assert not any(password in said for password in kept.values())
    assert (passwords(data_dir), seen(data_dir)) == (kept, before)


def test_what_a_broken_off_call_left_is_mended(
    first: str, data_dir: pathlib.Path, port_offset: int
) -> None:
    file = data_dir / house.PASSWORDS
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(lines[:2]) + "\n", "utf-8")
    said = init(data_dir, port_offset)
    assert passwords(data_dir)["demo-client"] in said
    assert seen(data_dir)["demo-client"]["balance"] == house.CREDITS - house.PRICE
