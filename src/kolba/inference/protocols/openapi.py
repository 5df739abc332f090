"""The prediction routes in OpenAPI's terms, for the services that offer them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from kolba.inference.protocols import exchange, paths, v2

Schema = Mapping[str, Any]
_MODEL: Final = (
    "A name, or `name@alias` or `name@version`; a name alone is its `production`, or the newest."
)
_VERSION: Final = "A version's name, or an alias."
_NUMBER: Final[Schema] = {"type": "number"}
_TEXT: Final[Schema] = {"type": "string"}
_CLASS: Final[Schema] = {"oneOf": [{"type": kind} for kind in ("integer", "string", "boolean")]}
_ROW: Final[Schema] = {
    "type": "object",
    "description": "Columns and values; null, or nothing, where a value is missing.",
    "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]},
}
_ROWS: Final[Schema] = {"type": "array", "items": _ROW}
_PASSENGER: Final = {
    "Pclass": 3,
    "Sex": "male",
    "Age": 22,
    "SibSp": 1,
    "Parch": 0,
    "Fare": 7.25,
    "Embarked": "S",
}
"""Of the Titanic, whose columns the examples are of."""
_CSV: Final = {
    "schema": _TEXT,
    "example": "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,22,1,0,7.25,S\n",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A POST that asks for predictions."""

    path: str
    summary: str
    description: str
    tag: str
    parameters: Mapping[str, str]
    """What each `{…}` of the path means."""
    request_body: Mapping[str, Any]
    answers: Mapping[int | str, Mapping[str, Any]]


def _object(properties: Schema, *required: str, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), **more}


