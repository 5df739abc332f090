"""What a child is asked to predict and what it says of it, in files. Knows nothing heavy: both sides import it."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import orjson

from kolba.contracts import batch_predictions


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A data set to answer."""

    bundle_sha256: str
    on_unknown: batch_predictions.OnUnknown
    threads: int
    """How many compute at once."""

    def save(self, path: pathlib.Path) -> None:
        path.write_bytes(orjson.dumps(self))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    rows: int
    prediction: str
    """The column of the answers; another name than `prediction` where the data set has one of that name."""
    probabilities: dict[str, str]
    """The column of each class."""
    unknown: dict[str, int]
    """By column: how many categories were not known and taken as missing."""
    peak_bytes: int
    """The most memory the process held, what it shares with others included."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to answer."""

    bundle_sha256: str
    parameters: batch_predictions.RequestParameters

    def save(self, path: pathlib.Path) -> None:
        document = {
            "bundle_sha256": self.bundle_sha256,
            "parameters": self.parameters.model_dump(mode="json"),
        }
        path.write_bytes(orjson.dumps(document))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RequestOutcome:
    """The run's `result`, and what the history is to know beyond what was known when it was queued."""

    result: dict[str, Any]
    rows: int
    output: list[Any]
    images: list[str]
    """Of each picture it was about, the SHA-256 of the file that is kept."""
    pictures: list[str]
    """The files, in base64."""


def load_batch(path: pathlib.Path) -> Batch:
    return Batch(**orjson.loads(path.read_bytes()))


def load_batch_outcome(path: pathlib.Path) -> BatchOutcome:
    return BatchOutcome(**orjson.loads(path.read_bytes()))


def load_request(path: pathlib.Path) -> Request:
    document = orjson.loads(path.read_bytes())
    parameters = batch_predictions.RequestParameters.model_validate(document["parameters"])
    return Request(bundle_sha256=document["bundle_sha256"], parameters=parameters)


def load_request_outcome(path: pathlib.Path) -> RequestOutcome:
    return RequestOutcome(**orjson.loads(path.read_bytes()))
