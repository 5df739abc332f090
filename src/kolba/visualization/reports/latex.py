"""The tables of a report as LaTeX, to be read into a thesis with `\\input`."""

from kolba.visualization.reports import document, environments


def render(written: document.Document) -> bytes:
    """A fragment in UTF-8: one `longtable` for each table, labelled `tab:<slug>`."""
    template = environments.latex().get_template("tables.tex.j2")
    return template.render(document=written, is_long=_is_long).encode()


def _is_long(table: document.Table, index: int) -> bool:
    """Whether a column of words is too long to be set on one line."""
    return any(len(row[index]) > 40 for row in table.rows)
