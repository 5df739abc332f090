"""Which columns the model relies on."""

from kolba.contracts import reports
from kolba.visualization.reports import document, drawings
from kolba.visualization.reports.writing import Writer


def write(writer: Writer) -> list[document.Block]:
    """Permutation importance, drawn and tabulated; nothing where it was not measured."""
    part = writer.report.importance
    if part is None or not part.features:
        return []
    features = ranked(part)
    metric = writer.metric_inside(part.metric)
    figure = _figure(writer, features, metric)
    table = _table(writer, features)
    repeats = writer.text("importance.once")
    if part.repeats:
        repeats = writer.text("importance.repeats", n=part.repeats)
    sentences = [
        writer.text(
            "importance.intro",
            metric=metric,
            repeats=repeats,
            figure=figure.reference,
            table=table.reference,
        )
    ]
    if not any(feature.mean for feature in features):
        sentences.append(writer.text("importance.zero"))
    return [writer.paragraph(*sentences), figure, table]


def ranked(part: reports.ImportancePart) -> list[reports.FeatureImportance]:
    """The most important column first."""
    return sorted(part.features, key=lambda feature: -feature.mean)


def _figure(
    writer: Writer, features: list[reports.FeatureImportance], metric: str
) -> document.Figure:
    language = writer.language
    caption = writer.text("importance.figure", metric=metric)
    drawing = drawings.bars(
        [
            drawings.Bar(
                label=feature.name,
                value=feature.mean,
                spread=feature.standard_deviation,
                text=language.decimal(feature.mean),
            )
            for feature in features
        ],
        axis=writer.text("importance.axis", metric=metric),
        tick=language.number,
        alt=caption,
    )
    if len(features) > drawings.MAX_BARS:
        total = language.integer(len(features))
        caption += " " + writer.text("report.shown", n=drawings.MAX_BARS, total=total)
    return writer.figure("importance", caption, drawing)


def _table(writer: Writer, features: list[reports.FeatureImportance]) -> document.Table:
    text, decimal = writer.text, writer.language.decimal
    return writer.table(
        "importance",
        text("importance.table"),
        (
            document.Column(title=text("importance.column")),
            document.Column(title=text("importance.mean"), align="right"),
            document.Column(title=text("importance.deviation"), align="right"),
        ),
        (
            (feature.name, decimal(feature.mean, 4), decimal(feature.standard_deviation, 4))
            for feature in features
        ),
    )
