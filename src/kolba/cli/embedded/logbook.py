"""Reading the programs' logs: JSON lines, put into words for a person."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import pathlib
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence

_PAUSE = 0.2
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_TOLD_ELSEWHERE = frozenset({"timestamp", "level", "event", "service", "logger", "color_message"})


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
    tails = [_Tail(program, log_dir / f"{program}.log") for program in programs]
    try:
        while True:
            lines = [line for tail in tails for line in tail.read()]
            yield from lines
            if not lines:
                if not is_wanted():
                    return
                time.sleep(_PAUSE)
    finally:
        for tail in tails:
            tail.close()


class _Tail:
    """The end of one log, as it grows."""

    def __init__(self, program: str, path: pathlib.Path) -> None:
        self._program = program
        self._path = path
        self._file = path.open("rb")
        self._file.seek(0, os.SEEK_END)

    def read(self) -> Iterator[Line]:
        """The lines that were added; then those of a new file, where the log was rotated."""
        yield from self._rest()
        if self._is_rotated():
            self.close()
            self._file = self._path.open("rb")
            yield from self._rest()

    def _rest(self) -> Iterator[Line]:
        for raw in self._file:
            yield Line(program=self._program, text=raw.decode("utf-8", "replace").rstrip("\n"))

    def _is_rotated(self) -> bool:
        try:
            return self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:  # between the two steps of a rotation
            return False

    def close(self) -> None:
        self._file.close()


def describe(text: str) -> str:
    """A JSON line as `time level event key=value …`; any other line as it is.

    What a terminal would obey is shown instead: names and addresses in a log are whatever somebody sent.
    """
    content = _parse(text)
    if content is None:
        return _harmless(text)
    parts = [_moment(text)[11:19], str(content.get("level", "")).upper(), str(content["event"])]
    parts += [f"{key}={value}" for key, value in content.items() if key not in _TOLD_ELSEWHERE]
    return " ".join(_harmless(part) for part in parts if part)


def _harmless(text: str) -> str:
    """With control and invisible characters written out; a traceback keeps its lines."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if character not in "\n\t" and unicodedata.category(character) in _OBEYED
        else character
        for character in text
    )


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
