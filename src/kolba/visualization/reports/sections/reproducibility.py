"""The appendix: what one needs to come to the same model, and to know that it is the same."""

import collections.abc

from kolba.contracts import reports
from kolba.visualization.reports import document
from kolba.visualization.reports.sections import method
from kolba.visualization.reports.writing import Rows, Writer


def write(writer: Writer) -> list[document.Block]:
    """The model's identity, the checksums, the seeds, the library versions."""
    blocks: list[document.Block] = [writer.paragraph(writer.text("reproducibility.intro"))]
    blocks.append(_table(writer, "identity", ("data.property", "data.value"), _identity(writer)))
    report, language = writer.report, writer.language
    digests = [
        (language.word("digest", one.name), one.algorithm, one.value) for one in _digests(report)
    ]
    if digests:
        titles = ("digest", "algorithm", "checksum")
        keys = [f"reproducibility.{title}" for title in titles]
        blocks.append(_table(writer, "digests", keys, digests, code=True))
    seeds = [(language.word("seed", name), str(seed)) for name, seed in report.seeds.items()]
    if seeds:
        keys = ["reproducibility.seed", "reproducibility.number"]
        blocks.append(_table(writer, "seeds", keys, seeds))
    if report.libraries:
        keys = ["reproducibility.library", "reproducibility.library_version"]
        blocks.append(_table(writer, "libraries", keys, sorted(report.libraries.items())))
    return blocks


def _digests(report: reports.Report) -> list[reports.Digest]:
    """The recorded checksums, the data set's among them."""
    found = list(report.digests)
    if report.data.sha256 and not any(one.name == "dataset" for one in found):
        found.insert(0, reports.Digest(name="dataset", value=report.data.sha256))
    return found


def _identity(writer: Writer) -> list[tuple[str, ...]]:
    model, language = writer.report.model, writer.language
    seconds, size = model.training_seconds, model.size_bytes
    pairs = [
        ("model", model.name),
        ("version", model.version),
        ("family", model.family),
        ("alias", model.alias),
        ("model_id", str(model.id) if model.id is not None else None),
        ("run", str(model.run_id) if model.run_id is not None else None),
        ("owner", model.owner),
        ("created", language.moment(model.created)),
        ("training_time", method.duration(writer, seconds) if seconds is not None else None),
        ("size", language.size(size) if size is not None else None),
    ]
    return [(writer.text(f"reproducibility.{key}"), value) for key, value in pairs if value]


def _table(
    writer: Writer,
    slug: str,
    titles: collections.abc.Sequence[str],
    rows: Rows,
    *,
    code: bool = False,
) -> document.Table:
    """A table whose last column, when `code`, is set in a fixed-width face."""
    last = len(titles) - 1
    columns = [
        document.Column(title=writer.text(title), code=code and index == last)
        for index, title in enumerate(titles)
    ]
    return writer.table(slug, writer.text(f"reproducibility.{slug}"), columns, rows)
