"""Names that people give to things: what is allowed in them."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

import pydantic

MAX_NAME = 128
_FORBIDDEN = frozenset('/\\:*?"<>|')


def check_name(value: str) -> str:
    """A name in any script, free of path tricks, control and invisible characters. Normalised to NFC.

    Raises `ValueError` that says what to change.
    """
    name = unicodedata.normalize("NFC", value).strip()
    if not name or len(name) > MAX_NAME:
        raise ValueError(f"give a name of 1 to {MAX_NAME} characters")
    if name.startswith("."):
        raise ValueError("a name may not begin with a dot")
    for character in name:
        if character in _FORBIDDEN or unicodedata.category(character) in (
            "Cc",
            "Cf",
            "Cs",
            "Zl",
            "Zp",
        ):
            raise ValueError(f"the character U+{ord(character):04X} is not allowed in a name")
    return name


IfTaken = Literal["refuse", "rename"]
"""What becomes of a name that another person has used first: 403, or `<name>-<person>` takes its place (for names that
nobody chose)."""

Name = Annotated[str, pydantic.AfterValidator(check_name)]
