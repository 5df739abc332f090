"""Where the embedded set keeps what: services' data, logs, and the launcher's own state."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import typing
from collections.abc import Iterator


class AlreadyRunning(Exception):
    """Another launcher serves this data directory."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
    """The places inside one data directory."""

    data_dir: pathlib.Path

    @property
    def log_dir(self) -> pathlib.Path:
        return self.data_dir / "logs"

    @property
    def state_file(self) -> pathlib.Path:
        return self.data_dir / "run" / "state.json"

    @property
    def lock_file(self) -> pathlib.Path:
        return self.data_dir / "run" / "lock"

    @property
    def report_dir(self) -> pathlib.Path:
        return self.data_dir / "reports"

    def log_file(self, program: str) -> pathlib.Path:
        """The log of one program; the launcher's own is `launcher`."""
        return self.log_dir / f"{program}.log"

    def prepare(self) -> None:
        """Make the folders, the data directory for its owner alone. Raises `OSError` where that is not allowed."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.log_dir, self.state_file.parent):
            folder.mkdir(parents=True, exist_ok=True)


State = typing.Literal["running", "restarting", "failed", "stopped"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProgramState:
    """One program as the launcher last saw it."""

    name: str
    port: int
    pid: int | None
    state: State
    restarts: int
    address: str
    """Where it answers, such as `http://127.0.0.1:8000`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetState:
    """What the launcher writes down about the whole set."""

    launcher: int
    """The launcher's process id."""
    version: str
    programs: tuple[ProgramState, ...]

    def program(self, name: str) -> ProgramState:
        """The named program. Raises `StopIteration` if the set has none of this name."""
        return next(program for program in self.programs if program.name == name)


def write_state(layout: Layout, state: SetState) -> None:
    """Replace the state file at once, so that no reader ever sees half of it."""
    beside = layout.state_file.with_suffix(".tmp")
    beside.write_text(json.dumps(dataclasses.asdict(state), indent=1), "utf-8")
    beside.replace(layout.state_file)


def read_state(layout: Layout) -> SetState | None:
    """What the launcher wrote last; None where there is nothing to read."""
    try:
        content = json.loads(layout.state_file.read_text("utf-8"))
        programs = tuple(ProgramState(**program) for program in content["programs"])
        return SetState(launcher=content["launcher"], version=content["version"], programs=programs)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def hold_lock(layout: Layout) -> Iterator[int]:
    """Claim the data directory for this process; yields the lock's descriptor.

    The system lets go of it however the process ends, so nothing stale is ever left. Raises
    `AlreadyRunning` when another launcher has it.
    """
    with layout.lock_file.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(str(layout.data_dir)) from None
        # What the former launcher wrote names processes that may be somebody else's by now.
        layout.state_file.unlink(missing_ok=True)
        yield file.fileno()


def is_held(layout: Layout) -> bool:
    """Whether a launcher is alive on this data directory, whatever the state file says."""
    if not layout.lock_file.exists():
        return False
    descriptor = os.open(layout.lock_file, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
