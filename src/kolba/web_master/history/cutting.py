"""What the history keeps of a scenario's inputs: enough to recognise them, never megabytes of them."""

from __future__ import annotations

import dataclasses
from typing import Any

_MAX_DEPTH = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    characters: int
    """A longer text is cut."""
    items: int
    """A longer list or object is cut."""


def cut(value: Any, limits: Limits, *, depth: int = 0) -> Any:
    """JSON-like `value`, where a long text becomes `{characters, first}` and a long list `{items, first}`."""
    if isinstance(value, str):
        return _cut_text(value, limits)
    if isinstance(value, dict):
        return _cut_object(value, limits, depth)
    if isinstance(value, list):
        return _cut_list(value, limits, depth)
    return value


def _cut_text(value: str, limits: Limits) -> Any:
    value = value.replace("\0", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL keeps no NUL in JSON
    if len(value) <= limits.characters:
        return value
    return {"characters": len(value), "first": value[: limits.characters]}


def _cut_list(value: list[Any], limits: Limits, depth: int) -> Any:
    if depth >= _MAX_DEPTH:
        return {"items": len(value)}
    kept = [cut(item, limits, depth=depth + 1) for item in value[: limits.items]]
    return kept if len(value) <= limits.items else {"items": len(value), "first": kept}


def _cut_name(name: str, limits: Limits) -> str:
    return name[: limits.characters].replace("\0", "\N{REPLACEMENT CHARACTER}")


def _cut_object(value: dict[str, Any], limits: Limits, depth: int) -> dict[str, Any]:
    if depth >= _MAX_DEPTH:
        return {"members": len(value)}
    kept = {
        _cut_name(name, limits): cut(item, limits, depth=depth + 1)
        for name, item in list(value.items())[: limits.items]
    }
    return kept if len(value) <= limits.items else {"members": len(value), "first": kept}
