"""The ledger for an operator's commands, on a database that is open already and without a web master."""

from __future__ import annotations

import pydantic

from kolba.kit import clock
from kolba.kit.db import engine
from kolba.web_master.ledger.accounts import repository, schemas, service
from kolba.web_master.ledger.verification import repository as verification_repository
from kolba.web_master.ledger.verification import service as verification
from kolba.web_master.people import errors


def balances(database: engine.Database) -> service.Balances:
    kept = repository.AccountRepository(database)
    return service.Balances(kept, service.Accounts(kept), time=clock.SystemClock())


def check_person(database: engine.Database, name: str) -> None:
    """Raises `UnknownPerson`."""
    if not repository.AccountRepository(database).is_person(name):
        raise errors.UnknownPerson(name=name)


def prove(database: engine.Database) -> verification.Proof:
    return verification.prove(verification_repository.VerificationRepository(database))


def period(since: str | None, until: str | None) -> repository.Filter:
    """Raises `ValueError` that says what to give."""
    try:
        return schemas.Period.model_validate({"since": since, "until": until}).chosen()
    except pydantic.ValidationError as error:
        field = error.errors()[0]["loc"][0]
        raise ValueError(
            f"{field}: give a moment with its zone, such as 2026-03-14T09:00:00Z"
        ) from None
