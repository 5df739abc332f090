"""A contender that is one program in an environment of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping

from bench.common import environments, processes
from bench.serving import targets

SERVERS = pathlib.Path(__file__).parent / "servers"
_PORTS = ("port", "second_port", "third_port")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Words in braces stand for: python, programs (its folder), model, made (what `make` left),
    port, second_port, third_port, servers."""

    name: str
    environment: environments.Environment
    start: tuple[str, ...]
    ready: str
    """A path that answers 200 once the model can be asked."""
    routes: tuple[targets.Target, ...]
    make: tuple[str, ...] = ()
    """Run once: leaves in {made} what is served."""
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def prepare(self, session: targets.Session) -> environments.Installed:
        installed = environments.ensure(self.environment, session.cache)
        words = self._words(session, installed)
        if self.make and not pathlib.Path(words["made"]).exists():
            self._make(words)
        return installed

    def _make(self, words: Mapping[str, str]) -> None:
        """Make it beside its place, so that what is only half made is not taken for it."""
        half = pathlib.Path(words["made"] + "-half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        subprocess.run(
            [part.format(**{**words, "made": str(half)}) for part in self.make],
            cwd=SERVERS,
            env=self._variables(words),
            capture_output=True,
            text=True,
            check=True,
        )
        half.rename(words["made"])

    @contextlib.contextmanager
    def serve(self, session: targets.Session) -> Iterator[targets.Serving]:
        installed = environments.ensure(self.environment, session.cache)
        words = self._words(session, installed)
        ports = processes.free_ports(len(_PORTS))
        words |= {name: str(port) for name, port in zip(_PORTS, ports, strict=True)}
        address = f"http://127.0.0.1:{words['port']}"
        with processes.running(
            [part.format(**words) for part in self.start],
            ready=address + self.ready,
            log=session.folder / f"{self.name}.log",
            environment=self._variables(words),
            folder=SERVERS,
        ):
            yield targets.Serving(addresses={"main": address})

    def _words(self, session: targets.Session, installed: environments.Installed) -> dict[str, str]:
        return {
            "python": str(installed.python),
            "programs": str(installed.programs),
            "model": str(session.model.onnx),
            "made": str(session.folder / f"{self.environment.name}-made"),
            "servers": str(SERVERS),
            **dict.fromkeys(_PORTS, "0"),
        }

    def _variables(self, words: Mapping[str, str]) -> dict[str, str]:
        """Of this process, less what would bend a library; with the environment's programs first."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "KOLBA_", "VIRTUAL_ENV"))
        }
        return kept | {
            "PATH": os.pathsep.join([words["programs"], os.environ.get("PATH", "")]),
            "PYTHONPATH": words["servers"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "KOLBA_BENCH_MODEL": words["model"],
            "DO_NOT_TRACK": "true",
            **{name: value.format(**words) for name, value in self.variables.items()},
        }
