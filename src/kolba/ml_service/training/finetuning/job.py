"""What a fine-tuning is asked to do, as its child process reads it. Knows nothing heavy: both sides import it."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import orjson

from kolba.ml_service.training import job


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """What the gate asks for. From the service's configuration."""

    significance: float = 0.05
    """The chance at which a candidate no worse than its parent is turned away."""
    least_images: int = 100
    """On fewer images not even a bad candidate would be noticed: the gate stays shut."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The version that training goes on from."""

    id: int
    name: str
    version: str
    sha256: str
    """Of its bundle."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    parent: Parent
    base: job.DatasetInfo
    """What the parent learned from, and is compared on."""
    new: job.DatasetInfo
    family: str
    hyperparameters: dict[str, Any]
    """Of fine-tuning, as the person gave them."""
    seed: int = 42
    rules: job.Rules = dataclasses.field(default_factory=job.Rules)
    gate: GateRules = dataclasses.field(default_factory=GateRules)
    threads: int = 1
    """Of torch: more of them may change the last digits of a result."""


def save(asked: Job, path: pathlib.Path) -> None:
    path.write_bytes(orjson.dumps(dataclasses.asdict(asked)))


def load(path: pathlib.Path) -> Job:
    """The job in `path`, written by `save`."""
    document = orjson.loads(path.read_bytes())
    rules = document.pop("rules")
    codings = tuple(tuple(words) for words in rules.pop("codings"))
    return Job(
        parent=Parent(**document.pop("parent")),
        base=job.DatasetInfo(**document.pop("base")),
        new=job.DatasetInfo(**document.pop("new")),
        rules=job.Rules(**rules, codings=codings),
        gate=GateRules(**document.pop("gate")),
        **document,
    )
