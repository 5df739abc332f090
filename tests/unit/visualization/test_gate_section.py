"""What a report says of a fine-tuned model: where it comes from, and what the gate found."""

from __future__ import annotations

from typing import Any

import pytest

from kolba.contracts import reports
from kolba.kit.testing import pdf
from kolba.visualization import languages
from kolba.visualization.reports import composition, document, service


@pytest.fixture
def fine_tuned(titanic: dict[str, Any]) -> dict[str, Any]:
    """As the report of a version of `digits` that lost ten answers and won six."""
    return {
        **titanic,
        "lineage": {
            "parent_model_id": 7,
            "parent_name": "digits",
            "parent_version": "CNN_20261120_120000",
            "parent_sha256": "ab" * 32,
            "data": {
                "id": 9,
                "name": "user-data",
                "version": 3,
                "rows": 43,
                "sha256": "cd" * 32,
            },
            "learned": 31,
            "held_out": 11,
            "passed_over": 1,
            "replayed": 124,
        },
        "gate": {
            "compared": {
                "images": 10000,
                "parent_correct": 9930,
                "candidate_correct": 9926,
                "only_parent": 10,
                "only_candidate": 6,
            },
            "p_value": 0.2272491455078125,
            "significance": 0.05,
            "least_images": 100,
            "passed": True,
            "new": {
                "images": 11,
                "parent_correct": 6,
                "candidate_correct": 10,
                "only_parent": 0,
                "only_candidate": 4,
            },
            "promoted": True,
            "reason": "promoted",
        },
    }


def section(content: dict[str, Any], code: str = "en") -> tuple[str, dict[str, document.Table]]:
    report = reports.Report.model_validate(content)
    written = composition.compose(report, languages.get(code))
    found = [one for one in written.sections if one.slug == "gate"]
    if not found:
        return "", {}
    blocks = found[0].blocks
    prose = " ".join(one.text for one in blocks if isinstance(one, document.Paragraph))
    return prose, {one.slug: one for one in blocks if isinstance(one, document.Table)}


def test_a_model_without_a_parent_has_no_such_section(titanic: dict[str, Any]) -> None:
    assert section(titanic) == ("", {})


def test_the_section_says_where_it_comes_from_and_what_the_gate_found(
    fine_tuned: dict[str, Any],
) -> None:
    prose, tables = section(fine_tuned)

    assert "from the weights of “CNN_20261120_120000” on 31 images" in prose
    assert "mixes in 124 images" in prose
    assert "the same 10,000 images" in prose
    assert "p = 0.227; below 0.05" in prose
    assert "the gate let it pass" in prose
    assert "production was moved from the parent to this version" in prose
    titles = [column.title for column in tables["gate"].columns]
    assert titles == ["", "Held out of the parent’s data", "Held out of the new data"]
    assert tables["gate"].rows == (
        ("Images", "10,000", "11"),
        ("Parent’s accuracy", "0.9930", "0.5455"),
        ("This version’s accuracy", "0.9926", "0.9091"),
        ("Right by the parent alone", "10", "0"),
        ("Right by this version alone", "6", "4"),
    )
    assert [row[1] for row in tables["gate"].footer] == ["0.227", "passed"]
    lineage = dict(tables["lineage"].rows)
    assert lineage["New images learned from"] == "31"
    assert lineage["Parent’s model number"] == "7"


def test_what_was_held_back_says_why(fine_tuned: dict[str, Any]) -> None:
    gate = fine_tuned["gate"]
    gate.update(passed=False, p_value=0.0004, promoted=False, reason="worse", new=None)
    prose, tables = section(fine_tuned)

    assert "the gate held it back" in prose
    assert "production stayed with the parent" in prose
    assert len(tables["gate"].columns) == 2
    assert tables["gate"].note == ""

    gate["compared"].update(images=9, parent_correct=7, candidate_correct=3)
    prose, _ = section(fine_tuned)
    assert "With fewer than 100 images nothing could be told" in prose


@pytest.mark.parametrize("code", languages.CODES)
@pytest.mark.parametrize(
    "reason",
    ["promoted", "worse", "too-few-images", "not-asked", "not-production", "other-name", None],
)
def test_whatever_became_of_production_is_said(
    fine_tuned: dict[str, Any], code: str, reason: str | None
) -> None:
    fine_tuned["gate"].update(reason=reason, promoted=reason == "promoted")
    prose, _ = section(fine_tuned, code)

    assert "production" in prose
    assert prose.endswith(".")


@pytest.mark.parametrize("code", languages.CODES)
def test_every_format_has_it(fine_tuned: dict[str, Any], code: str) -> None:
    report = reports.Report.model_validate(fine_tuned)
    page = service.render(report, "html", code).content.decode()
    tables = service.render(report, "latex", code).content.decode()
    printed = pdf.read(service.render(report, "pdf", code).content).text

    share = "0.9930" if code == "en" else "0,9930"
    assert share in page
    assert share in printed
    assert r"\label{tab:gate}" in tables
    assert r"\label{tab:lineage}" in tables


def test_a_hostile_parent_is_only_words(fine_tuned: dict[str, Any], hostile_name: str) -> None:
    fine_tuned["lineage"].update(parent_name=hostile_name, parent_version=hostile_name)
    fine_tuned["lineage"]["data"].update(name=hostile_name, version=hostile_name)
    fine_tuned["gate"].update(reason=hostile_name)
    report = reports.Report.model_validate(fine_tuned)

    assert "<script>" not in service.render(report, "html", "en").content.decode()
    assert service.render(report, "pdf", "en").content.startswith(b"%PDF")
    assert "\\input{/etc" not in service.render(report, "latex", "en").content.decode()
