"""Long documents cut for lists, where only a glance is meant."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson

MOST_BYTES = 16_384
_CHARACTERS, _ITEMS, _DEPTH = 200, 20, 6
Document = TypeVar("Document", dict[str, Any], dict[str, Any] | None)


def shortened(document: Document) -> Document:
    """`document` as it is while it is small; else with its texts, lists and objects cut to their beginnings."""
    if len(orjson.dumps(document)) <= MOST_BYTES:
        return document
    cut: Document = _cut(document, _DEPTH)
    return cut


def _cut(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _CHARACTERS else value[:_CHARACTERS] + "…"
    if isinstance(value, dict):
        first = list(value.items())[:_ITEMS] if depth else []
        rest = {"…": len(value) - len(first)} if len(first) < len(value) else {}
        return {name: _cut(one, depth - 1) for name, one in first} | rest
    if isinstance(value, list):
        items = [_cut(one, depth - 1) for one in (value[:_ITEMS] if depth else [])]
        return items + (["…"] if len(items) < len(value) else [])
    return value
