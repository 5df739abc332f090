"""How every list is asked for and answered."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import pydantic

Item = TypeVar("Item")
MAX_PAGE = 1000

Limit = Annotated[int, pydantic.Field(ge=1, le=MAX_PAGE, description="How many items at most.")]
Offset = Annotated[int, pydantic.Field(ge=0, le=2**53, description="How many items to pass over.")]


class Page(pydantic.BaseModel, Generic[Item]):
    """One page of a list: `items` after filter, sort and offset; `total` counts all that pass the filter."""

    items: list[Item]
    total: int
