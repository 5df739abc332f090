"""What a worker can be told."""

from __future__ import annotations

from typing import ClassVar

import pydantic

from kolba.kit import settings


class WorkerSettings(settings.ServiceSettings):
    service: ClassVar[str] = "worker"
    package: ClassVar[str | None] = "kolba.ml_service.worker"

    storage_url: str
    """Where storage answers."""
    concurrency: int = pydantic.Field(ge=1, le=256)
    """How many runs are computed at once."""
    lease_seconds: float = pydantic.Field(gt=0, le=3600)
    """A run whose worker is not heard of for so long goes to another."""
    heartbeat_seconds: float = pydantic.Field(gt=0)
    """How often storage hears of a run under way, and the worker of a cancellation."""
    claim_wait_seconds: float = pydantic.Field(ge=0, le=30)
    """How long one question for work waits for an answer."""
    max_fetch_retries: int = pydantic.Field(ge=0)
    """So often what a run reads is fetched again after breaking off in the middle; then the run fails. Storage being
    away is waited out."""
    patience_seconds: float = pydantic.Field(gt=0)
    """A call about a run to which storage answers with a failure of its own (5xx) is repeated for so long, then the
    run fails or, where not even that can be said, its lease lapses."""
    max_run_seconds: float = pydantic.Field(gt=0)
    """A run that computes longer fails."""
    max_run_bytes: int = pydantic.Field(ge=64_000_000)
    """A run may take so much memory beside what the libraries take; 0.06 GB at least."""
    nice: int = pydantic.Field(ge=0, le=19)
    """The scheduling priority of computing: above 0, serving goes first."""
    threads: int = pydantic.Field(ge=1)
    """Threads of the linear algebra libraries. More than 1 may change the last digits of a result."""
    torch_threads: int = pydantic.Field(ge=0, le=256)
    """Threads of torch, which trains networks; 0: as many as there are processors for this process. Another number may
    change the last digits of a result."""
    blocked_modules: list[str]
    """Modules that the nursery pretends not to have. A family that needs one has to be given it."""
