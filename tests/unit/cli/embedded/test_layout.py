"""The launcher's state and its lock."""

from __future__ import annotations

import pathlib
import stat

import pytest

from kolba.cli.embedded import layout

STATE = layout.SetState(
    launcher=1,
    version="1",
    programs=(
        layout.ProgramState(
            name="storage",
            port=8002,
            pid=2,
            state="running",
            restarts=0,
            address="http://127.0.0.1:8002",
        ),
    ),
)


@pytest.fixture
def places(tmp_path: pathlib.Path) -> layout.Layout:
    made = layout.Layout(data_dir=tmp_path)
    made.prepare()
    return made


def test_a_new_data_directory_is_its_owners_alone(tmp_path: pathlib.Path) -> None:
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    for folder, mode in ((tmp_path / "new", 0o700), (there, 0o755)):
        layout.Layout(data_dir=folder).prepare()
        assert stat.S_IMODE(folder.stat().st_mode) == mode


def test_what_is_written_is_read_again(places: layout.Layout) -> None:
    layout.write_state(places, STATE)
    assert layout.read_state(places) == STATE


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"launcher": 1, "programs": [{"x": 1}]}']
)
def test_a_spoilt_state_file_is_no_state(places: layout.Layout, content: str) -> None:
    places.state_file.write_text(content, "utf-8")
    assert layout.read_state(places) is None


def test_what_the_former_launcher_wrote_is_forgotten_by_the_next(places: layout.Layout) -> None:
    layout.write_state(places, STATE)
    with layout.hold_lock(places):
        assert layout.read_state(places) is None


def test_the_lock_is_held_by_one_and_freed_with_it(places: layout.Layout) -> None:
    assert not layout.is_held(places)
    with layout.hold_lock(places):
        assert layout.is_held(places)
        with pytest.raises(layout.AlreadyRunning), layout.hold_lock(places):
            pass
    assert not layout.is_held(places)
