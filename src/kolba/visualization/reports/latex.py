"""The tables of a report as LaTeX, to be read into a thesis with `\\input`."""

from kolba.visualization.reports import document, environments


def render(written: document.Document) -> bytes:
    """A fragment in UTF-8: one `longtable` for each table, labelled `tab:<slug>`."""
    template = environments.latex().get_template("tables.tex.j2")
    return template.render(document=written, alignment=_alignment).encode()


def _alignment(table: document.Table, column: document.Column) -> str:
    """`r` for numbers, `l` for words, `p` for a column of words too long for one line."""
    if column.align == "right":
        return "r"
    index = table.columns.index(column)
    longest = max((len(row[index]) for row in table.rows), default=0)
    return "l" if longest <= 40 else "p{0.5\\linewidth}"
