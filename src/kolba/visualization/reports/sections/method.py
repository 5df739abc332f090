"""How the model was trained: the division of the rows, the hyperparameters, cross-validation."""

import statistics

from kolba.visualization.reports import document
from kolba.visualization.reports.writing import Writer, shorten

_WARNINGS = 5


def write(writer: Writer) -> list[document.Block]:
    """The split, the hyperparameters and the folds, each where it was recorded."""
    return [
        *_split(writer),
        *_hyperparameters(writer),
        *_cross_validation(writer),
        *_warnings(writer),
    ]


def _split(writer: Writer) -> list[document.Block]:
    split, language = writer.report.split, writer.language
    if split is None or not split.train_rows + split.held_out_rows:
        return []
    total = split.train_rows + split.held_out_rows
    divided = writer.text(
        "method.split",
        rows=writer.rows(total),
        train=language.integer(split.train_rows),
        train_share=language.percent(split.train_rows / total, 0),
        held_out=language.integer(split.held_out_rows),
        held_out_share=language.percent(split.held_out_rows / total, 0),
    )
    stratified = writer.text("method.stratified") if split.stratified else ""
    seed = writer.text("method.seed", seed=split.seed) if split.seed is not None else ""
    seconds = writer.report.model.training_seconds
    time = writer.text("method.time", time=duration(writer, seconds)) if seconds is not None else ""
    return [writer.paragraph(divided, stratified, seed, time)]


def _hyperparameters(writer: Writer) -> list[document.Block]:
    used = writer.report.hyperparameters
    if not used:
        return []
    text = writer.text
    table = writer.table(
        "hyperparameters",
        text("method.hyperparameters_caption"),
        (
            document.Column(title=text("method.hyperparameter"), code=True),
            document.Column(title=text("data.value"), align="right"),
            document.Column(title=text("method.default"), align="right"),
            document.Column(title=text("method.given")),
        ),
        (
            (
                one.name,
                writer.scalar(one.value),
                writer.scalar(one.default),
                text("report.affirmative" if one.given else "report.negative"),
            )
            for one in used
        ),
    )
    return [writer.paragraph(text("method.hyperparameters", table=table.reference)), table]


def _cross_validation(writer: Writer) -> list[document.Block]:
    folds, language = writer.report.cross_validation, writer.language
    if folds is None or not folds.scores:
        return []
    mean = language.decimal(statistics.fmean(folds.scores))
    spread = statistics.stdev(folds.scores) if len(folds.scores) > 1 else None
    deviation = language.decimal(spread)
    metric = writer.metric(folds.metric)
    table = writer.table(
        "folds",
        writer.text("method.cross_validation_caption", metric=writer.metric_inside(folds.metric)),
        (
            document.Column(title=writer.text("method.fold")),
            document.Column(title=metric, align="right"),
        ),
        (
            (language.integer(number), language.decimal(score))
            for number, score in enumerate(folds.scores, 1)
        ),
        footer=(
            (writer.text("method.mean"), mean),
            (writer.text("method.deviation"), deviation),
        ),
    )
    sentence = writer.text(
        "method.cross_validation",
        folds=writer.text("count.folds", n=len(folds.scores)),
        metric=writer.metric_inside(folds.metric),
        mean=mean,
        deviation=deviation,
        table=table.reference,
    )
    return [writer.paragraph(sentence), table]


def _warnings(writer: Writer) -> list[document.Block]:
    warnings = writer.report.warnings
    if not warnings:
        return []
    quoted = (writer.language.quoted(shorten(warning)) for warning in warnings[:_WARNINGS])
    return [writer.paragraph(writer.text("method.warnings"), *quoted)]


def duration(writer: Writer, seconds: float) -> str:
    """A length of time in seconds."""
    return writer.text("unit.seconds", value=writer.language.number(seconds, 3))
