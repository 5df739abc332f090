"""What goes through the door, where to, and who may."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from kolba.contracts import datasets, files, models, pages, runs, sources, training
from kolba.web_master.access import service as access

Service = Literal["collector", "storage", "ml_service"]
BodyKind = Literal["none", "json", "upload"]

_Schema = Mapping[str, Any]
_INTEGER: _Schema = {"type": "integer", "minimum": 0}
_TEXT: _Schema = {"type": "string"}
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