_PROBLEM: Final = _object(
    {
        "type": {"type": "string", "example": "urn:kolba:problem:invalid-rows"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "request_id": _TEXT,
        "errors": {
            "type": "array",
            "items": _object({"field": _TEXT, "message": _TEXT}, "field", "message"),
        },
    },
    "type",
    "title",
    "status",
    "detail",
    "request_id",
)
_PROBLEM_OF_V2: Final = {
    **_PROBLEM,
    "properties": {
        **_PROBLEM["properties"],
        "error": {**_TEXT, "description": "All of it, in one text."},
    },
    "required": [*_PROBLEM["required"], "error"],
}
_FAULTS: Final = {
    400: "The body is not what it says it is",
    404: "There is no such model, version or alias",
    413: "The body is too large, or has too many rows",
    415: "This kind of body, or its compression, is not understood",
    422: "The rows do not fit the model, or the request the protocol; `errors` says where",
    502: "The stored model is damaged",
    503: "Too many requests are waiting, or a service does not answer; come back after `Retry-After` seconds",
    504: "No answer within the deadline; nothing was recorded",
}


def _answers(schema: Schema, example: Any, problem: Schema = _PROBLEM) -> dict[int | str, Any]:
    content = {"application/problem+json": {"schema": problem}}
    return {
        200: {
            "description": "The answer to every row, in order",
            "headers": {
                exchange.PREDICTION_ID: {"schema": _TEXT, "description": "In the history."}
            },
            "content": {exchange.JSON: {"schema": schema, "example": example}},
        },
        **{status: {"description": said, "content": content} for status, said in _FAULTS.items()},
    }


def _body(schema: Schema, examples: Mapping[str, Any], *, csv: bool) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    content: dict[str, Any] = {exchange.JSON: {"schema": schema, "examples": named}}
    if csv:
        content["text/csv"] = _CSV
    return {"required": True, "content": content}


def _with_pictures(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "content": {**body["content"], **_PICTURE_BODIES}}


_FILE: Final[Schema] = {"type": "string", "format": "binary"}
_PICTURE: Final[Schema] = {
    "description": "A data URL, the base64 text of a PNG or JPEG file, or 28×28 numbers, 0 … 1 or 0 … 255.",
    "oneOf": [_TEXT, {"type": "array", "items": {"type": "array", "items": _NUMBER}}],
}
_SEVEN: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAI0lEQVR4nGNgGEngPxqgkiSaQrzWky05EjTilByAkAN"
    "Ko/EBU4hqlpVrSvgAAAAASUVORK5CYII="
)
_PICTURE_BODIES: Final = {
    "image/png": {"schema": _FILE},
    "image/jpeg": {"schema": _FILE},
    "multipart/form-data": {"schema": _object({"file": _FILE}, "file")},
}
_PICTURE_ROW: Final[Schema] = _object({"image": _PICTURE}, "image")
_PLAIN_ANSWER: Final[Schema] = _object(
    {
        "model": _TEXT,
        "version": _TEXT,
        "prediction_id": _TEXT,
        "predictions": {
            "type": "array",
            "items": _object(
                {
                    "label": _CLASS,
                    "probabilities": {"type": "object", "additionalProperties": _NUMBER},
                },
                "label",
                "probabilities",
            ),
        },
    },
    "model",
    "version",
    "prediction_id",
    "predictions",
)
_PLAIN: Final = Operation(
    path="/predict/{model}",
    summary="Predictions: rows, CSV or a picture in, labels and probabilities out",
    description="Rows as objects, one bare row, or CSV with a header; words or codes for categories. Of a model that "
    "reads pictures: a PNG or JPEG file as the body or in a form, or rows with the picture as text or numbers.",
    tag="predictions",
    parameters={"model": _MODEL},
    request_body=_with_pictures(
        _body(
            {"oneOf": [_object({"rows": _ROWS}, "rows"), _ROWS, _ROW]},
            {"rows": {"rows": [_PASSENGER]}, "one row": _PASSENGER},
            csv=True,
        )
    ),
    answers=_answers(
        _PLAIN_ANSWER,
        {
            "model": "titanic",
            "version": "RandomForest_20260314_091500",
            "prediction_id": "019bd1c87c9f7c51a7d2a9f3d1e0b6aa",
            "predictions": [{"label": 0, "probabilities": {"0": 0.89, "1": 0.11}}],
        },
    ),
)
_DIGITS: Final = Operation(
    path=paths.DIGITS,
    summary="Which digit is drawn: a picture in, the digit and ten probabilities out",
    description="The digits' model answers. The drawing may be dark on light or light on dark, thick or thin, anywhere "
    "on the sheet: it is centred and scaled first. An empty sheet is no digit.",
    tag="predictions",
    parameters={},
    request_body=_with_pictures(
        _body(
            {
                "oneOf": [
                    _PICTURE_ROW,
                    _object({"rows": {"type": "array", "items": _PICTURE_ROW}}, "rows"),
                ]
            },
            {"a data URL": {"image": _SEVEN}},
            csv=False,
        )
    ),
    answers=_answers(
        _PLAIN_ANSWER,
        {
            "model": "digits",
            "version": "CNN_20260314_091500",
            "prediction_id": "019bd1c87c9f7c51a7d2a9f3d1e0b6aa",
            "predictions": [{"label": 7, "probabilities": {"7": 0.99, "1": 0.01}}],
        },
    ),
)

