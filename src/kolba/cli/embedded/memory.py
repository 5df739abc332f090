"""How much memory a program really takes: its share of pages, with what it started (Linux)."""

from __future__ import annotations

import contextlib
import pathlib

PROC = pathlib.Path("/proc")


def proportional_bytes(group: int) -> int | None:
    """The proportional set size (PSS) of all processes of a process group; None where unknown.

    A page that n processes share counts as one n-th of it in each, so that sums are true.
    """
    if not (PROC / "self" / "smaps_rollup").exists():
        return None
    return sum(_pss(pid) for pid in _members(group))


def _members(group: int) -> list[int]:
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # After the command's name in brackets: state, parent, process group.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == group:
                    found.append(int(entry.name))
    return found


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
