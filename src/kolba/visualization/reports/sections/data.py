"""What the model learned from: the size and the character of the data."""

from kolba.contracts import reports
from kolba.visualization.reports import document, drawings
from kolba.visualization.reports.writing import Writer, shorten

_TOP_VALUES = 3


def write(writer: Writer) -> list[document.Block]:
    """The data set's particulars, its columns, the balance of the classes, the gaps."""
    facts = _facts(writer)
    columns = _columns(writer)
    data = writer.report.data
    intro = writer.text(
        "data.intro",
        name=writer.language.quoted(data.name),
        rows=writer.rows(data.rows),
        columns=writer.text("count.columns", n=len(data.columns)),
        target=writer.language.quoted(data.target),
        table=facts.reference,
        columns_table=columns.reference,
    )
    blocks: list[document.Block] = [writer.paragraph(intro), facts, columns]
    return [*blocks, *_dropped(writer), *_classes(writer), *_gaps(writer)]


def _facts(writer: Writer) -> document.Table:
    data, language = writer.report.data, writer.language
    used = len(data.columns) - len(data.dropped) - 1
    missing = sum(column.missing for column in data.columns)
    pairs = [
        ("data.name", data.name),
        ("data.version", str(data.version)),
        ("data.source", data.source),
        ("data.stored", language.moment(data.created) if data.created else None),
        ("data.rows", language.integer(data.rows)),
        ("data.columns", language.integer(len(data.columns)) if data.columns else None),
        ("data.used", language.integer(used) if data.columns and used >= 0 else None),
        ("data.target", data.target),
        ("data.missing_cells", language.integer(missing) if data.columns else None),
        ("data.size", language.size(data.size_bytes) if data.size_bytes is not None else None),
    ]
    return writer.table(
        "dataset",
        writer.text("data.facts"),
        (
            document.Column(title=writer.text("data.property")),
            document.Column(title=writer.text("data.value")),
        ),
        ((writer.text(key), value) for key, value in pairs if value is not None),
    )


def _columns(writer: Writer) -> document.Table:
    text, language = writer.text, writer.language
    titles = ("column", "kind", "missing", "distinct", "character")
    right = ("missing", "distinct")
    return writer.table(
        "columns",
        text("data.columns_caption"),
        [
            document.Column(
                title=text(f"data.{title}"), align="right" if title in right else "left"
            )
            for title in titles
        ],
        (
            (
                column.name,
                language.word("kind", column.kind),
                language.integer(column.missing),
                language.integer(column.distinct) if column.distinct is not None else "–",
                _character(writer, column),
            )
            for column in writer.report.data.columns
        ),
    )


def _character(writer: Writer, column: reports.ColumnPart) -> str:
    """The column's role if it is not a plain feature; then its range, or its frequent values."""
    data = writer.report.data
    parts = []
    if column.name == data.target:
        parts.append(writer.text("data.is_target"))
    elif any(column.name == dropped.name for dropped in data.dropped):
        parts.append(writer.text("data.is_dropped"))
    parts += filter(None, (_range(writer, column), _top(writer, column)))
    return "; ".join(parts)


def _range(writer: Writer, column: reports.ColumnPart) -> str:
    if column.minimum is None or column.maximum is None:
        return ""
    number = writer.language.number
    low, high = number(column.minimum), number(column.maximum)
    if column.mean is None or column.standard_deviation is None:
        return writer.text("data.range_short", low=low, high=high)
    mean, deviation = number(column.mean), number(column.standard_deviation)
    return writer.text("data.range", low=low, high=high, mean=mean, deviation=deviation)


def _top(writer: Writer, column: reports.ColumnPart) -> str:
    if column.minimum is not None or column.distinct == writer.report.data.rows:
        return ""
    shown = (
        writer.text(
            "data.top", value=shorten(top.value, 40), count=writer.language.integer(top.count)
        )
        for top in column.top[:_TOP_VALUES]
    )
    rest = (column.distinct or 0) > _TOP_VALUES
    return writer.language.sequence([*shown, *(["…"] if rest and column.top else [])])


def _dropped(writer: Writer) -> list[document.Block]:
    dropped = writer.report.data.dropped
    if not dropped:
        return []
    table = writer.table(
        "dropped",
        writer.text("data.dropped_caption"),
        (
            document.Column(title=writer.text("data.column")),
            document.Column(title=writer.text("data.reason")),
        ),
        ((column.name, writer.language.word("reason", column.reason)) for column in dropped),
    )
    return [writer.paragraph(writer.text("data.dropped", table=table.reference)), table]


def _classes(writer: Writer) -> list[document.Block]:
    data, language = writer.report.data, writer.language
    total = sum(row.count for row in data.classes)
    if not total:
        return []
    counted = sorted(data.classes, key=lambda row: -row.count)
    if len(counted) <= drawings.MAX_BARS:
        counted = list(data.classes)
    target = language.quoted(data.target)
    caption = writer.text("data.classes_figure", target=target)
    drawing = drawings.bars(
        [
            drawings.Bar(
                label=row.value,
                value=row.count,
                text=f"{language.integer(row.count)} ({language.percent(row.count / total)})",
            )
            for row in counted
        ],
        axis=writer.text("data.classes_axis"),
        tick=language.number,
        alt=caption,
    )
    figure = writer.figure("classes", caption + _leading(writer, len(counted)), drawing)
    share = language.percent(max(row.count for row in counted) / total)
    sentence = writer.text("data.classes", target=target, figure=figure.reference, share=share)
    return [writer.paragraph(sentence), figure]


def _gaps(writer: Writer) -> list[document.Block]:
    data, language = writer.report.data, writer.language
    gaps = sorted(
        (column for column in data.columns if column.missing), key=lambda column: -column.missing
    )
    cells = data.rows * len(data.columns)
    if not cells:
        return []
    if not gaps:
        return [writer.paragraph(writer.text("data.no_gaps"))]
    caption = writer.text("data.gaps_figure")
    drawing = drawings.bars(
        [
            drawings.Bar(
                label=column.name,
                value=100 * column.missing / data.rows,
                text=language.percent(column.missing / data.rows),
            )
            for column in gaps
        ],
        axis=writer.text("data.gaps_axis"),
        tick=language.number,
        alt=caption,
    )
    figure = writer.figure("missing", caption + _leading(writer, len(gaps)), drawing)
    share = language.percent(sum(column.missing for column in gaps) / cells)
    return [
        writer.paragraph(writer.text("data.gaps", share=share, figure=figure.reference)),
        figure,
    ]


def _leading(writer: Writer, count: int) -> str:
    if count <= drawings.MAX_BARS:
        return ""
    total = writer.language.integer(count)
    return " " + writer.text("report.shown", n=drawings.MAX_BARS, total=total)
