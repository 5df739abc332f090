"""Reading the programs' logs: JSON lines, put into words for a person."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence

_PAUSE = 0.2
_TOLD_ELSEWHERE = frozenset({"timestamp", "level", "event", "service", "logger"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line of one program's log."""

    program: str
    text: str


def list_programs(log_dir: pathlib.Path) -> list[str]:
    """The programs that have written a log, by name."""
    return sorted(path.stem for path in log_dir.glob("*.log"))


def last(log_dir: pathlib.Path, programs: Sequence[str], count: int) -> list[Line]:
    """The last `count` lines of each program, together in the order of time."""
    found: list[tuple[str, Line]] = []
    for program in programs:
        with (log_dir / f"{program}.log").open(encoding="utf-8", errors="replace") as file:
            moment = ""
            for text in collections.deque(file, maxlen=count):
                moment = _moment(text) or moment  # a traceback stays under what it belongs to
                found.append((moment, Line(program=program, text=text.rstrip("\n"))))
    return [line for _, line in sorted(found, key=lambda item: item[0])]


def follow(
    log_dir: pathlib.Path,
    programs: Sequence[str],
    *,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Iterator[Line]:
    """Every line written from now on, until nothing comes and none is wanted any more.

    It goes on in the new file after a rotation.
    """
    files = {program: (log_dir / f"{program}.log").open("rb") for program in programs}
    for file in files.values():
        file.seek(0, os.SEEK_END)
    while True:
        quiet = True
        for program in programs:
            for raw in files[program]:
                quiet = False
                yield Line(program=program, text=raw.decode("utf-8", "replace").rstrip("\n"))
            path = log_dir / f"{program}.log"
            if path.exists() and path.stat().st_ino != os.fstat(files[program].fileno()).st_ino:
                files[program].close()
                files[program] = path.open("rb")
        if quiet and not is_wanted():
            return
        if quiet:
            time.sleep(_PAUSE)


def describe(text: str) -> str:
    """A JSON line as `time level event key=value …`; any other line as it is."""
    content = _parse(text)
    if content is None:
        return text
    parts = [_moment(text)[11:19], str(content.get("level", "")).upper(), str(content["event"])]
    parts += [f"{key}={value}" for key, value in content.items() if key not in _TOLD_ELSEWHERE]
    return " ".join(part for part in parts if part)


def _moment(text: str) -> str:
    content = _parse(text)
    if content is not None:
        return str(content.get("timestamp", ""))
    return text[:24] if text[:2] == "20" else ""


def _parse(text: str) -> dict[str, object] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) and "event" in content else None
