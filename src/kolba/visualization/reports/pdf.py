"""A report as PDF, typeset by typst from data: no word of a report is ever markup."""

import dataclasses
import functools
import importlib.resources

import orjson

from kolba.visualization.reports import document, typesetting


def render(written: document.Document, *, timestamp: int) -> bytes:
    """The PDF. `timestamp` (seconds since 1970) is written into it, so that the same document
    always gives the same bytes."""
    typesetter = typesetting.load()
    return typesetter.compile(
        _layout(),
        font_paths=typesetting.fonts(),
        sys_inputs={"document": orjson.dumps(dataclasses.asdict(written)).decode()},
        timestamp=timestamp,
    )


@functools.cache
def _layout() -> bytes:
    file = importlib.resources.files(__package__) / "templates" / "report.typ"
    return file.read_bytes()
