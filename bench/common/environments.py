"""Virtual environments of contenders: pinned, made once in a cache outside the repository, reused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from scripts import bootstrap

CACHE = "KOLBA_BENCH_CACHE"
"""The variable that moves the cache from its usual place under the person's cache folder."""
_MADE = "made.json"


class NotInstallable(Exception):
    """None of an environment's attempts could be installed; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to install a contender."""

    requirements: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    """Requirements that win over what packages ask for."""
    note: str = ""
    """What a reader must be told when this attempt, and not an earlier one, is measured."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    name: str
    attempts: tuple[Attempt, ...]
    """Tried in turn; the first that can be installed is used."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    python: pathlib.Path
    packages: dict[str, str]
    note: str

    @property
    def programs(self) -> pathlib.Path:
        return self.python.parent


def cache_folder() -> pathlib.Path:
    """Where environments are kept."""
    named = os.environ.get(CACHE)
    if named:
        return pathlib.Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "kolba-bench"


def ensure(environment: Environment, cache: pathlib.Path) -> Installed:
    """The environment, made if it is not there. Raises `NotInstallable`."""
    refusals = []
    for attempt in environment.attempts:
        try:
            return _ensure(environment.name, attempt, cache)
        except subprocess.CalledProcessError as error:
            refusals.append(_reason(error.stderr))
    raise NotInstallable("; ".join(refusals))


def _ensure(name: str, attempt: Attempt, cache: pathlib.Path) -> Installed:
    key = json.dumps([sys.version, attempt.requirements, attempt.overrides])
    folder = cache / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    made = folder / _MADE
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            packages = _install(attempt, folder, python)
        except subprocess.CalledProcessError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        made.write_text(json.dumps(packages, indent=2))
    return Installed(python=python, packages=json.loads(made.read_text()), note=attempt.note)


def _install(attempt: Attempt, folder: pathlib.Path, python: pathlib.Path) -> dict[str, str]:
    """Fill a new environment; answers what is in it."""
    _uv("venv", "--python", sys.executable, folder)
    overrides = folder / "overrides.txt"
    overrides.write_text("\n".join(attempt.overrides))
    _uv("pip", "install", "--python", python, "--override", overrides, *attempt.requirements)
    listed = json.loads(_uv("pip", "list", "--python", python, "--format", "json"))
    return {package["name"]: package["version"] for package in listed}


def _uv(*arguments: object) -> str:
    """Run uv, which fetches from where the person's pip would."""
    beside = bootstrap.BIN / "uv"
    command = [str(beside if beside.exists() else "uv"), *map(str, arguments)]
    environment = bootstrap.uv_environment(bootstrap.pip_configuration())
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def _reason(stderr: str) -> str:
    """The first cause that uv names, in one line."""
    lines = [line.strip(" ×╰─▶│") for line in stderr.splitlines() if line.strip()]
    causes = [line for line in lines if "ecause" in line]
    return (causes or lines or ["uv said nothing"])[0].removeprefix("cause: ")[:300]
