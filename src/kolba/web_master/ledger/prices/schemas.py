"""Prices and quotes as they are asked for and answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

import pydantic

from kolba.contracts import names
from kolba.kit import errors, text
from kolba.web_master.ledger import amounts

RunKind = Literal["train", "fine-tune", "predict-batch"]
QuotedKind = Literal["prediction", "train", "fine-tune", "predict-batch"]
_MOST_ROWS = 10**12


class NewPrice(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    price: amounts.Amount
    """Credits. What is to cost nothing has no price: DELETE it."""


class Price(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)

    subject: Literal["model", "run"]
    name: str
    """The model's name, or the kind of run."""
    price: int
    """Credits."""
    per: Literal["row", "run", "1000 rows"]
    """What is counted; of rows, the last thousand that is begun counts whole."""
    set_at: dt.datetime
    set_by: str


class PriceList(pydantic.BaseModel):
    items: list[Price]
    """What is not in it is free."""


class QuoteQuery(pydantic.BaseModel):
    """What is to be done."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    kind: QuotedKind
    model: Annotated[str, pydantic.Field(max_length=256)] | None = None
    """Of `prediction` and `predict-batch`: the model's name; an `@reference` after it makes no difference."""
    rows: Annotated[int, pydantic.Field(ge=1, le=_MOST_ROWS)] | None = None
    """Of these: how many rows; where absent, those of `dataset_id`, else 1."""
    dataset_id: Annotated[int, pydantic.Field(ge=1, lt=2**63)] | None = None
    """Of `predict-batch`: the data set that is to be answered."""

    @pydantic.field_validator("model")
    @classmethod
    def _name_model(cls, value: str | None) -> str | None:
        return None if value is None else names.check_name(value.partition("@")[0])

    @pydantic.model_validator(mode="after")
    def _check_model(self) -> Self:
        if self.kind not in ("train", "fine-tune") and self.model is None:
            message = text.Text(
                en="name the model whose answers are to be paid for",
                ru="назовите модель, за ответы которой нужно платить",
            )
            raise errors.InvalidInput(fields=[errors.FieldError(field="model", message=message)])
        return self


class Quote(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)

    price: int
    """Credits in all; 0: free."""
    balance: int
    available: int
    """What can be spent now."""
    enough: bool
    missing: int
    """How many credits more it takes."""
