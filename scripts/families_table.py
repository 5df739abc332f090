"""Every model family with its hyperparameters, for docs/guide.md and docs/ru/guide.md.

Usage: families_table.py [--write]. Without `--write` it only says whether the documents are up to date.
"""

from __future__ import annotations

import functools
import json
import pathlib
import sys
from typing import Any

import generated
from kolba.kit import text
from kolba.ml_service.families import family, registry

SCRIPT = "scripts/families_table.py"
DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
HEADS: dict[text.Language, str] = {
    "en": "| hyperparameter | default | allowed | what it does |",
    "ru": "| гиперпараметр | по умолчанию | допустимо | что делает |",
}
WORDS: dict[str, dict[text.Language, str]] = {
    "integer": {"en": "integer", "ru": "целое"},
    "number": {"en": "number", "ru": "число"},
}


def render(language: text.Language) -> str:
    """A section for each family that comes with Kolba, as Markdown."""
    return "\n\n".join(
        _section(one, language) for one in registry.Registry.installed().all() if _is_ours(one)
    )


def _is_ours(one: family.Family) -> bool:
    return (one.builder or one.image_learner).startswith("kolba.ml_service.")


def _section(one: family.Family, language: text.Language) -> str:
    properties = family.schema(one, language)["properties"]
    lines = [HEADS[language], "|---|---|---|---|"]
    lines += [
        f"| `{name}` | `{json.dumps(field['default'])}` | {_allowed(field, language)} | {field['description']} |"
        for name, field in properties.items()
    ]
    title, said = one.title.render(language), one.description.render(language)
    return f"**`{one.name}`** ({title}). {said}\n\n" + "\n".join(lines)


def _allowed(field: dict[str, Any], language: text.Language) -> str:
    if "anyOf" in field:
        return ", ".join(_allowed(one, language) for one in field["anyOf"])
    if "enum" in field or "const" in field:
        return ", ".join(f"`{json.dumps(one)}`" for one in field.get("enum", [field.get("const")]))
    kind = field["type"]
    if kind in ("boolean", "null"):
        return {"boolean": "`true`, `false`", "null": "`null`"}[kind]
    return " ".join(filter(None, (WORDS[kind][language], _range(field))))


def _range(field: dict[str, Any]) -> str:
    lowest = field.get("minimum", field.get("exclusiveMinimum"))
    if lowest is None:
        return ""
    more = ">" if "exclusiveMinimum" in field else ""
    return f"{more}{lowest:g} … {field['maximum']:.10g}"


if __name__ == "__main__":
    documents = {
        DOCS / "guide.md": functools.partial(render, "en"),
        DOCS / "ru" / "guide.md": functools.partial(render, "ru"),
    }
    sys.exit(generated.main(SCRIPT, documents))
