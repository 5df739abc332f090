"""Every route of every service with a sentence, for docs/api.md: from the OpenAPI of the applications themselves.

Usage: routes_table.py [--write]. Without `--write` it only says whether the document is up to date.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

import generated
import settings_table
from kolba.kit import settings

SCRIPT = "scripts/routes_table.py"
DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "api.md"


def document(package: str) -> dict[str, Any]:
    """The OpenAPI document of a service with its packaged configuration; nothing is started."""
    config = settings.load(settings_table.settings_class(package))
    found: dict[str, Any] = importlib.import_module(f"{package}.app").create_app(config).openapi()
    return found


def rows(found: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(method, path, whom it answers, sentence)."""
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation["x-requires"], _sentence(operation)


def _sentence(operation: dict[str, Any]) -> str:
    """The first paragraph of what the code says of it, else its name."""
    said = str(operation.get("description") or "").partition("\n\n")[0]
    words = " ".join((said or _name(str(operation["summary"]))).split())
    return words.rstrip(".").replace("|", "\\|")


def _name(summary: str) -> str:
    """`Get Dataset`, as the framework makes it of a function's name, becomes `Get dataset`."""
    words = summary.split()
    return summary.capitalize() if all(word.istitle() for word in words) else summary


def render() -> str:
    """The tables, as Markdown."""
    for name in [name for name in os.environ if name.startswith("KOLBA_")]:
        del os.environ[name]
    parts = []
    for name, package in settings_table.PACKAGES.items():
        lines = ["| method | path | asks for | what it does |", "|---|---|---|---|"]
        lines += [
            f"| {method} | `{path}` | {asked} | {said} |"
            for method, path, asked, said in rows(document(package))
        ]
        parts += [f"## {name}", "\n".join(lines)]
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(generated.main(SCRIPT, {DOCUMENT: render}))
