"""How well the model does on the held-out rows."""

import collections.abc

from kolba.contracts import reports
from kolba.visualization.reports import document, drawings, figures
from kolba.visualization.reports.writing import Writer, capital

_MISTAKES_FROM = 5  # with fewer classes the matrix itself says it at a glance
_MISTAKES = 10


def write(writer: Writer) -> list[document.Block]:
    """The figures, the classification report, the confusion matrix, the ROC curves."""
    blocks = [
        *_metrics(writer),
        *_classification(writer),
        *_confusion(writer),
        *_roc(writer),
    ]
    return blocks or [writer.paragraph(writer.text("results.none"))]


def _metrics(writer: Writer) -> list[document.Block]:
    report, text = writer.report, writer.text
    known = {name: value for name, value in report.metrics.items() if value is not None}
    accuracy = figures.accuracy(report)
    if accuracy is not None:
        known = {"accuracy": accuracy} | known
    if not known:
        return []
    rows = figures.held_out_rows(report)
    table = writer.table(
        "metrics",
        text("results.metrics_caption"),
        (
            document.Column(title=text("results.metric")),
            document.Column(title=text("results.value"), align="right"),
            document.Column(title=text("results.interval"), align="right"),
        ),
        (
            (writer.metric(name), writer.language.decimal(value), _interval(writer, name, value))
            for name, value in known.items()
        ),
        footer=_baseline(writer),
        note=text("results.interval_note", n=rows) if accuracy is not None and rows else "",
    )
    sentence = text("results.metrics", rows=writer.rows(rows), table=table.reference)
    return [writer.paragraph(sentence), table]


def _interval(writer: Writer, name: str, value: float) -> str:
    rows = figures.held_out_rows(writer.report)
    if name != "accuracy" or not rows or not 0 <= value <= 1:
        return ""
    low, high = figures.wilson(value, rows)
    return f"{writer.language.decimal(low)} … {writer.language.decimal(high)}"


def _baseline(writer: Writer) -> list[tuple[str, ...]]:
    share = figures.baseline(writer.report)
    if share is None:
        return []
    return [(writer.text("results.baseline"), writer.language.decimal(share), "")]


def _classification(writer: Writer) -> list[document.Block]:
    found, text = writer.report.classification, writer.text
    if found is None or not found.classes:
        return []
    areas = {curve.name: curve.auc for curve in writer.report.roc}
    with_areas = len(found.classes) > 2 and any(area is not None for area in areas.values())
    names = ["precision", "recall", "f1", *(["auc"] if with_areas else []), "support"]

    def row(title: str, scores: reports.ClassScores) -> tuple[str, ...]:
        decimal = writer.language.decimal
        values = [decimal(scores.precision), decimal(scores.recall), decimal(scores.f1)]
        if with_areas:
            values.append(decimal(areas[scores.name]) if scores.name in areas else "")
        return (title, *values, writer.language.integer(scores.support))

    table = writer.table(
        "classification",
        text("results.classification_caption"),
        [
            document.Column(title=text("results.class")),
            *(document.Column(title=text(f"results.{name}"), align="right") for name in names),
        ],
        [row(scores.name, scores) for scores in found.classes],
        footer=[row(writer.language.word("average", one.name), one) for one in found.averages],
    )
    return [writer.paragraph(text("results.classification", table=table.reference)), table]


def _confusion(writer: Writer) -> list[document.Block]:
    confusion, text, language = writer.report.confusion, writer.text, writer.language
    if confusion is None or not confusion.labels:
        return []
    size = len(confusion.labels)
    if size > drawings.MAX_MATRIX:
        blocks: list[document.Block] = []
        sentences = [text("results.confusion_large", n=size)]
    else:
        caption = text("results.confusion_figure")
        drawing = drawings.matrix(
            confusion,
            actual=text("results.confusion_true"),
            predicted=text("results.confusion_predicted"),
            count=lambda value: language.integer(int(value)),
            alt=caption,
        )
        figure = writer.figure("confusion", caption, drawing)
        blocks = [figure]
        sentences = [
            text(
                "results.confusion",
                figure=figure.reference,
                correct=language.integer(figures.correct(confusion)),
                total=language.integer(figures.held_out_rows(writer.report)),
            )
        ]
    mistakes = figures.mistakes(confusion, _MISTAKES) if size >= _MISTAKES_FROM else []
    if mistakes:
        table = _mistakes(writer, mistakes)
        blocks.append(table)
        sentences.append(text("results.confused", table=table.reference))
    return [writer.paragraph(*sentences), *blocks]


def _mistakes(
    writer: Writer, mistakes: collections.abc.Sequence[figures.Mistake]
) -> document.Table:
    text, language = writer.text, writer.language
    return writer.table(
        "mistakes",
        text("results.confused_caption"),
        (
            document.Column(title=capital(text("results.confusion_true"))),
            document.Column(title=capital(text("results.confusion_predicted"))),
            document.Column(title=text("results.support"), align="right"),
            document.Column(title=text("results.share"), align="right"),
        ),
        (
            (one.true, one.predicted, language.integer(one.count), language.percent(one.share))
            for one in mistakes
        ),
    )


def _roc(writer: Writer) -> list[document.Block]:
    report, text = writer.report, writer.text
    if not report.roc:
        return []
    drawable = [curve for curve in report.roc if curve.false_positive_rate]
    absent = [curve.name for curve in report.roc if not curve.false_positive_rate]
    if not drawable:
        return [writer.paragraph(text("results.roc_nothing"))]
    # Of two classes the one's curve is the other's mirrored: the second class, which the labels
    # put as the positive one, is drawn alone.
    shown = drawable[-1:] if len(report.roc) == 2 else _frequent(report, drawable)
    figure = _roc_figure(writer, shown)
    sentences = [text("results.roc", figure=figure.reference)]
    if len(report.roc) > 2 and len(shown) < len(drawable):
        sentences.append(text("results.roc_some", n=len(shown)))
    if absent:
        names = writer.language.sequence(map(writer.language.quoted, absent[:_MISTAKES]))
        more = "…" if len(absent) > _MISTAKES else ""
        sentences.append(text("results.roc_none", names=names + more))
    return [writer.paragraph(*sentences), figure]


def _frequent(report: reports.Report, curves: list[reports.RocCurve]) -> list[reports.RocCurve]:
    rows = figures.support(report)
    frequent = sorted(curves, key=lambda curve: -rows.get(curve.name, 0))
    kept = {curve.name for curve in frequent[: drawings.MAX_CURVES]}
    return [curve for curve in curves if curve.name in kept][: drawings.MAX_CURVES]


def _roc_figure(writer: Writer, shown: list[reports.RocCurve]) -> document.Figure:
    text, language = writer.text, writer.language
    if len(shown) == 1:
        caption = text("results.roc_figure", name=language.quoted(shown[0].name))
    else:
        caption = text("results.roc_figure_many")

    def words(curve: reports.RocCurve) -> str:
        area = language.decimal(curve.auc)
        if len(shown) == 1:
            return f"AUC = {area}"
        return text("results.roc_auc", name=drawings.shorten(curve.name, 110.0), auc=area)

    drawing = drawings.curves(
        [(words(curve), curve) for curve in shown],
        x_axis=text("results.roc_x"),
        y_axis=text("results.roc_y"),
        tick=lambda value: language.decimal(value, 1),
        alt=caption,
    )
    return writer.figure("roc", caption, drawing)
