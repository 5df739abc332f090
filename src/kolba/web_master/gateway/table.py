"""What goes through the door, where to, and who may."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from kolba.contracts import (
    aliases,
    datasets,
    files,
    models,
    pages,
    predictions,
    runs,
    sources,
    training,
)
from kolba.web_master.access import service as access

Service = Literal["collector", "storage", "ml_service"]
BodyKind = Literal["none", "json", "upload"]

_Schema = Mapping[str, Any]
_INTEGER: _Schema = {"type": "integer", "minimum": 0}
_TEXT: _Schema = {"type": "string"}
_MOMENT: _Schema = {"type": "string", "format": "date-time"}
_PAGE: Mapping[str, _Schema] = {"limit": _INTEGER, "offset": _INTEGER, "sort": _TEXT}
_WHO: Mapping[str, _Schema] = {"owner": _TEXT}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Passage:
    """One way through: the same method and path on the inside as on the outside."""

    method: str
    path: str
    service: Service
    right: access.Right
    summary: str
    answer: Any = None
    """The model of the answer, for the documentation; None: not JSON."""
    status: int = 200
    """Of success."""
    media_types: tuple[str, ...] = ()
    """Of an answer that is not JSON."""
    query: Mapping[str, _Schema] = dataclasses.field(default_factory=dict)
    """The query's parameters and their JSON Schemas, for the documentation."""
    body: BodyKind = "none"
    body_schema: Any = None
    """The model of a JSON body, for the documentation."""


_CSV_AND_PARQUET = ("text/csv", "application/vnd.apache.parquet")
_BYTES = ("application/octet-stream",)

