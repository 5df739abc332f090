"""Every setting of every service with its default and what it means, for docs/deploy.md.

Usage: settings_table.py [--write]. Without `--write` it only says whether the document is up to date.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pathlib
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

import pydantic
import pydantic_core

import generated
from kolba.kit import settings

SCRIPT = "scripts/settings_table.py"
DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "deploy.md"
PACKAGES = {
    "web_master": "kolba.web_master",
    "collector": "kolba.collector",
    "storage": "kolba.storage",
    "ml_service": "kolba.ml_service",
    "worker": "kolba.ml_service.worker",
    "visualization": "kolba.visualization",
    "preprocess": "kolba.pipeline.preprocess",
    "model": "kolba.pipeline.model",
    "postprocess": "kolba.pipeline.postprocess",
}
LONGEST = 60
Row = tuple[str, str, str]


def settings_class(package: str) -> type[settings.ServiceSettings]:
    """The settings class that a service's `settings.py` defines."""
    module = importlib.import_module(f"{package}.settings")
    return next(
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, settings.ServiceSettings) and member.__module__ == module.__name__
    )


def rows(
    model: type[pydantic.BaseModel],
    value: Any,
    prefix: str = "",
    told: dict[tuple[Any, ...], str] | None = None,
) -> Iterator[Row]:
    """(setting, default, meaning) of each field of `model`; `value` is what a fresh installation has.

    `told` says where the kinds of a field were told already: once is enough.
    """
    told = {} if told is None else told
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        found = getattr(value, name, field.get_default(call_default_factory=True))
        inner = list(_models(field.annotation))
        kinds = tuple(inner) if len(inner) > 1 else ()
        if kinds and kinds in told:
            yield path, _shown(found), f"{_plain(field.description)} As `{told[kinds]}`."
        elif isinstance(found, pydantic.BaseModel) and not kinds:
            yield from rows(type(found), found, f"{path}.", told)
        elif inner:
            told[kinds] = path
            yield path, "see config.yaml", _plain(field.description)
            for one in inner:
                place = _place(field.annotation, inner, one)
                yield from rows(one, None, f"{path}{place}.", told)
        else:
            yield path, _shown(found), _plain(field.description)


def _models(annotation: object) -> Iterator[type[pydantic.BaseModel]]:
    """The models with documented fields that a type is made of."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        is_documented = issubclass(annotation, pydantic.BaseModel) and all(
            field.description for field in annotation.model_fields.values()
        )
        if is_documented:
            yield annotation
    else:
        for argument in typing.get_args(annotation):
            yield from _models(argument)


def _place(annotation: object, inner: list[Any], one: type[pydantic.BaseModel]) -> str:
    """How an element is written: `.<name>` in a dictionary, `[]` in a list, with the kind where there are several."""
    if typing.get_origin(annotation) is dict:
        return ".<name>"
    kind = one.__name__.removesuffix("Place").removesuffix("Format").lower()
    return f"[{kind}]" if len(inner) > 1 else "[]"


def _shown(value: Any) -> str:
    if value is pydantic_core.PydanticUndefined:
        return "required"
    if value is None:
        return "—"
    if isinstance(value, list | tuple | dict) and not value:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = text.strip('"')
    return "see config.yaml" if len(text) > LONGEST else f"`{_escaped(text)}`"


def _plain(meaning: str | None) -> str:
    return _escaped(" ".join((meaning or "").split()))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def table(found: list[Row]) -> str:
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    lines += [f"| `{path}` | {default} | {meaning} |" for path, default, meaning in found]
    return "\n".join(lines)


def ports(loaded: dict[str, settings.ServiceSettings]) -> str:
    lines = ["| service | prefix | port | data_dir |", "|---|---|---|---|"]
    lines += [
        f"| {name} | `{settings.environment_prefix(name)}` | {one.port} | `{one.data_dir}` |"
        for name, one in loaded.items()
    ]
    return "\n".join(lines)


def render() -> str:
    """The whole part of the document, as Markdown."""
    for name in [name for name in os.environ if name.startswith("KOLBA_")]:
        del os.environ[name]
    classes = {name: settings_class(package) for name, package in PACKAGES.items()}
    loaded = {name: settings.load(one) for name, one in classes.items()}
    shared = set(settings.ServiceSettings.model_fields)
    common = settings.ServiceSettings
    first = next(iter(loaded.values()))
    parts = ["### The services", ports(loaded), "### In every service"]
    parts.append(
        table([row for row in rows(common, first) if row[0] not in ("host", "port", "data_dir")])
    )
    for name, one in loaded.items():
        own = [row for row in rows(classes[name], one) if row[0].partition(".")[0] not in shared]
        parts += [f"### {name}", table(own)]
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(generated.main(SCRIPT, {DOCUMENT: render}))
