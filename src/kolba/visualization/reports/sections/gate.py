"""Where a fine-tuned model comes from, and whether it may take its parent's place."""

import typing

from kolba.contracts import reports
from kolba.visualization.reports import document
from kolba.visualization.reports.writing import Writer

_MEASURES: typing.Final = (
    "images",
    "parent_accuracy",
    "own_accuracy",
    "only_parent",
    "only_own",
)


def write(writer: Writer) -> list[document.Block]:
    """The lineage, the comparison with the parent, the verdict; nothing for a model without a parent."""
    return [*_lineage(writer), *_gate(writer)]


def verdict(writer: Writer, part: reports.GatePart) -> str:
    """What the gate found, in one sentence."""
    if part.passed:
        return writer.text("gate.passed")
    if part.compared.images < part.least_images:
        return writer.text("gate.too_few", images=_images(writer, part.least_images))
    return writer.text("gate.held")


def _lineage(writer: Writer) -> list[document.Block]:
    part, text = writer.report.lineage, writer.text
    if part is None:
        return []
    integer = writer.language.integer
    rows = [
        ("parent", part.parent_name),
        ("parent_version", part.parent_version),
        ("parent_id", str(part.parent_model_id)),
        ("data", part.data.name),
        ("data_version", str(part.data.version)),
        ("learned", integer(part.learned)),
        ("held_out", integer(part.held_out)),
        ("replayed", integer(part.replayed)),
        *([("passed_over", integer(part.passed_over))] if part.passed_over else []),
    ]
    table = writer.table(
        "lineage",
        text("gate.lineage_caption"),
        (
            document.Column(title=text("data.property")),
            document.Column(title=text("data.value"), align="right"),
        ),
        ((text(f"gate.{name}"), value) for name, value in rows),
    )
    said = text(
        "gate.lineage",
        parent=writer.language.quoted(part.parent_version),
        images=_images(writer, part.learned),
        data=writer.language.quoted(part.data.name),
        version=part.data.version,
        table=table.reference,
    )
    replayed = ""
    if part.replayed:
        replayed = text("gate.replay", images=_images(writer, part.replayed))
    return [writer.paragraph(said, replayed), table]


def _gate(writer: Writer) -> list[document.Block]:
    part, text, language = writer.report.gate, writer.text, writer.language
    if part is None:
        return []
    compared = [("gate.old_images", part.compared)]
    if part.new is not None and part.new.images:
        compared.append(("gate.new_images", part.new))
    blank = [""] * (len(compared) - 1)
    table = writer.table(
        "gate",
        text("gate.caption"),
        [
            document.Column(title=""),
            *(document.Column(title=text(name), align="right") for name, _ in compared),
        ],
        zip(
            [text(f"gate.{name}") for name in _MEASURES],
            *(_measured(writer, one) for _, one in compared),
            strict=True,
        ),
        footer=[
            (text("gate.p_value"), language.number(part.p_value, 3), *blank),
            (
                text("gate.verdict"),
                text("gate.short_passed" if part.passed else "gate.short_held"),
                *blank,
            ),
        ],
        note=text("gate.note") if blank else "",
    )
    sentences = [
        text("gate.compared", images=_images(writer, part.compared.images), table=table.reference),
        text(
            "gate.test",
            p=language.number(part.p_value, 3),
            significance=language.number(part.significance, 3),
        ),
        verdict(writer, part),
        _moved(writer, part),
    ]
    return [writer.paragraph(*sentences), table]


def _measured(writer: Writer, one: reports.Comparison) -> tuple[str, ...]:
    """One column of the table, as `_MEASURES` says."""
    language = writer.language
    return (
        language.integer(one.images),
        language.decimal(one.parent_correct / one.images if one.images else None, 4),
        language.decimal(one.candidate_correct / one.images if one.images else None, 4),
        language.integer(one.only_parent),
        language.integer(one.only_candidate),
    )


def _moved(writer: Writer, part: reports.GatePart) -> str:
    """What became of `production`; nothing where that is not known."""
    if part.reason is not None:
        return writer.language.word("promotion", part.reason)
    if part.promoted is None:
        return ""
    return writer.language.word("promotion", "promoted" if part.promoted else "stayed")


def _images(writer: Writer, count: int) -> str:
    return writer.text("count.images", n=count)