PASSAGES: tuple[Passage, ...] = (
    # --- what was collected and stored
    Passage(
        method="GET",
        path="/datasets",
        service="storage",
        right="read",
        summary="The data sets",
        answer=pages.Page[datasets.Dataset],
        query={
            **_PAGE,
            **_WHO,
            "name": _TEXT,
            "version": _INTEGER,
            "source": _TEXT,
            "sha256": _TEXT,
        },
    ),
    Passage(
        method="GET",
        path="/datasets/{dataset_id}",
        service="storage",
        right="read",
        summary="One data set",
        answer=datasets.Dataset,
    ),
    Passage(
        method="PATCH",
        path="/datasets/{dataset_id}",
        service="storage",
        right="change",
        summary="Describe a data set anew",
        answer=datasets.Dataset,
        body="json",
        body_schema=datasets.DatasetChange,
    ),
    Passage(
        method="DELETE",
        path="/datasets/{dataset_id}",
        service="storage",
        right="delete",
        summary="Delete a data set that no model depends on",
        status=204,
    ),
    Passage(
        method="GET",
        path="/datasets/{dataset_id}/preview",
        service="storage",
        right="read",
        summary="Some rows of a data set",
        answer=datasets.Preview,
        query={"limit": _INTEGER, "offset": _INTEGER},
    ),
    Passage(
        method="GET",
        path="/datasets/{dataset_id}/profile",
        service="storage",
        right="read",
        summary="What every column is like",
        answer=datasets.Profile,
    ),
    Passage(
        method="GET",
        path="/datasets/{dataset_id}/download",
        service="storage",
        right="read",
        summary="A data set as CSV or Parquet",
        media_types=_CSV_AND_PARQUET,
        query={"format": {"type": "string", "enum": ["csv", "parquet"]}},
    ),
    Passage(
        method="POST",
        path="/upload/dataset",
        service="storage",
        right="upload",
        summary="Upload a CSV file as a new version of a data set",
        answer=datasets.Dataset,
        status=201,
        query={"name": _TEXT, "target": _TEXT, "description": _TEXT},
        body="upload",
    ),
    # --- models
    Passage(
        method="GET",
        path="/models",
        service="storage",
        right="read",
        summary="The models",
        answer=pages.Page[models.Model],
        query={
            **_PAGE,
            **_WHO,
            "name": _TEXT,
            "version": _TEXT,
            "family": _TEXT,
            "dataset_id": _INTEGER,
            "run_id": _INTEGER,
        },
    ),
    Passage(
        method="GET",
        path="/models/resolve",
        service="storage",
        right="read",
        summary="The version that an alias or a version's name means",
        answer=models.ModelDetail,
        query={"name": _TEXT, "reference": _TEXT},
    ),
    Passage(
        method="GET",
        path="/models/{model_id}",
        service="storage",
        right="read",
        summary="One model with its signature and summary",
        answer=models.ModelDetail,
    ),
    Passage(
        method="PATCH",
        path="/models/{model_id}",
        service="storage",
        right="change",
        summary="Describe a model anew",
        answer=models.ModelDetail,
        body="json",
        body_schema=models.ModelChange,
    ),
    Passage(
        method="DELETE",
        path="/models/{model_id}",
        service="storage",
        right="delete",
        summary="Delete a model",
        status=204,
    ),
    Passage(
        method="GET",
        path="/models/{model_id}/download",
        service="storage",
        right="read",
        summary="A model's bundle",
        media_types=("application/zip",),
    ),
    # --- aliases
    Passage(
        method="GET",
        path="/aliases",
        service="storage",
        right="read",
        summary="The aliases and where they point",
        answer=pages.Page[aliases.Alias],
        query={**_PAGE, "model": _TEXT},
    ),
    Passage(
        method="GET",
        path="/aliases/{model}/{alias}",
        service="storage",
        right="read",
        summary="Where an alias points",
        answer=aliases.Alias,
    ),
    Passage(
        method="PUT",
        path="/aliases/{model}/{alias}",
        service="storage",
        right="change",
        summary="Point an alias to a version",
        answer=aliases.Alias,
        body="json",
        body_schema=aliases.AliasMove,
    ),
    Passage(
        method="DELETE",
        path="/aliases/{model}/{alias}",
        service="storage",
        right="delete",
        summary="Take an alias away; its history stays",
        status=204,
    ),
    Passage(
        method="GET",
        path="/aliases/{model}/{alias}/history",
        service="storage",
        right="read",
        summary="Who moved an alias, when, from where, to where",
        answer=pages.Page[aliases.AliasChange],
        query=_PAGE,
    ),
    Passage(
        method="POST",
        path="/aliases/{model}/{alias}/rollback",
        service="storage",
        right="change",
        summary="Point an alias back to where it pointed before its last move",
        answer=aliases.Alias,
    ),
    # --- predictions
    Passage(
        method="GET",
        path="/predictions",
        service="storage",
        right="predictions",
        summary="The history of predictions, the newest first",
        answer=predictions.PredictionPage,
        query={
            "limit": _INTEGER,
            "person": _TEXT,
            "model": _TEXT,
            "model_id": _INTEGER,
            "version": _TEXT,
            "protocol": {"type": "string", "enum": list(get_args(predictions.Protocol))},
            "since": _MOMENT,
            "until": _MOMENT,
            "before": _TEXT,
            "after": _TEXT,
            "count": {"type": "boolean"},
        },
    ),
    Passage(
        method="GET",
        path="/predictions/{prediction_id}",
        service="storage",
        right="predictions",
        summary="One prediction",
        answer=predictions.Prediction,
    ),
    # --- runs
    Passage(
        method="GET",
        path="/runs",
        service="storage",
        right="read",
        summary="The runs: training and inference",
        answer=pages.Page[runs.Run],
        query={
            **_PAGE,
            **_WHO,
            "kind": {"type": "string", "enum": list(get_args(runs.Kind))},
            "state": {"type": "string", "enum": [state.value for state in runs.State]},
            "dataset_id": _INTEGER,
            "model_id": _INTEGER,
        },
    ),
    Passage(
        method="GET",
        path="/runs/{run_id}",
        service="storage",
        right="read",
        summary="One run",
        answer=runs.Run,
    ),
    Passage(
        method="PATCH",
        path="/runs/{run_id}",
        service="storage",
        right="change",
        summary="Describe a run anew",
        answer=runs.Run,
        body="json",
        body_schema=runs.RunChange,
    ),
    Passage(
        method="DELETE",
        path="/runs/{run_id}",
        service="storage",
        right="delete",
        summary="Delete a finished run with its events",
        status=204,
    ),
    Passage(
        method="GET",
        path="/runs/{run_id}/events",
        service="storage",
        right="read",
        summary="What happened in a run",
        answer=runs.EventList,
        query={"after": _INTEGER, "wait_seconds": {"type": "number"}},
    ),
    Passage(
        method="POST",
        path="/runs/{run_id}/cancel",
        service="ml_service",
        right="cancel",
        summary="Ask a run to end",
        answer=runs.Run,
    ),
    # --- files
    Passage(
        method="GET",
        path="/files",
        service="storage",
        right="read",
        summary="The files",
        answer=pages.Page[files.File],
        query={**_PAGE, **_WHO, "name": _TEXT, "media_type": _TEXT, "sha256": _TEXT},
    ),
    Passage(
        method="POST",
        path="/files",
        service="storage",
        right="upload",
        summary="Keep a file",
        answer=files.File,
        status=201,
        query={"name": _TEXT},
        body="upload",
    ),
    Passage(
        method="GET",
        path="/files/{file_id}",
        service="storage",
        right="read",
        summary="What is known of a file",
        answer=files.File,
    ),
    Passage(
        method="PATCH",
        path="/files/{file_id}",
        service="storage",
        right="change",
        summary="Rename a file",
        answer=files.File,
        body="json",
        body_schema=files.FileChange,
    ),
    Passage(
        method="DELETE",
        path="/files/{file_id}",
        service="storage",
        right="delete",
        summary="Delete a file",
        status=204,
    ),
    Passage(
        method="GET",
        path="/files/{file_id}/download",
        service="storage",
        right="read",
        summary="A file's content",
        media_types=_BYTES,
    ),
    # --- what can be trained, what can be collected
    Passage(
        method="GET",
        path="/families",
        service="ml_service",
        right="read",
        summary="The model families and their hyperparameters",
        answer=training.FamilyList,
    ),
    Passage(
        method="GET",
        path="/sources",
        service="collector",
        right="read",
        summary="The sources data can be collected from",
        answer=sources.SourceList,
    ),
    Passage(
        method="GET",
        path="/journal",
        service="collector",
        right="read",
        summary="Every download and access of the collector",
        answer=pages.Page[sources.JournalEntry],
        query={
            **_PAGE,
            "source": _TEXT,
            "action": _TEXT,
            "outcome": _TEXT,
            "person": _TEXT,
            "request_id": _TEXT,
        },
    ),
)
