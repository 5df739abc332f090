"""A report as one HTML file: no scripts, nothing loaded from anywhere, readable on paper too."""

import base64
import functools
import hashlib
import importlib.resources

from kolba.visualization import languages
from kolba.visualization.reports import document, environments


def render(written: document.Document) -> bytes:
    """The page in UTF-8. Every value is escaped; the page's own policy forbids any script, and any
    style but its own."""
    page = environments.markup().get_template("report.html.j2")
    return page.render(
        document=written,
        contents=languages.get(written.language).text("report.contents"),
        policy=policy(),
        style=environments.trusted(_style()),
        trusted=environments.trusted,
        is_wide=_is_wide,
        has_long_word=_has_long_word,
    ).encode()


@functools.cache
def policy() -> str:
    """The Content-Security-Policy of the page: its own style sheet, known by its checksum."""
    return f"default-src 'none'; style-src {style_hash()}; base-uri 'none'; form-action 'none'"


@functools.cache
def style_hash() -> str:
    """The page's one style sheet, as a Content-Security-Policy names it: `'sha256-…'`."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _is_wide(table: document.Table, index: int) -> bool:
    """Whether a column holds sentences, which want room even on a phone."""
    return any(len(row[index]) > 40 for row in table.rows)


def _has_long_word(words: str) -> bool:
    """Whether a cell holds a word so long that it must break somewhere."""
    return any(len(word) > 22 for word in words.split())


@functools.cache
def _style() -> str:
    file = importlib.resources.files(__package__) / "templates" / "report.css"
    return file.read_text("utf-8")
