"""Models: what training leaves behind, versioned."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pydantic

from kolba.contracts import names, sharing


class ModelCreate(pydantic.BaseModel):
    """Registers an uploaded bundle as a model version."""

    model_config = pydantic.ConfigDict(extra="forbid")

    name: names.Name
    family: str = pydantic.Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,63}$")
    bundle_file_id: int
    bundle_sha256: str
    """Must equal the file's; a difference is refused."""
    dataset_id: int
    run_id: int | None = pydantic.Field(default=None, ge=1, lt=2**63)
    """The run that made it: only who holds its lease may register one, and a second one is not made."""
    hyperparameters: dict[str, Any]
    metrics: dict[str, float]
    """The few figures that lists show: accuracy, f1_macro, roc_auc, training_seconds …"""
    signature: dict[str, Any]
    """`inference.signature.Signature` as JSON: columns, categories, classes."""
    summary: dict[str, Any]
    """The bundle's metrics.json: everything a report needs."""
    parent_model_id: int | None = pydantic.Field(default=None, ge=1, lt=2**63)
    """The version whose training it went on from."""
    owner: str | None = None
    """Whoever registers it; only a service may name another."""


class Model(pydantic.BaseModel):
    id: int
    name: names.Name
    version: str
    """`{ModelType}_{YYYYMMDD_HHMMSS}` in UTC; `_2`, `_3` … where two meet in one second."""
    family: str
    dataset_id: int
    dataset_name: str
    dataset_version: int
    run_id: int | None
    parent_model_id: int | None = None
    """The version it was fine-tuned from; it may be gone meanwhile."""
    hyperparameters: dict[str, Any]
    metrics: dict[str, float]
    description: str = ""
    bundle_sha256: str
    bundle_size_bytes: int
    owner: str
    shared_with: str | None = None
    """The group whose members may see and use it too; None: only its owner and admins."""
    created_at: dt.datetime


class ModelDetail(Model):
    """A model with what only its own page needs."""

    signature: dict[str, Any]
    summary: dict[str, Any]


class ModelChange(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    description: str | None = pydantic.Field(default=None, max_length=4000)
    shared_with: sharing.Group | None = None
    """A group, or null for nobody else."""
