"""How many credits there can be: whole numbers only, so that nothing is ever rounded."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic

from kolba.kit import errors, text

MAX_AMOUNT = 10**12
"""The largest amount that anybody can name: of a top-up, of a price."""
MAX_BALANCE = 10**15
"""The largest balance: every sum of so many fits into 64 bits, and every balance into a JSON number (2^53)."""

_WANTED = text.Text(
    en=f"give a whole number of credits from 1 to {MAX_AMOUNT}, such as 100: no fraction, no quotes",
    ru=f"нужно целое число кредитов от 1 до {MAX_AMOUNT}, например 100: без дробной части и кавычек",
)


def check(value: Any, field: str) -> int:
    """An amount that somebody named. Raises `InvalidInput` that says what to give."""
    if type(value) is not int or not 1 <= value <= MAX_AMOUNT:
        raise errors.InvalidInput(fields=[errors.FieldError(field=field, message=_WANTED)])
    return value


def _validate(value: Any, info: pydantic.ValidationInfo) -> int:
    return check(value, info.field_name or "amount")


Amount = Annotated[int, pydantic.BeforeValidator(_validate), pydantic.Field(ge=1, le=MAX_AMOUNT)]
"""In a body."""
