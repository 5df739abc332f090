"""Runs: any piece of work, its state and its events."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any, Literal

import pydantic

from kolba.contracts import names


class State(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (State.SUCCEEDED, State.FAILED, State.CANCELLED)


Kind = Literal["train", "fine-tune", "infer", "predict"]
Reference = Annotated[str, pydantic.StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
"""Visible ASCII, as a header can carry it."""


class Makes(pydantic.BaseModel):
    """What a run's result will be called: a name of its owner's from now on, so that no work is lost to it later."""

    model_config = pydantic.ConfigDict(extra="forbid")

    kind: Literal["dataset", "model"]
    name: names.Name
    if_taken: names.IfTaken = "refuse"


class RunCreate(pydantic.BaseModel):
    """Puts work into the queue; or, with a final `state`, records work that was done at once (an inference)."""

    model_config = pydantic.ConfigDict(extra="forbid")

    kind: Kind
    parameters: dict[str, Any]
    owner: str | None = None
    """Whoever creates it; only a service may name another."""
    reference: Reference | None = None
    """The caller's own name for this piece of work: creating it once more answers the first run."""
    makes: Makes | None = None
    dataset_id: int | None = None
    model_id: int | None = None
    state: Literal[State.QUEUED, State.SUCCEEDED, State.FAILED] = State.QUEUED
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Run(pydantic.BaseModel):
    id: int
    kind: Kind
    state: State
    owner: str
    reference: str | None = None
    """The name its creator gave it, by which it can be found again."""
    parameters: dict[str, Any]
    dataset_id: int | None
    """What it reads; such a data set cannot be deleted while the run is unfinished."""
    model_id: int | None
    """What it made (train, fine-tune) or uses (infer, predict, a fine-tune under way).

    A used model cannot be deleted while the run is unfinished.
    """
    result_name: str | None = None
    """What its result is called; where the name asked for was taken, another."""
    fraction: float
    """How much is done, 0 … 1."""
    message: str
    attempts: int
    """How often a worker has taken it up."""
    cancel_requested: bool
    worker: str | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    """A problem document (RFC 9457) when it failed."""
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    lease_expires_at: dt.datetime | None


class RunChange(pydantic.BaseModel):
    """For people only; workers have claim, heartbeat, complete and fail."""

    model_config = pydantic.ConfigDict(extra="forbid")

    description: str = pydantic.Field(max_length=4000)


class ClaimRequest(pydantic.BaseModel):
    worker: str = pydantic.Field(min_length=1, max_length=200)
    kinds: list[Kind] = ["train"]
    lease_seconds: float = pydantic.Field(default=15.0, gt=0, le=3600)
    wait_seconds: float = pydantic.Field(default=0.0, ge=0, le=30)


class Claim(pydantic.BaseModel):
    """A run given to one worker. `token` proves the lease in every later call about it."""

    run: Run
    token: str


class Lease(pydantic.BaseModel):
    token: str


class HeartbeatRequest(Lease):
    lease_seconds: float = pydantic.Field(default=15.0, gt=0, le=3600)


class Heartbeat(pydantic.BaseModel):
    cancel_requested: bool


class EventData(pydantic.BaseModel):
    """One thing that happened. `progress` carries fraction and message; `metric`: name, value and step in `data`;
    `state`: the new state in `data`; `log`: a message."""

    type: Literal["progress", "metric", "state", "log"]
    message: str = ""
    fraction: float | None = pydantic.Field(default=None, ge=0, le=1)
    data: dict[str, Any] = {}


class Event(EventData):
    run_id: int
    sequence: int
    """Counts from 1 within its run, without gaps."""
    at: dt.datetime


class EventsRequest(Lease):
    events: list[EventData] = pydantic.Field(max_length=1000)
    first: int | None = pydantic.Field(default=None, ge=1, le=2_000_000_000)
    """The sender's own number of the first of these, counted from 1 since its claim. With it a batch may be sent
    again: what has arrived already is passed over."""


class Completion(Lease):
    result: dict[str, Any]
    model_id: int | None = None


class Failure(Lease):
    error: dict[str, Any]
    """A problem document."""
    retry: bool = False
    """True: back to the queue, as long as attempts are left (a crash); False: it would fail again (bad data)."""


class Release(Lease):
    """The worker is going away: the run goes back to the queue and the attempt is not counted."""


class EventList(pydantic.BaseModel):
    items: list[Event]
    state: State
    """Of the run after the last of these events; a reader stops when it is final and nothing is left."""
