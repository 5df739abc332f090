"""What the web master can be told."""

from __future__ import annotations

from typing import ClassVar

import pydantic

from kolba.kit import settings, text
from kolba.kit.db import settings as db_settings
from kolba.web_master.access import service as access
from kolba.web_master.audit import settings as audit_settings
from kolba.web_master.digits import settings as digits_settings
from kolba.web_master.idempotency import settings as idempotency_settings
from kolba.web_master.ledger import settings as ledger_settings
from kolba.web_master.people import settings as people_settings


class ScenarioSettings(pydantic.BaseModel):
    """How a scenario is shown, and whose it is. The code knows it by its name."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    title: text.Text
    """A few words, in every language."""
    description: text.Text
    """What it does and what comes out, in every language."""
    groups: list[str]
    """Who may run it."""


class HistorySettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    max_characters: int = pydantic.Field(default=500, ge=20)
    """A longer text among a scenario's inputs is kept as its length and its beginning."""
    max_items: int = pydantic.Field(default=20, ge=1)
    """A longer list or object is kept as its length and its beginning."""
    interrupted_after_seconds: float = pydantic.Field(default=0.0, ge=0)
    """At start-up, unfinished entries older than this are marked as interrupted. Where several web masters share one
    database, set it above the longest collection."""


class PredictionSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    timeout_seconds: float = pydantic.Field(default=10.0, gt=0)
    """How long an answer may take; then the caller is told so, and nothing is recorded."""
    max_rows: int = pydantic.Field(default=10_000, ge=1)
    """At most so many rows in one request."""
    max_batch_rows: int = pydantic.Field(default=256, ge=1)
    """At most so many rows share one trip to the model."""
    max_waiting: int = pydantic.Field(default=1024, ge=1)
    """At most so many requests wait for one model; more are told to come back."""
    max_waiting_rows: int = pydantic.Field(default=200_000, ge=1)
    """At most so many rows wait for one model in all these requests."""
    max_in_flight: int = pydantic.Field(default=1, ge=1)
    """Trips to one model at a time: with one, more requests share each; with more, a slow model uses more cores."""
    picture_threads: int = pydantic.Field(default=2, ge=1, le=64)
    """So many pictures are decoded at a time."""
    max_models: int = pydantic.Field(default=1000, ge=1)
    """Models whose signatures are kept at hand."""
    fresh_seconds: float = pydantic.Field(default=1.0, ge=0)
    """How soon a moved alias or a deleted model is noticed."""
    max_recorded_bytes: int = pydantic.Field(default=16_384, ge=100)
    """Of a longer request, the first part is kept in the history."""
    default_model: str | None = None
    """Which model answers `POST /invocations`: a name, `name@alias` or `name@version`; null: the only one there is."""
    settling_interval_seconds: float = pydantic.Field(default=0.5, gt=0, le=10)
    """How often charged predictions whose answers have left are handed to the shipper."""
    shipping_interval_seconds: float = pydantic.Field(default=0.5, gt=0)
    """How often the outbox is looked into."""
    shipping_max_predictions: int = pydantic.Field(default=2_000, ge=1, le=10_000)
    """At most so many predictions in one delivery to storage."""
    shipping_max_bytes: int = pydantic.Field(default=8_000_000, ge=1000)
    """At most so many bytes in one delivery: drawings travel with their predictions."""
    shipping_max_backoff_seconds: float = pydantic.Field(default=10.0, gt=0)
    """How long to wait at most between two tries while storage is away."""


class WebMasterSettings(settings.ServiceSettings):
    service: ClassVar[str] = "web_master"

    database: db_settings.DatabaseSettings = db_settings.DatabaseSettings()
    """Where the history is kept."""
    collector_url: str
    """Where the collector answers."""
    storage_url: str
    """Where storage answers."""
    ml_service_url: str
    """Where the ML service answers."""
    visualization_url: str
    """Where visualization answers."""
    worker_url: str | None = None
    """Where the worker's metrics and health answer; None: its state is not asked for."""
    watched_urls: dict[str, str] = pydantic.Field(default_factory=dict)
    """Further services by name and where they answer: the state of the system tells of them, too."""
    ui_url: str | None = None
    """The web UI's address as a browser sees it; `/` leads there. None: `/` answers with an index."""
    max_upload_bytes: int = pydantic.Field(ge=1000)
    """The largest body of an upload, which is handed on without being held."""
    health_timeout_seconds: float = pydantic.Field(gt=0)
    """How long a service may take to say how it is."""
    scenarios: dict[str, ScenarioSettings]
    """Every scenario by its name."""
    rights: dict[access.Right, list[str]]
    """Which groups may do what outside the scenarios."""
    digits: digits_settings.DigitsSettings = digits_settings.DigitsSettings()
    """What the digits' scenarios mean where nobody says otherwise."""
    predictions: PredictionSettings = PredictionSettings()
    """The prediction path."""
    history: HistorySettings = HistorySettings()
    """What is kept of scenario runs."""
    people: people_settings.PeopleSettings = people_settings.PeopleSettings()
    """Accounts, signing in, registering."""
    idempotency: idempotency_settings.IdempotencySettings = (
        idempotency_settings.IdempotencySettings()
    )
    """What is sent again with the same `Idempotency-Key`."""
    ledger: ledger_settings.LedgerSettings = ledger_settings.LedgerSettings()
    """Credits."""
    audit: audit_settings.AuditSettings = audit_settings.AuditSettings()
    """The audit log."""
