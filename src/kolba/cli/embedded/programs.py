"""Which programs the embedded set has, and what each is told."""

from __future__ import annotations

import dataclasses
import importlib.resources
import pathlib
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from kolba.cli.embedded import layout as layouts


class PortTaken(Exception):
    """Something else listens where a program should."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Program:
    """One program of the set."""

    name: str
    module: str
    """The package that `python -m` would run."""
    host: str
    port: int
    environment: Mapping[str, str]
    """What it is told besides the environment of the launcher."""

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"


def read_set(path: pathlib.Path | None = None) -> dict[str, Any]:
    """The description of the set: the package's own, or the given file."""
    resource = path or importlib.resources.files("kolba.cli.embedded") / "config.yaml"
    content: dict[str, Any] = yaml.safe_load(resource.read_text("utf-8"))
    return content


def read_port(name: str, module: str, environment: Mapping[str, str]) -> int:
    """The port a program listens on when left to itself: its environment's, else its config.yaml's."""
    prefix = _prefix(name)
    if f"{prefix}PORT" in environment:
        return int(environment[f"{prefix}PORT"])
    packaged = importlib.resources.files(module) / "config.yaml"
    named = environment.get(f"{prefix}CONFIG")
    resource = pathlib.Path(named) if named else packaged
    return int(yaml.safe_load(resource.read_text("utf-8"))["port"])


def plan(
    description: Mapping[str, Any],
    layout: layouts.Layout,
    *,
    offset: int,
    environment: Mapping[str, str],
) -> tuple[Program, ...]:
    """The programs with their ports, moved by `offset`, and what each is told besides `environment`."""
    host = description["host"]
    ports = {
        name: read_port(name, entry["module"], environment) + offset
        for name, entry in description["programs"].items()
    }
    known = {
        "data": layout.data_dir,
        "logs": layout.log_dir,
        "url": {name: f"http://{host}:{port}" for name, port in ports.items()},
    }
    planned = []
    for name, entry in description["programs"].items():
        fields = {**description.get("environment", {}), **entry.get("environment", {})}
        told = {field: text.format(name=name, **known) for field, text in fields.items()}
        told |= {"HOST": host, "PORT": str(ports[name])}
        prefixed = {f"{_prefix(name)}{field}": value for field, value in told.items()}
        planned.append(
            Program(
                name=name,
                module=entry["module"],
                host=host,
                port=ports[name],
                environment=prefixed,
            )
        )
    return tuple(planned)


def _prefix(name: str) -> str:
    """What the names of a program's environment variables begin with."""
    return f"KOLBA_{name.upper()}__"


def check_ports(programs: Sequence[Program]) -> None:
    """Raise `PortTaken`, saying what to do, if any program could not listen."""
    for program in programs:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((program.host, program.port))
            except OverflowError:
                raise PortTaken(
                    f"Port {program.port} of {program.name} does not exist: "
                    "choose a smaller --port-offset."
                ) from None
            except OSError as error:
                raise PortTaken(
                    f"Port {program.port}, which {program.name} needs, is taken ({error.strerror}). "
                    "Stop what listens there, or choose other ports with --port-offset, "
                    "for example --port-offset 100."
                ) from None
