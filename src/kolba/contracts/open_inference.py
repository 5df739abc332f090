"""What the Open Inference Protocol, version 2, says of servers and models, and how the repository is asked."""

from __future__ import annotations

from typing import Any, Literal

import pydantic


class ServerMetadata(pydantic.BaseModel):
    name: str
    version: str
    extensions: list[str]


class Live(pydantic.BaseModel):
    live: bool


class Ready(pydantic.BaseModel):
    ready: bool


class Tensor(pydantic.BaseModel):
    name: str
    datatype: str
    """`FP32`, `FP64`, `INT64`, `BOOL`, `BYTES` …"""
    shape: list[int]
    """-1: any number of rows."""
    parameters: dict[str, Any] | None = None
    """`categories` of a column of words, `classes` of the answer."""


class ModelMetadata(pydantic.BaseModel):
    name: str
    versions: list[str]
    """The newest first, at most a hundred."""
    platform: str
    inputs: list[Tensor]
    """One for every column; `parameters.table` describes the one tensor that may come in place of them all."""
    outputs: list[Tensor]
    parameters: dict[str, Any]


class ModelReady(pydantic.BaseModel):
    name: str
    ready: bool


class IndexEntry(pydantic.BaseModel):
    """One version of one model."""

    name: str
    version: str
    state: Literal["READY", "UNAVAILABLE"]
    """READY: in memory. The first request loads what is not."""
    reason: str


class Loaded(pydantic.BaseModel):
    name: str
    load: bool = True


class Unloaded(pydantic.BaseModel):
    name: str
    unload: bool = True
