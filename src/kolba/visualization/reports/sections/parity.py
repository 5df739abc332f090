"""Whether the model that answers is the model that was trained."""

from kolba.visualization.reports import document
from kolba.visualization.reports.writing import Writer


def write(writer: Writer) -> list[document.Block]:
    """The comparison of the stored graph with the trained estimator."""
    part, number = writer.report.parity, writer.language.number
    if part is None:
        return [writer.paragraph(writer.text("parity.absent"))]
    passed = writer.text(
        "parity.passed", rows=writer.rows(part.rows), difference=number(part.max_difference, 2)
    )
    allowed = ""
    if part.tolerance is not None:
        allowed = writer.text("parity.tolerance", tolerance=number(part.tolerance, 2))
    agreed = writer.text("parity.agree" if part.labels_agree else "parity.disagree")
    return [writer.paragraph(passed + allowed + agreed)]
