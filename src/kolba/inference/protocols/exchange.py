"""What every protocol's request becomes, and what every protocol's response is made of.

A codec belongs to one version of one model, and is made once, when the model is loaded: whatever can be known before a
request comes is worked out then, so that a single row costs microseconds.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kolba.inference import decoding, signature

JSON = "application/json"
PREDICTION_ID = "Kolba-Prediction-Id"
"""The header that carries a prediction's id, in every protocol."""
DEFAULT_MAX_ROWS = 10_000
NOTHING: Mapping[str, Any] = types.MappingProxyType({})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A version of a model, as far as a protocol must know it."""

    name: str
    version: str
    signature: signature.Signature
    decoder: decoding.Decoder
    max_rows: int = DEFAULT_MAX_ROWS
    """A request with more rows is refused."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A tensor that the caller asked for (Open Inference Protocol)."""

    name: str
    binary: bool


class Query(NamedTuple):
    """A request, understood."""

    features: decoding.Features
    """`[N, width]`, N at least 1, ready for the model."""
    id: str | None = None
    """The caller's own name for the request, which the answer repeats."""
    outputs: tuple[Output, ...] = ()
    """What to answer, in this order; where empty, everything as JSON."""
    parameters: Mapping[str, Any] = NOTHING
    """Further wishes of the caller, as they came."""
    pictures: tuple[bytes, ...] = ()
    """Files of the first pictures it is about, where they are kept."""


class Answer(NamedTuple):
    """What the model says of a query's N rows, with K classes."""

    prediction_id: str
    labels: npt.NDArray[np.int64]
    """`[N]`, indices of the signature's classes."""
    probabilities: npt.NDArray[np.float32] | npt.NDArray[np.float64]
    """`[N, K]`, C-contiguous."""


class Encoded(NamedTuple):
    """A response of status 200."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]


class Codec(Protocol):
    """One protocol, for one version of one model. Holds no state; used by any number of threads."""

    def decode(
        self,
        body: bytes,
        content_type: str | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> Query:
        """Understand a request. `headers` are looked up by lower-case name.

        Raises a `KolbaError` of status 4xx that names the field and what to do.
        """
        ...

    def encode(self, query: Query, answer: Answer) -> Encoded:
        """The response to `query`."""
        ...


def class_texts(classes: tuple[signature.Class, ...]) -> tuple[str, ...]:
    """Classes as the names of JSON members: a boolean as JSON writes it."""
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in classes)
