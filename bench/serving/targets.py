"""What is measured: a contender is a server that can be started; it has one target or several."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from bench.common import environments
from bench.serving import model

Kind = Literal["limit", "framework", "peer", "kolba"]
Answer = Literal["probability", "label", "anything"]
JSON: Mapping[str, str] = {"Content-Type": "application/json"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One route of a server, and how a row is put to it."""

    name: str
    """As the table shows it; unique."""
    kind: Kind
    path: str
    """May name what the server's start brought: `/predict/{model}`."""
    body: Callable[[model.Row], bytes]
    headers: Mapping[str, str] = dataclasses.field(default_factory=lambda: JSON)
    door: str = "main"
    """Which of the server's addresses."""
    answers: Answer = "probability"
    """What the answer to the first row is checked for."""
    same_onnx: bool = True
    """Whether it runs the common ONNX file; ratios are to the best peer that does."""
    records: str = "nothing"
    note: str = ""
    """What a reader must be told beside its figures."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server that answers."""

    addresses: Mapping[str, str]
    """By door: `http://127.0.0.1:8000`."""
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What stands for the braces in a target's path."""
    headers: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    """By door: added to each request, such as a token made at the start."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What every contender is given: the model, and where to put things."""

    model: model.Model
    folder: pathlib.Path
    """Of this run only; removed after it."""
    cache: pathlib.Path


class Contender(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def routes(self) -> tuple[Target, ...]: ...

    def prepare(self, session: Session) -> environments.Installed | None:
        """Install it and make what it serves; answers its environment, where it has one of its own.

        Raises `environments.NotInstallable` or `subprocess.CalledProcessError`.
        """

    def serve(self, session: Session) -> contextlib.AbstractContextManager[Serving]:
        """A started server that is ready. Raises `processes.NotStarted`."""


# --- how a row is put, by protocol ------------------------------------------------------------------


def rows(row: model.Row) -> bytes:
    """The plain form that servers without a protocol of their own are given."""
    return _json({"rows": [row]})


def v2(row: model.Row) -> bytes:
    """Open Inference Protocol v2: one tensor `X`."""
    tensor = {"name": "X", "shape": [1, len(row)], "datatype": "FP32", "data": [row]}
    return _json({"inputs": [tensor]})


def mlflow_inputs(row: model.Row) -> bytes:
    """MLflow scoring, a tensor: the cheapest of its forms for MLflow itself."""
    return _json({"inputs": [row]})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
