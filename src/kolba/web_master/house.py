"""The web master's rooms: opened one after another, closed the other way round."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from kolba.contracts import collector_client, ml_client, storage_client, visualization_client
from kolba.kit import clock
from kolba.kit.db import engine
from kolba.kit.http import client
from kolba.kit.tokens import opening as token_opening
from kolba.web_master import operating, settings
from kolba.web_master.access import service as access
from kolba.web_master.audit import journal
from kolba.web_master.audit import repository as audit_repository
from kolba.web_master.audit import service as audit_service
from kolba.web_master.batches import service as batch_service
from kolba.web_master.digits import service as digits_service
from kolba.web_master.health import service as health_service
from kolba.web_master.history import cutting, exporting
from kolba.web_master.history import repository as history_repository
from kolba.web_master.history import service as history_service
from kolba.web_master.idempotency import opening as idempotency_opening
from kolba.web_master.ledger import opening as ledger_opening
from kolba.web_master.ledger.accounts import service as accounts_service
from kolba.web_master.people import authentication
from kolba.web_master.people import opening as people_opening
from kolba.web_master.predictions import opening
from kolba.web_master.reports import service as report_service
from kolba.web_master.scenarios import catalogue, collecting
from kolba.web_master.scenarios import service as scenario_service


async def furnish(
    config: settings.WebMasterSettings,
    known: catalogue.Catalogue,
    tokens: token_opening.Tokens,
    door: authentication.Authenticator,
    open_things: contextlib.AsyncExitStack,
) -> Mapping[str, Any]:
    """What the routes find in `request.state`; open as long as `open_things` is."""
    database = open_things.enter_context(_database(config))
    tokens.prepare()
    people = await _people(config, database, tokens, door)
    services = await _services(config, open_things, tokens)
    storage = storage_client.StorageClient(services["storage"])
    ledger = await open_things.enter_async_context(
        ledger_opening.open_ledger(
            config.ledger,
            database=database,
            storage=storage,
            time=clock.SystemClock(),
            is_person=_is_person(people),
        )
    )
    keys = await open_things.enter_async_context(
        idempotency_opening.open_keys(config.idempotency, database, clock.SystemClock())
    )
    # One trip of the prediction path carries several people's rows.
    serving = client.ServiceClient("ml_service", config.ml_service_url, shown=tokens.own())
    await open_things.enter_async_context(serving)
    predictions = await open_things.enter_async_context(
        opening.open_path(
            config.predictions,
            database=database,
            storage=storage,
            ml=ml_client.MlClient(serving),
            ledger=ledger,
            folder=config.data_dir / "predictions",
            keys=keys.entries,
            digits_model=config.digits.model,
        )
    )
    return {
        "idempotency": keys,
        **_state(config, known, database, services, ledger),
        **ledger.state(),
        people_opening.STATE: people,
        **_audit(config, database),
        "predictions": predictions,
        "authenticator": door,
    }


@contextlib.contextmanager
def _database(config: settings.WebMasterSettings) -> Iterator[engine.Database]:
    url = config.database.url_in(config.data_dir, config.service)
    database = engine.connect(url, config.database)
    try:
        operating.bring_up_to_date(database)
        yield database
    finally:
        database.close()


async def _people(
    config: settings.WebMasterSettings,
    database: engine.Database,
    tokens: token_opening.Tokens,
    door: authentication.Authenticator,
) -> people_opening.Rooms:
    return await asyncio.to_thread(
        people_opening.open_rooms, config, config.people, database, tokens, door
    )


def _is_person(people: people_opening.Rooms) -> accounts_service.IsPerson:
    """Tells whether there is somebody of a name."""

    async def is_person(name: str) -> bool:
        return await asyncio.to_thread(people.accounts.is_known, name)

    return is_person


async def _services(
    config: settings.WebMasterSettings,
    open_things: contextlib.AsyncExitStack,
    tokens: token_opening.Tokens,
) -> dict[str, client.ServiceClient]:
    """The clients of every service there is, open as long as `open_things` is. They ask for whoever asks us."""
    shown = tokens.on_behalf()
    addresses = {
        "collector": config.collector_url,
        "storage": config.storage_url,
        "ml_service": config.ml_service_url,
        "worker": config.worker_url,
        "visualization": config.visualization_url,
        **config.watched_urls,
    }
    return {
        name: await open_things.enter_async_context(
            client.ServiceClient(name, address, shown=shown)
        )
        for name, address in addresses.items()
        if address is not None
    }


def _audit(config: settings.WebMasterSettings, database: engine.Database) -> Mapping[str, Any]:
    """What writes and reads the audit log."""
    time = clock.SystemClock()
    audit = audit_service.Audit(audit_repository.AuditRepository(database), time)
    refusals = audit_service.Refusals(per_minute=config.audit.refusals_per_minute, time=time)
    return {"audit": audit, "audit_journal": journal.Journal(audit, refusals)}


def _state(
    config: settings.WebMasterSettings,
    known: catalogue.Catalogue,
    database: engine.Database,
    services: Mapping[str, client.ServiceClient],
    ledger: ledger_opening.Ledger,
) -> Mapping[str, Any]:
    """What the routes find in `request.state`."""
    time = clock.SystemClock()
    limits = cutting.Limits(
        characters=config.history.max_characters, items=config.history.max_items
    )
    storage = storage_client.StorageClient(services["storage"])
    collector = collector_client.CollectorClient(services["collector"])
    collecting_ = collecting.Collecting(collector, storage)
    history = history_service.History(
        history_repository.HistoryRepository(database), storage, limits=limits, time=time
    )
    history.mark_interrupted(older_than_seconds=config.history.interrupted_after_seconds)
    return {
        "access": access.Access(
            rights=config.rights,
            scenarios={name: one.groups for name, one in config.scenarios.items()},
            groups=tuple(config.auth.groups),
        ),
        "services": services,
        "ui_url": config.ui_url,
        "history": history,
        "past_predictions": exporting.Predictions(storage),
        "doctor": health_service.SystemDoctor(
            services, own=history.ping, timeout_seconds=config.health_timeout_seconds
        ),
        "scenarios": scenario_service.Scenarios(
            known=known,
            history=history,
            collecting_=collecting_,
            storage=storage,
            ml=ml_client.MlClient(services["ml_service"]),
            holds=ledger.holds,
            prices=ledger.prices,
            limits=limits,
        ),
        "digits": digits_service.Digits(
            config.digits,
            history=history,
            collecting_=collecting_,
            storage=storage,
            ml=ml_client.MlClient(services["ml_service"]),
            holds=ledger.holds,
            prices=ledger.prices,
            price_list=ledger.price_list,
        ),
        "batches": batch_service.BatchPredictions(
            history=history,
            storage=storage,
            ml=ml_client.MlClient(services["ml_service"]),
            holds=ledger.holds,
            prices=ledger.prices,
        ),
        "reports": report_service.Reports(
            history=history,
            storage=storage,
            visualization=visualization_client.VisualizationClient(services["visualization"]),
            time=time,
        ),
    }
