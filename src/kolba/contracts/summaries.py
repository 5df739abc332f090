"""What a trained model's bundle says of itself (`metrics.json`, a model's `summary`).

It is a report without the parts that only the catalog knows (which model, when, whose): the parts are those of
`contracts.reports`, under the same names, so that a report is put together by copying. Nothing in it depends on when or
where the training ran: the same data, parameters and seed give the same summary, byte for byte.
"""

from __future__ import annotations

import pydantic

from kolba.contracts import reports


class Summary(reports.Part):
    schema_version: int = 1
    data: reports.DataPart
    split: reports.SplitPart
    cross_validation: reports.CrossValidation | None = None
    metrics: dict[reports.Name, reports.Finite | None]
    """On the held-out rows: `accuracy`, `balanced_accuracy`, `precision_macro`, `recall_macro`, `f1_macro`,
    `f1_weighted`, `log_loss`, `roc_auc`."""
    hyperparameters: tuple[reports.Hyperparameter, ...] = ()
    classification: reports.ClassificationReport
    confusion: reports.ConfusionMatrix
    roc: tuple[reports.RocCurve, ...] = ()
    importance: reports.ImportancePart
    parity: reports.ParityPart
    lineage: reports.LineagePart | None = None
    """Of a fine-tuned model; its other figures are those of the parent's data set."""
    gate: reports.GatePart | None = None
    seeds: dict[reports.Name, int]
    libraries: dict[reports.Name, reports.Name]
    digests: tuple[reports.Digest, ...] = ()
    """Of the data set (`dataset`) and the graph (`onnx`); the bundle's own digest is the model's."""
    warnings: tuple[reports.Name, ...] = pydantic.Field(default=(), max_length=50)
    """What the training library warned of: a solver that did not converge, say."""
