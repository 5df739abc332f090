"""From the report object to the document: the title, the summary, the sections in their order."""

import collections.abc
import typing
import unicodedata

from kolba.contracts import reports
from kolba.visualization import languages
from kolba.visualization.reports import document, figures
from kolba.visualization.reports.sections import (
    data,
    gate,
    importance,
    method,
    parity,
    reproducibility,
    results,
)
from kolba.visualization.reports.writing import Writer, capital

_SECTIONS: typing.Final = (
    ("data", data.write),
    ("method", method.write),
    ("results", results.write),
    ("gate", gate.write),
    ("importance", importance.write),
    ("parity", parity.write),
)
_HEADLINES: typing.Final = ("accuracy", "f1", "f1_macro", "roc_auc", "r2")
_MOST_IMPORTANT: typing.Final = 3
_REPLACEMENT: typing.Final = "\N{REPLACEMENT CHARACTER}"


def compose(report: reports.Report, language: languages.Language) -> document.Document:
    """The whole document. The same report and language always give the same document."""
    report = _printable(report)
    writer = Writer(report, language)
    family = language.word("family", report.model.family)
    return document.Document(
        language=language.code,
        kind=language.text("report.kind"),
        title=language.text(
            "report.title", model=report.model.name, target=language.quoted(report.data.target)
        ),
        subtitle=language.text(
            "report.subtitle", family=capital(family), version=report.model.version
        ),
        facts=_facts(report, language),
        abstract_title=language.text("report.abstract"),
        abstract=_abstract(writer, family),
        figures=_headlines(writer),
        sections=(*_sections(writer), _appendix(writer)),
        colophon=language.text("report.made_by"),
        page=language.text("report.page", page="{page}", total="{total}"),
    )


def _sections(writer: Writer) -> collections.abc.Iterator[document.Section]:
    number = 1
    for slug, write in _SECTIONS:
        blocks = write(writer)
        if blocks:
            title = writer.text(f"{slug}.title")
            yield document.Section(number=str(number), slug=slug, title=title, blocks=tuple(blocks))
            number += 1


def _appendix(writer: Writer) -> document.Section:
    return document.Section(
        number="A" if writer.language.code == "en" else "А",
        slug="reproducibility",
        title=writer.text("reproducibility.title"),
        blocks=tuple(reproducibility.write(writer)),
    )


def _facts(report: reports.Report, language: languages.Language) -> tuple[str, ...]:
    facts = []
    if report.model.owner:
        facts.append(language.text("report.by", owner=report.model.owner))
    facts.append(language.text("report.trained", day=language.day(report.model.created)))
    if report.generated:
        facts.append(language.text("report.generated", day=language.day(report.generated)))
    return tuple(facts)


def _abstract(writer: Writer, family: str) -> str:
    report, text, quoted = writer.report, writer.text, writer.language.quoted
    sentences = [
        text(
            "summary.trained",
            family=family,
            target=quoted(report.data.target),
            data=quoted(report.data.name),
            version=report.data.version,
            rows=writer.rows(report.data.rows),
        )
    ]
    rows = figures.held_out_rows(report)
    if rows:
        sentences.append(text("summary.held_out", rows=writer.rows(rows)))
    said = (_accuracy(writer), _others(writer), _important(writer), _gate(writer))
    sentences += filter(None, said)
    return " ".join(sentences)


def _accuracy(writer: Writer) -> str:
    decimal = writer.language.decimal
    value, rows = figures.accuracy(writer.report), figures.held_out_rows(writer.report)
    if value is None:
        return ""
    if rows:
        low, high = figures.wilson(min(1.0, max(0.0, value)), rows)
        sentence = writer.text(
            "summary.accuracy", accuracy=decimal(value), low=decimal(low), high=decimal(high)
        )
    else:
        sentence = writer.text("summary.accuracy_plain", accuracy=decimal(value))
    baseline = figures.baseline(writer.report)
    if baseline is None:
        return sentence + "."
    return sentence + writer.text("summary.baseline", baseline=decimal(baseline))


def _others(writer: Writer) -> str:
    shown = [
        f"{name}\N{NO-BREAK SPACE}{value}"
        for name, value in _headlines(writer)
        if name != writer.metric("accuracy")
    ]
    if not shown:
        return ""
    return writer.text("summary.other", figures=writer.language.sequence(shown))


def _important(writer: Writer) -> str:
    part = writer.report.importance
    if part is None:
        return ""
    leading = [one for one in importance.ranked(part) if one.mean > 0][:_MOST_IMPORTANT]
    if not leading:
        return ""
    names = writer.language.sequence(writer.language.quoted(one.name) for one in leading)
    return writer.text("summary.important", columns=names)


def _gate(writer: Writer) -> str:
    part = writer.report.gate
    if part is None:
        return ""
    return writer.text("summary.gate_passed" if part.passed else "summary.gate_held")


def _headlines(writer: Writer) -> tuple[tuple[str, str], ...]:
    recorded = dict(writer.report.metrics) | {"accuracy": figures.accuracy(writer.report)}
    return tuple(
        (writer.metric(name), writer.language.decimal(value))
        for name in _HEADLINES
        if (value := recorded.get(name)) is not None
    )


def _printable(report: reports.Report) -> reports.Report:
    """The report with every character that cannot be printed replaced: control characters (no XML
    may hold them), and those that turn the direction of a line and so could disguise a name."""
    return reports.Report.model_validate(_clean(report.model_dump()))


def _clean(value: typing.Any) -> typing.Any:
    if isinstance(value, str):
        return "".join(map(_visible, value))
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_clean(one) for one in value)
    return value


def _visible(character: str) -> str:
    if character in "\n\r\t\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        return " "
    if unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff":
        return _REPLACEMENT
    if unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF") or (
        "\u2066" <= character <= "\u2069"
    ):
        return _REPLACEMENT
    return character
