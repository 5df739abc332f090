"""The report object: everything the report of one trained model says, nothing about how it looks.

The web master fills it from storage and from the bundle's `metrics.json`; the visualization
service turns it into HTML, PDF or LaTeX. A figure that could not be computed (an ROC AUC of a
class nobody belongs to) is `None`, never NaN; a part that does not apply is `None` or empty, and
the document then leaves its section out or says why.
"""

import typing

import pydantic

Name = typing.Annotated[str, pydantic.StringConstraints(max_length=2_000)]
Finite = typing.Annotated[float, pydantic.Field(allow_inf_nan=False)]
Share = typing.Annotated[float, pydantic.Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = typing.Annotated[int, pydantic.Field(ge=0)]
Scalar = bool | int | Finite | Name | None


class Part(pydantic.BaseModel):
    """A part of a report: immutable, and a misspelt field is an error rather than a silent loss."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class ModelPart(Part):
    """Which model the report is about, and where it came from."""

    id: int | None = None
    name: Name
    version: Name
    family: Name
    """The model family's name, such as `RandomForest`."""
    task: typing.Literal["classification", "regression"] = "classification"
    alias: Name | None = None
    created: pydantic.AwareDatetime
    run_id: int | None = None
    """The training run that made the model."""
    owner: Name | None = None
    training_seconds: typing.Annotated[Finite, pydantic.Field(ge=0)] | None = None
    size_bytes: Count | None = None
    """The size of the bundle."""


class ValueCount(Part):
    """How often one value (a category, a class) occurs."""

    value: Name
    count: Count


class ColumnPart(Part):
    """One column as it stands in the data set, before any preparation."""

    name: Name
    kind: Name
    """`number`, `integer`, `category`, `boolean`, `text`, `datetime` or `image`; another word is
    printed as it is."""
    missing: Count = 0
    """Rows without a value."""
    distinct: Count | None = None
    minimum: Finite | None = None
    maximum: Finite | None = None
    mean: Finite | None = None
    median: Finite | None = None
    standard_deviation: Finite | None = None
    top: tuple[ValueCount, ...] = pydantic.Field(default=(), max_length=50)
    """The most frequent values, for a column that is not a quantity."""


class DroppedColumn(Part):
    """A column the model does not use, and why."""

    name: Name
    reason: Name
    """A slug the renderer knows (`identifier`, `free_text`, `constant`, `empty`, `datetime`,
    `image`, `split`, `other`, `not_chosen`), or a sentence printed as it is."""


class DataPart(Part):
    """The data set the model was trained on: its size and its character."""

    id: int | None = None
    name: Name
    version: Name | int
    source: Name | None = None
    """Where the data came from: a source's name, an address or a file's name."""
    created: pydantic.AwareDatetime | None = None
    rows: Count
    size_bytes: Count | None = None
    sha256: Name | None = None
    target: Name
    columns: tuple[ColumnPart, ...] = pydantic.Field(default=(), max_length=20_000)
    """Every column of the data set, the target and the dropped ones too, in the data set's
    order."""
    dropped: tuple[DroppedColumn, ...] = pydantic.Field(default=(), max_length=20_000)
    classes: tuple[ValueCount, ...] = pydantic.Field(default=(), max_length=10_000)
    """Rows per class of the target, over the whole data set; empty for regression."""


class DataReference(Part):
    """A data set, named so that it can be found again."""

    id: int
    name: Name
    version: Name | int
    rows: Count
    sha256: Name


class SplitPart(Part):
    """How the rows were divided between training and the held-out part that every figure is
    measured on."""

    train_rows: Count
    held_out_rows: Count
    seed: int | None = None
    stratified: bool = False


class CrossValidation(Part):
    """One score per fold, measured on the training rows only."""

    metric: Name = "accuracy"
    scores: tuple[Finite, ...] = pydantic.Field(max_length=1_000)
    seed: int | None = None
    stratified: bool = False


class Hyperparameter(Part):
    """One hyperparameter: the value used, and whether the person gave it or the family's default
    stood."""

    name: Name
    value: Scalar
    default: Scalar = None
    given: bool = False


class ClassScores(Part):
    """One row of the classification report; of an average too (`macro avg`, `weighted avg`)."""

    name: Name
    precision: Share | None
    recall: Share | None
    f1: Share | None
    support: Count


class ClassificationReport(Part):
    """Precision, recall and F1 per class and averaged, on the held-out rows."""

    classes: tuple[ClassScores, ...] = pydantic.Field(max_length=10_000)
    averages: tuple[ClassScores, ...] = pydantic.Field(default=(), max_length=10)


class ConfusionMatrix(Part):
    """Held-out rows counted by true class (rows) and predicted class (columns)."""

    labels: tuple[Name, ...] = pydantic.Field(max_length=1_000)
    counts: tuple[tuple[Count, ...], ...] = pydantic.Field(max_length=1_000)

    @pydantic.model_validator(mode="after")
    def _is_square(self) -> typing.Self:
        size = len(self.labels)
        if len(self.counts) != size or any(len(row) != size for row in self.counts):
            raise ValueError(f"counts must be {size} rows of {size} numbers, one per label")
        return self


class RocCurve(Part):
    """The receiver operating characteristic of one class against the rest; no points when it is
    undefined."""

    name: Name
    false_positive_rate: tuple[Share, ...] = pydantic.Field(default=(), max_length=5_000)
    true_positive_rate: tuple[Share, ...] = pydantic.Field(default=(), max_length=5_000)
    auc: Share | None = None

    @pydantic.model_validator(mode="after")
    def _is_paired(self) -> typing.Self:
        if len(self.false_positive_rate) != len(self.true_positive_rate):
            raise ValueError("false_positive_rate and true_positive_rate must be of one length")
        return self


class FeatureImportance(Part):
    """Permutation importance of one column: the mean drop of the score when it is shuffled, and its
    spread."""

    name: Name
    mean: Finite
    standard_deviation: typing.Annotated[Finite, pydantic.Field(ge=0)] = 0.0


class ImportancePart(Part):
    """Permutation importance on the held-out rows."""

    metric: Name = "accuracy"
    repeats: Count | None = None
    seed: int | None = None
    features: tuple[FeatureImportance, ...] = pydantic.Field(max_length=20_000)


class ParityPart(Part):
    """How the exported (ONNX) model was compared with the trained estimator before it was
    accepted."""

    rows: Count
    max_difference: typing.Annotated[Finite, pydantic.Field(ge=0)]
    """The largest absolute difference of any probability (of any prediction, for regression)."""
    tolerance: typing.Annotated[Finite, pydantic.Field(ge=0)] | None = None
    labels_agree: bool = True


class Comparison(Part):
    """A fine-tuned model and its parent answering the same images."""

    images: Count
    parent_correct: Count
    candidate_correct: Count
    only_parent: Count
    """Images that the parent answers rightly and the fine-tuned model does not."""
    only_candidate: Count
    """The other way round."""

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> typing.Self:
        gained = self.candidate_correct - self.parent_correct
        most = max(self.parent_correct, self.candidate_correct)
        if gained != self.only_candidate - self.only_parent or most > self.images:
            raise ValueError("the counts of a comparison do not add up")
        return self


class GatePart(Part):
    """Whether a fine-tuned model may take its parent's place: it may, unless it is surely worse."""

    compared: Comparison
    """On the images held out of the parent's data set; this alone decides."""
    p_value: Share
    """One-sided: the chance of losing at least so many answers to the parent, were both equally
    good."""
    significance: Share
    """Below it, the fine-tuned model counts as worse."""
    least_images: Count = 0
    """With fewer images nothing could be told, and the gate stays shut."""
    passed: bool
    new: Comparison | None = None
    """On the new images that were held out, where there are any; told, and not decided by."""
    promoted: bool | None = None
    """Whether the alias `production` was moved to it; None: not known."""
    reason: Name | None = None
    """Why it was, or was not: a slug the renderer knows (`promoted`, `worse`, `too-few-images`,
    `not-asked`, `not-production`, `other-name`), or a sentence printed as it is."""


class LineagePart(Part):
    """Which version a fine-tuned model went on from, and what it learned from."""

    parent_model_id: int
    parent_name: Name
    parent_version: Name
    parent_sha256: Name
    """Of the parent's bundle."""
    data: DataReference
    """The new data."""
    learned: Count
    """New images it learned from."""
    held_out: Count
    """New images it did not, so that both models could be asked about them."""
    passed_over: Count = 0
    """New images that the parent's data set has already."""
    replayed: Count = 0
    """Images of the parent's data set that each epoch mixes in, so that nothing is forgotten."""


class Digest(Part):
    """A checksum a reader can check: of the data set, the bundle, the graph inside it."""

    name: Name
    """A slug the renderer knows (`dataset`, `bundle`, `onnx`, `signature`), or a word printed as it
    is."""
    value: Name
    algorithm: Name = "SHA-256"


class Report(Part):
    """One report of one trained model."""

    schema_version: typing.Literal[1] = 1
    generated: pydantic.AwareDatetime | None = None
    """When the report was asked for; the same object always renders to the same document."""
    model: ModelPart
    data: DataPart
    split: SplitPart | None = None
    cross_validation: CrossValidation | None = None
    metrics: dict[Name, Finite | None] = pydantic.Field(default_factory=dict, max_length=100)
    """Figures on the held-out rows: `accuracy`, `f1`, `f1_macro`, `roc_auc`, … ; unknown names are
    printed as they are."""
    hyperparameters: tuple[Hyperparameter, ...] = pydantic.Field(default=(), max_length=500)
    classification: ClassificationReport | None = None
    confusion: ConfusionMatrix | None = None
    roc: tuple[RocCurve, ...] = pydantic.Field(default=(), max_length=10_000)
    importance: ImportancePart | None = None
    parity: ParityPart | None = None
    lineage: LineagePart | None = None
    """Of a fine-tuned model."""
    gate: GatePart | None = None
    """Of a fine-tuned model."""
    seeds: dict[Name, int] = pydantic.Field(default_factory=dict, max_length=50)
    libraries: dict[Name, Name] = pydantic.Field(default_factory=dict, max_length=100)
    """Version by library, as installed where the model was trained."""
    digests: tuple[Digest, ...] = pydantic.Field(default=(), max_length=20)
    warnings: tuple[Name, ...] = pydantic.Field(default=(), max_length=50)
    """What the training library warned of, in its own words."""


class Language(typing.NamedTuple):
    """A language a report can be written in."""

    code: str
    name: str


LANGUAGES = (Language("en", "English"), Language("ru", "Русский"))
FORMATS: typing.Final = ("html", "pdf", "latex")


def file_name(report: Report, extension: str) -> str:
    """The name a rendered report is saved under, such as `titanic-RF_20260314_091500.pdf`.

    Only letters, digits, `.`, `_` and `-` of the model's name and version remain, in any alphabet.
    """
    words = (report.model.name, report.model.version)
    kept = ("".join(c if c.isalnum() or c in "._-" else "_" for c in word)[:80] for word in words)
    return "-".join(word.strip("._-") or "model" for word in kept) + "." + extension
