"""Fields that several bodies share."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import pydantic
import pydantic_core


def _check_line(value: str) -> str:
    """One line that shows what it is: no control and no bidirectional characters."""
    line = unicodedata.normalize("NFC", value).strip()
    if not line.isprintable():
        raise pydantic_core.PydanticCustomError(
            "line", "only characters that can be seen, in one line"
        )
    return line


Line = Annotated[str, pydantic.Field(max_length=100), pydantic.AfterValidator(_check_line)]
"""A display name, a note."""
Password = Annotated[str, pydantic.Field(max_length=10_000)]
"""Its rules are told by `passwords.check`."""
GivenName = Annotated[str, pydantic.Field(max_length=256)]
"""Its rules are told by `names.check`."""
Group = Annotated[str, pydantic.Field(min_length=1, max_length=64)]


class Body(pydantic.BaseModel):
    """Nobody can choose what they are not asked for."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)
