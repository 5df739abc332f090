"""The memory that a group of processes takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kolba.cli.embedded import memory


@pytest.mark.skipif(sys.platform != "linux", reason="the measure is Linux's own")
def test_what_a_process_started_counts_with_it() -> None:
    hold = "held = bytearray(b'x' * 30_000_000); print('held', flush=True); input()"
    source = (
        "import subprocess, sys\n"
        f"with subprocess.Popen([sys.executable, '-c', {hold!r}], stdin=sys.stdin): pass\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"held\n"
        size = memory.proportional_bytes(parent.pid)
        parent.communicate(b"\n")
    assert size is not None
    assert 30_000_000 < size < 150_000_000
    assert memory.proportional_bytes(os.getpid() + 10_000_000) == 0
