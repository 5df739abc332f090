"""Failpoints do nothing unless switched on, and only where nobody else can reach."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from kolba.kit import failpoints


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm(None, host="127.0.0.1")


def test_nothing_happens_unless_armed() -> None:
    failpoints.reach("anything")
    failpoints.arm("elsewhere=raise", host="127.0.0.1")
    failpoints.reach("anything")


def test_raises_each_time_or_at_the_one_named() -> None:
    failpoints.arm("first=raise, third=raise:3", host="::1")
    for _ in range(2):
        with pytest.raises(failpoints.Reached, match="first"):
            failpoints.reach("first")
    failpoints.reach("third")
    failpoints.reach("third")
    with pytest.raises(failpoints.Reached, match="third"):
        failpoints.reach("third")
    failpoints.reach("third")


def test_pauses() -> None:
    failpoints.arm("here=pause:0.05", host="localhost")
    started = time.monotonic()
    failpoints.reach("here")
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize(("wish", "lines"), [("kill", 0), ("kill:3", 2)])
def test_kills_the_process_at_the_named_time(wish: str, lines: int) -> None:
    program = (
        "from kolba.kit import failpoints\n"
        f"failpoints.arm('here={wish}', host='127.0.0.1')\n"
        "for number in range(5):\n"
        "    failpoints.reach('here')\n"
        "    print(number, file=__import__('sys').stderr, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == -9
    assert len(done.stderr.splitlines()) == lines


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "kolba.example"])
def test_refused_where_others_can_reach(host: str) -> None:
    with pytest.raises(failpoints.Refused, match="loopback"):
        failpoints.arm("here=kill", host=host)
    failpoints.reach("here")
    failpoints.arm("", host=host)


@pytest.mark.parametrize(
    "wish", ["here", "here=", "here=die", "here=kill:0", "here=kill:x", "here=pause", "=kill"]
)
def test_a_misspelt_wish_is_told(wish: str) -> None:
    with pytest.raises(failpoints.Refused, match="name=kill"):
        failpoints.arm(wish, host="127.0.0.1")
