"""Balances, top-ups and transfers as they are asked for and answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic

from kolba.contracts import pages
from kolba.kit import errors, text
from kolba.web_master.ledger import amounts, charging
from kolba.web_master.ledger.accounts import repository

Memo = Annotated[str, pydantic.Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class TopUp(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    amount: amounts.Amount
    """Credits, a whole number."""
    memo: Memo = ""
    """What for; the person sees it in their statement."""


class Balance(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)

    person: str
    balance: int
    """Credits: the sum of all transfers."""
    held: int
    """Of these, set aside for runs under way."""
    available: int
    """The balance less what is held: what can be spent now."""
    top_up_to: int | None = None
    """Up to this balance its owner can top up for themselves; null: an administrator gives credits."""


class Transfer(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(use_attribute_docstrings=True, populate_by_name=True)

    id: int
    at: dt.datetime
    kind: charging.TransferKind
    amount: int
    """Credits: positive when received, negative when paid."""
    count: int
    """How many things it paid for, such as predictions that were made together."""
    from_account: str = pydantic.Field(serialization_alias="from", validation_alias="from")
    to_account: str = pydantic.Field(serialization_alias="to", validation_alias="to")
    reference: str
    memo: str
    by: str
    """Who did it."""


class Period(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    since: pydantic.AwareDatetime | None = None
    """At this moment or later, such as `2026-03-14T09:00:00Z`."""
    until: pydantic.AwareDatetime | None = None
    """Before this moment."""

    def chosen(self) -> repository.Filter:
        return repository.Filter(since=_utc("since", self.since), until=_utc("until", self.until))


class TransferQuery(Period):
    """Which transfers; the newest come first."""

    kind: charging.TransferKind | None = None
    limit: pages.Limit = 100
    offset: pages.Offset = 0

    def chosen(self) -> repository.Filter:
        period = super().chosen()
        return repository.Filter(since=period.since, until=period.until, kind=self.kind)


def _utc(field: str, moment: dt.datetime | None) -> dt.datetime | None:
    try:
        return None if moment is None else moment.astimezone(dt.UTC)
    except OverflowError:
        message = text.Text(
            en="a moment between the years 1 and 9999 in UTC",
            ru="момент между 1 и 9999 годами по UTC",
        )
        wrong = errors.FieldError(field=field, message=message)
        raise errors.InvalidInput(fields=[wrong]) from None
