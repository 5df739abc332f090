"""A report put together from what storage knows."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import pytest

from kolba.contracts import datasets, models, reports, runs, summaries
from kolba.web_master.reports import assembly, errors

NOW = dt.datetime(2026, 3, 14, 9, 15, tzinfo=dt.UTC)
EXAMPLE = pathlib.Path(__file__).parents[1] / "visualization" / "titanic.json"


@pytest.fixture
def example() -> reports.Report:
    return reports.Report.model_validate_json(EXAMPLE.read_text("utf-8"))


@pytest.fixture
def model(example: reports.Report) -> models.ModelDetail:
    """A model whose bundle says what the example says."""
    document = json.loads(example.model_dump_json())
    summary = {name: document[name] for name in summaries.Summary.model_fields}
    return models.ModelDetail(
        id=7,
        name="titanic",
        version="RandomForest_20260314_091500",
        family="RandomForest",
        dataset_id=3,
        dataset_name="titanic",
        dataset_version=1,
        run_id=5,
        hyperparameters={},
        metrics={"training_seconds": 0.4},
        bundle_sha256="b" * 64,
        bundle_size_bytes=1000,
        owner="anna",
        created_at=NOW,
        signature={},
        summary=summary,
    )


def assemble(model: models.ModelDetail, profile: datasets.Profile | None = None) -> reports.Report:
    summary = assembly.read_summary(model)
    return assembly.assemble(model, summary, profile=profile, generated=NOW)


def test_every_part_of_the_summary_is_in_the_report(
    example: reports.Report, model: models.ModelDetail
) -> None:
    report = assemble(model)
    for name in summaries.Summary.model_fields.keys() - {"digests"}:
        assert getattr(report, name) == getattr(example, name), name
    assert report.digests == (
        *example.digests,
        reports.Digest(name="bundle", value="b" * 64),
    )
    assert report.generated == NOW


def test_the_catalog_says_which_model_it_is(model: models.ModelDetail) -> None:
    part = assemble(model).model
    assert (part.id, part.name, part.owner, part.run_id) == (7, "titanic", "anna", 5)
    assert (part.training_seconds, part.size_bytes) == (0.4, 1000)


def test_the_profile_describes_the_columns_the_summary_does_not(model: models.ModelDetail) -> None:
    model.summary["data"]["columns"] = []
    profile = datasets.Profile(
        dataset_id=3,
        rows=2,
        columns=[
            datasets.ColumnProfile(
                name="Age",
                type="number",
                count=2,
                missing=0,
                distinct=2,
                minimum=1.0,
                maximum=3.0,
                mean=2.0,
                quartiles=[1.5, 2.0, 2.5],
            ),
            datasets.ColumnProfile(
                name="Sex",
                type="text",
                count=2,
                missing=0,
                distinct=2,
                minimum="female",
                maximum="male",
                top_values=[datasets.TopValue(value="male", count=1)],
            ),
        ],
    )
    age, sex = assemble(model, profile).data.columns
    assert (age.kind, age.minimum, age.median) == ("number", 1.0, 2.0)
    assert (sex.kind, sex.minimum) == ("category", None)
    assert sex.top == (reports.ValueCount(value="male", count=1),)


def test_a_summary_of_another_kind_is_refused(model: models.ModelDetail) -> None:
    model.summary = {"accuracy": 1.0}
    with pytest.raises(errors.UnreadableSummary):
        assemble(model)


def compared() -> reports.GatePart:
    both = reports.Comparison(
        images=200, parent_correct=190, candidate_correct=191, only_parent=0, only_candidate=1
    )
    return reports.GatePart(compared=both, p_value=1.0, significance=0.05, passed=True)


def run_of(result: dict[str, object] | None) -> runs.Run:
    empty = dict.fromkeys(
        ("worker", "error", "dataset_id", "started_at", "finished_at", "lease_expires_at")
    )
    return runs.Run(
        id=5,
        kind="fine-tune",
        state=runs.State.SUCCEEDED,
        owner="anna",
        parameters={},
        model_id=7,
        fraction=1.0,
        message="",
        attempts=1,
        cancel_requested=False,
        result=result,
        created_at=NOW,
        **empty,
    )


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (None, (None, None)),
        (run_of(None), (None, None)),
        (run_of({"promoted": "yes", "reason": 3}), (None, None)),
        (run_of({"promoted": False, "reason": "not-asked"}), (False, "not-asked")),
    ],
)
def test_what_became_of_production_is_the_runs_to_say(
    model: models.ModelDetail, run: runs.Run | None, expected: tuple[bool | None, str | None]
) -> None:
    model.summary["gate"] = compared().model_dump(mode="json")
    summary = assembly.read_summary(model)
    gate = assembly.assemble(model, summary, profile=None, run=run, generated=NOW).gate
    assert gate is not None
    assert (gate.promoted, gate.reason) == expected
    assert gate.passed