_DATA: Final[Schema] = {
    "type": "array",
    "description": "Flat, row by row, or nested as the shape says.",
}
_TENSOR: Final = _object(
    {
        "name": _TEXT,
        "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": _TEXT,
        "data": {**_DATA, "items": {}},
        "parameters": {"type": "object"},
    },
    "name",
    "shape",
    "datatype",
)
_INFERENCE_BODY: Final = _body(
    _object(
        {
            "id": _TEXT,
            "inputs": {"type": "array", "items": _TENSOR},
            "outputs": {
                "type": "array",
                "items": _object({"name": _TEXT, "parameters": {"type": "object"}}, "name"),
            },
            "parameters": {"type": "object"},
        },
        "inputs",
    ),
    {
        "a tensor for each column": {
            "id": "42",
            "inputs": [
                {"name": "Pclass", "shape": [1, 1], "datatype": "INT64", "data": [3]},
                {"name": "Sex", "shape": [1, 1], "datatype": "BYTES", "data": ["male"]},
                {"name": "Age", "shape": [1, 1], "datatype": "FP32", "data": [22]},
                {"name": "SibSp", "shape": [1, 1], "datatype": "INT64", "data": [1]},
                {"name": "Parch", "shape": [1, 1], "datatype": "INT64", "data": [0]},
                {"name": "Fare", "shape": [1, 1], "datatype": "FP32", "data": [7.25]},
                {"name": "Embarked", "shape": [1, 1], "datatype": "BYTES", "data": ["S"]},
            ],
        },
        "one tensor of all columns, by their codes": {
            "inputs": [
                {
                    "name": "X",
                    "shape": [1, 7],
                    "datatype": "FP32",
                    "data": [[3, 1, 22, 1, 0, 7.25, 0]],
                }
            ],
            "outputs": [{"name": "label"}],
        },
    },
    csv=False,
)
_INFERENCE_ANSWERS: Final = _answers(
    _object(
        {
            "model_name": _TEXT,
            "model_version": _TEXT,
            "id": _TEXT,
            "outputs": {"type": "array", "items": _TENSOR},
        },
        "model_name",
        "model_version",
        "outputs",
    ),
    {
        "model_name": "titanic",
        "model_version": "RandomForest_20260314_091500",
        "id": "42",
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [1], "data": [0]},
            {"name": "probabilities", "datatype": "FP32", "shape": [1, 2], "data": [0.89, 0.11]},
        ],
    },
    _PROBLEM_OF_V2,
)


def _inference(path: str, summary: str, **parameters: str) -> Operation:
    return Operation(
        path=path,
        summary=summary,
        description="Tensors as JSON, or as bytes after it "
        f"(`{v2.HEADER_LENGTH}` says how long the JSON is; `binary_data` asks for bytes back).",
        tag="open inference protocol",
        parameters=parameters,
        request_body=_INFERENCE_BODY,
        answers=_INFERENCE_ANSWERS,
    )


_FRAME: Final = _object(
    {
        "columns": {"type": "array", "items": _TEXT},
        "data": {"type": "array", "items": {"type": "array", "items": {}}},
    },
    "columns",
    "data",
)
_SCORING_BODY: Final = _body(
    {
        "description": "Exactly one of `dataframe_split`, `dataframe_records`, `instances`, `inputs`.",
        **_object(
            {
                "dataframe_split": _FRAME,
                "dataframe_records": _ROWS,
                "instances": {"type": "array", "items": {}},
                "inputs": {"type": ["array", "object"]},
                "params": {"type": "object"},
            }
        ),
    },
    {
        "dataframe_split": {
            "dataframe_split": {"columns": list(_PASSENGER), "data": [list(_PASSENGER.values())]}
        },
        "dataframe_records": {"dataframe_records": [_PASSENGER]},
    },
    csv=True,
)


def _scoring(path: str, summary: str, **parameters: str) -> Operation:
    return Operation(
        path=path,
        summary=summary,
        description="As `mlflow models serve` is asked and answers.",
        tag="mlflow",
        parameters=parameters,
        request_body=_SCORING_BODY,
        answers=_answers(
            _object({"predictions": {"type": "array", "items": _CLASS}}, "predictions"),
            {"predictions": [0]},
        ),
    )


PREDICTIONS: Final = (
    _PLAIN,
    _DIGITS,
    _inference(
        "/v2/models/{model}/infer", "Predictions by the Open Inference Protocol", model=_MODEL
    ),
    _inference(
        "/v2/models/{model}/versions/{version}/infer",
        "Predictions of one version by the Open Inference Protocol",
        model="A name.",
        version=_VERSION,
    ),
    _scoring("/models/{model}/invocations", "Predictions by MLflow's protocol", model=_MODEL),
    _scoring(
        "/invocations",
        "Predictions of the default model by MLflow's protocol; the only one where none is set",
    ),
)
INDEX_BODY: Final[Schema] = {
    "required": False,
    "content": {
        exchange.JSON: {"schema": _object({"ready": {"type": "boolean", "default": False}})}
    },
}
REPOSITORY_BODY: Final[Schema] = {
    "required": False,
    "content": {exchange.JSON: {"schema": _object({"parameters": {"type": "object"}})}},
}
