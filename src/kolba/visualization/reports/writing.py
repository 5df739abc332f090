"""What every section of a report is written with: the report, the language, the running numbers."""

import collections.abc
import itertools
import typing

from kolba.contracts import reports
from kolba.visualization import languages
from kolba.visualization.reports import document, drawings

MAX_ROWS: typing.Final = 200
"""A table longer than this is cut, and says so."""

Rows = collections.abc.Iterable[tuple[str, ...]]


def shorten(words: str, most: int = 300) -> str:
    """At most so many characters, an ellipsis in place of the rest."""
    return words if len(words) <= most else words[: most - 1] + "…"


def capital(words: str) -> str:
    """With a capital first letter, the rest untouched."""
    return words[:1].upper() + words[1:]


class Writer:
    """Numbers tables and figures in the order they are made, and knows the language."""

    def __init__(self, report: reports.Report, language: languages.Language) -> None:
        self.report = report
        self.language = language
        self._tables = itertools.count(1)
        self._figures = itertools.count(1)

    def text(self, key: str, **values: object) -> str:
        return self.language.text(key, **values)

    def paragraph(self, *sentences: str) -> document.Paragraph:
        """One paragraph of the sentences that are not empty."""
        return document.Paragraph(text=" ".join(filter(None, sentences)))

    def table(
        self,
        slug: str,
        caption: str,
        columns: collections.abc.Sequence[document.Column],
        rows: Rows,
        *,
        footer: Rows = (),
        note: str = "",
    ) -> document.Table:
        """The next numbered table, cut to `MAX_ROWS`."""
        number = next(self._tables)
        all_rows = tuple(rows)
        cut = ""
        if len(all_rows) > MAX_ROWS:
            total = self.language.integer(len(all_rows))
            cut = self.text("report.shown", n=MAX_ROWS, total=total)
        return document.Table(
            slug=slug,
            label=self.text("report.table", number=number),
            reference=self.text("report.table_reference", number=number),
            caption=caption,
            columns=tuple(columns),
            rows=all_rows[:MAX_ROWS],
            footer=tuple(footer),
            note=" ".join(filter(None, (note, cut))),
        )

    def figure(self, slug: str, caption: str, drawing: drawings.Drawing) -> document.Figure:
        """The next numbered figure."""
        number = next(self._figures)
        return document.Figure(
            slug=slug,
            label=self.text("report.figure", number=number),
            reference=self.text("report.figure_reference", number=number),
            caption=caption,
            svg=drawing.svg,
            width=drawing.width,
        )

    def rows(self, count: int) -> str:
        """`891 rows`."""
        return self.text("count.rows", n=count)

    def metric(self, name: str) -> str:
        """A metric's name in the language."""
        return self.language.word("metric", name)

    def metric_inside(self, name: str) -> str:
        """The name as it stands inside a sentence: a small first letter, unless an acronym."""
        word = self.metric(name)
        return word if word[:2].isupper() or word[1:2].isdigit() else word[:1].lower() + word[1:]

    def scalar(self, value: reports.Scalar) -> str:
        """A hyperparameter's value, as a person would write it."""
        if value is None:
            return self.text("report.none")
        if isinstance(value, bool):
            return self.text("report.affirmative" if value else "report.negative")
        if isinstance(value, int):
            return self.language.integer(value)
        if isinstance(value, float):
            return self.language.number(value, 6)
        return value
