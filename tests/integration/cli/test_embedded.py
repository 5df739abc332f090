"""The embedded set, with real processes and real signals."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable

import pytest

from kolba.cli.embedded import control, layout
from kolba.kit import healthcheck

MakeSet = Callable[..., pathlib.Path]
Start = Callable[..., layout.SetState]


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what must come; the limit is there only to end a failing test."""
    limit = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.02)


def die(address: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        urllib.request.urlopen(f"{address}/die")


def test_starts_every_program_and_stops_them_all(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    state = start(places, make_set(one="well", two="well"))
    assert [program.name for program in state.programs] == ["one", "two"]
    assert control.running(places) == state

    control.stop(places)

    for program in state.programs:
        assert program.pid is not None
        assert not exists(program.pid)
        assert healthcheck.ask(f"{program.address}/health").status == "down"
    with pytest.raises(control.NotRunning):
        control.running(places)


def test_tells_each_program_where_it_and_the_others_are(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    state = start(places, make_set(one="well", two="well"))
    two = state.program("two")
    with urllib.request.urlopen(f"{two.address}/health") as response:
        told = json.load(response)["told"]
    assert told["KOLBA_TWO__PORT"] == str(two.port)
    assert told["KOLBA_TWO__FIRST_URL"] == state.program("one").address
    assert told["KOLBA_TWO__DATA_DIR"] == str(places.data_dir / "two")
    assert told["KOLBA_TWO__LOG__DIRECTORY"] == str(places.log_dir)


def test_what_a_program_prints_is_in_its_log(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    start(places, make_set(one="well"))
    assert "hello from one" in places.log_file("one").read_text()


def test_a_program_that_dies_is_started_again(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    before = start(places, make_set(one="well", two="well"))
    die(before.program("one").address)
    eventually(lambda: control.running(places).program("one").restarts == 1)
    eventually(lambda: healthcheck.ask(f"{before.program('one').address}/health").status == "ok")
    assert control.running(places).program("two").pid == before.program("two").pid
    assert "one ended (code 3)" in places.log_file("launcher").read_text()


def test_a_program_that_cannot_start_is_named_with_its_log(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    with pytest.raises(control.StartFailed, match="two could not be started") as caught:
        start(places, make_set(one="well", two="crash"))
    assert str(places.log_file("two")) in str(caught.value)
    assert "no flask on the shelf" in places.log_file("two").read_text()
    assert control.running(places).program("one").state == "running"


def test_a_program_that_cannot_be_imported_is_named_before_anything_starts(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    with pytest.raises(control.StartFailed, match=r"two could not be imported.*no stopper"):
        start(places, make_set(one="well", two="broken"))
    assert not places.log_file("one").exists()
    assert "Traceback" in places.log_file("launcher").read_text()


def test_a_second_start_says_that_it_is_running(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    description = make_set(one="well")
    start(places, description)
    with pytest.raises(control.StartFailed, match="already running"):
        start(places, description)


def test_two_sets_stand_side_by_side(
    make_set: MakeSet, start: Start, places: layout.Layout, tmp_path: pathlib.Path
) -> None:
    description = make_set(one="well")
    other = layout.Layout(data_dir=tmp_path / "other")
    first = start(places, description)
    second = start(other, description, offset=1)
    assert second.program("one").port == first.program("one").port + 1
    control.stop(other)
    assert healthcheck.ask(f"{first.program('one').address}/health").status == "ok"


def test_a_taken_port_is_named_before_anything_starts(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    description = make_set(one="well", two="well")
    taken = pathlib.Path(str(description).replace("set.yaml", "packages/stand_in_two/config.yaml"))
    with socket.socket() as other:
        port = int(taken.read_text().split()[1])
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(control.StartFailed, match=rf"{port}.*two.*--port-offset"):
            start(places, description)
    assert not places.log_file("one").exists()
    assert not layout.is_held(places)


def test_what_a_killed_launcher_left_is_no_hindrance(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    description = make_set(one="well")
    state = start(places, description)
    os.kill(state.launcher, signal.SIGKILL)
    pid = state.program("one").pid
    assert pid is not None
    eventually(lambda: not exists(pid))
    assert layout.read_state(places) == state  # stale, and known to be
    with pytest.raises(control.NotRunning):
        control.running(places)
    assert start(places, description).launcher != state.launcher


def test_a_program_that_will_not_stop_is_killed(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    state = start(places, make_set(one="stubborn", two="well"))
    control.stop(places)
    pid = state.program("one").pid
    assert pid is not None
    assert not exists(pid)
    assert "one did not stop" in places.log_file("launcher").read_text()


def test_what_a_program_started_goes_with_it(
    make_set: MakeSet, start: Start, places: layout.Layout
) -> None:
    state = start(places, make_set(one="parent"))
    started = int((places.data_dir / "one" / "pid").read_text())
    assert exists(started)
    die(state.program("one").address)
    eventually(lambda: not exists(started))


def test_an_attached_set_ends_with_its_caller(make_set: MakeSet, places: layout.Layout) -> None:
    source = (
        "import pathlib, time\n"
        "from kolba.cli.embedded import control, layout\n"
        f"places = layout.Layout(data_dir=pathlib.Path({str(places.data_dir)!r}))\n"
        f"set_ = pathlib.Path({str(make_set(one='well'))!r})\n"
        "with control.attached(places, description=set_) as launcher:\n"
        "    control.wait_until_well(places, launcher)\n"
        "    print('up', flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"up\n"
        pid = control.running(places).program("one").pid
        assert pid is not None
        caller.kill()
    eventually(lambda: not layout.is_held(places))
    eventually(lambda: not exists(pid))
