"""Predictions that are made by a worker: over a whole data set, or of one request whose answer is fetched later."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Annotated, Any, Literal

import orjson
import pydantic

from kolba.contracts import names, predictions

MAX_REQUEST_BYTES = 1_000_000
"""Of a request that is answered later; larger ones are batch predictions."""
OnUnknown = Literal["fail", "missing"]


class BatchPredictionOptions(pydantic.BaseModel):
    """Which model is to answer every row, and what becomes of the answers."""

    model_config = pydantic.ConfigDict(extra="forbid")

    model: str = pydantic.Field(min_length=1, max_length=256)
    """A model's name; `name@reference` means an alias or a version too."""
    reference: str | None = pydantic.Field(default=None, min_length=1, max_length=128)
    """An alias or a version's name; where absent, `production` or the newest."""
    name: names.Name | None = None
    """The new data set's name; where absent, `<data set>-predictions`."""
    on_unknown: OnUnknown = "fail"
    """What a category that the model does not know does: end the run and say where it stands, or count as missing."""

    def meant(self) -> tuple[str, str | None]:
        """The model's name, and the reference."""
        name, _, reference = self.model.partition("@")
        return name, self.reference or reference or None


class BatchPredictionRequest(BatchPredictionOptions):
    """Answers every row of a data set; the answers become a new data set."""

    dataset_id: int = pydantic.Field(ge=1, lt=2**63)


class BatchParameters(pydantic.BaseModel):
    """Of a run `predict` over a data set. The model and the data set are the run's own `model_id`, `dataset_id`."""

    mode: Literal["batch"] = "batch"
    model: str
    version: str
    dataset: str
    name: names.Name
    on_unknown: OnUnknown = "fail"
    language: Literal["en", "ru"] = "en"


class QueuedPrediction(pydantic.BaseModel):
    """What the history will say of a request that is answered later, as far as it is known when it is queued."""

    id: predictions.PredictionId
    at: dt.datetime
    person: str
    model_id: int
    model: str
    version: str
    protocol: predictions.Protocol
    price: int = 0
    """In credits, held until it is answered."""
    request_id: str
    input: str
    """As it was sent: PostgreSQL's own JSON does not take all that JSON may hold."""
    input_is_json: bool = False
    input_truncated: bool

    def recorded_input(self) -> Any:
        """As the history keeps it: a document where it is JSON that can be written again, else the text."""
        if not self.input_is_json:
            return self.input
        try:
            document = orjson.loads(self.input)
            orjson.dumps(document)  # nested too deeply, it could be read but not sent on
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            return self.input
        return document


class RequestParameters(pydantic.BaseModel):
    """Of a run `predict` of one request."""

    mode: Literal["request"] = "request"
    prediction: QueuedPrediction
    """Its id is chosen before it is queued, so that a run taken up twice is recorded once."""
    body: str
    encoding: Literal["utf-8", "base64"] = "utf-8"
    """How `body` is written here."""
    content_type: str | None = None
    headers: dict[str, str] = {}
    """Those that the protocol reads, by lower-case name."""
    max_rows: int
    language: Literal["en", "ru"] = "en"

    def content(self) -> bytes:
        """The body as it came."""
        return base64.b64decode(self.body) if self.encoding == "base64" else self.body.encode()


Parameters = Annotated[BatchParameters | RequestParameters, pydantic.Field(discriminator="mode")]
AnyParameters: pydantic.TypeAdapter[BatchParameters | RequestParameters] = pydantic.TypeAdapter(
    Parameters
)


def written(body: bytes) -> tuple[str, Literal["utf-8", "base64"]]:
    """A body as a run holds it, and the encoding: text where it is text, else base64."""
    try:
        found = body.decode("utf-8")
    except UnicodeDecodeError:
        found = "\0"
    if "\0" in found:  # PostgreSQL keeps it in no text
        return base64.b64encode(body).decode("ascii"), "base64"
    return found, "utf-8"
