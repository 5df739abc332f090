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
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environments.markup().get_template("report.html.j2")
    return page.render(
        document=written,
        contents=languages.get(written.language).text("report.contents"),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'",
        style=environments.trusted(style),
        trusted=environments.trusted,
    ).encode()


@functools.cache
def _style() -> str:
    file = importlib.resources.files(__package__) / "templates" / "report.css"
    return file.read_text("utf-8")
