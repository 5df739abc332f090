"""`GET /scenarios/report/{model_id}` in every format and language."""

from __future__ import annotations

import json
import pathlib
import urllib.parse
from typing import Any

import pytest

from kolba.contracts import reports, summaries

REPORT = pathlib.Path(__file__).parents[2] / "unit" / "visualization" / "titanic.json"


def model(name: str = "titanic") -> dict[str, Any]:
    """A model as storage has it, whose bundle says what the example report says."""
    report = json.loads(REPORT.read_text("utf-8"))
    kept = {key: report[key] for key in summaries.Summary.model_fields if key in report}
    return {
        "id": 7,
        "name": name,
        "version": "RandomForest_20260314_091500",
        "family": "RandomForest",
        "dataset_id": 3,
        "dataset_name": "titanic",
        "dataset_version": 1,
        "run_id": 5,
        "hyperparameters": {},
        "metrics": {"accuracy": 0.8, "training_seconds": 0.4},
        "bundle_sha256": "b" * 64,
        "bundle_size_bytes": 1000,
        "owner": "local",
        "created_at": "2026-03-14T09:15:00Z",
        "signature": {},
        "summary": kept,
    }


def test_the_report_is_put_together(house: Any) -> None:
    house.storage.model = model()
    answer = house.client.get("/scenarios/report/7")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    report = reports.Report.model_validate_json(answer.content)
    assert report.model.version == "RandomForest_20260314_091500"
    assert report.digests[-1] == reports.Digest(name="bundle", value="b" * 64)
    [entry] = house.history()
    assert (entry["scenario"], entry["inputs"]) == (
        "report",
        {"model_id": 7, "format": "json"},
    )


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [("", "ru,en;q=0.5", "ru"), ("&lang=en", "ru", "en"), ("&lang=ru", "en", "ru"), ("", "", "en")],
)
def test_a_document_comes_in_the_readers_language(
    house: Any, asked: str, header: str, language: str
) -> None:
    house.storage.model = model("Титаник & K°")
    answer = house.client.get(
        f"/scenarios/report/7?format=pdf{asked}", headers={"Accept-Language": header}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content == b"%PDF-1.7 ..."
    assert house.visualization.asked[-1] == {"format": "pdf", "lang": language}
    disposition = answer.headers["content-disposition"]
    disposition.encode("ascii")
    encoded = disposition.rpartition("UTF-8''")[2]
    name = urllib.parse.unquote(encoded)
    assert name.startswith("Титаник")
    assert name.endswith(".pdf")
    assert "/" not in name


def test_a_page_is_shown_and_may_run_nothing(house: Any) -> None:
    house.storage.model = model()
    answer = house.client.get("/scenarios/report/7?format=html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "content-disposition" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_latex_is_a_download(house: Any) -> None:
    house.storage.model = model()
    answer = house.client.get("/scenarios/report/7?format=latex")
    assert ".tex" in answer.headers["content-disposition"]


@pytest.mark.parametrize("query", ["format=docx", "lang=de", "format="])
def test_an_unknown_format_or_language_is_refused(house: Any, query: str) -> None:
    answer = house.client.get(f"/scenarios/report/7?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"query.{query.partition('=')[0]}"


def test_an_unknown_model_is_the_owners_404(house: Any) -> None:
    answer = house.client.get("/scenarios/report/8?format=pdf")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kolba:problem:unknown-model"


def test_a_summary_that_says_too_little_is_told(house: Any) -> None:
    house.storage.model = {**model(), "summary": {"accuracy": 1}}
    answer = house.client.get("/scenarios/report/7")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:kolba:problem:unreadable-summary"


def test_visualization_that_is_down_is_named(house: Any) -> None:
    house.storage.model = model()
    house.behind["visualization"].kill()
    answer = house.client.get("/scenarios/report/7?format=pdf")
    assert answer.status_code == 503
    assert answer.json()["service"] == "visualization"
    assert house.client.get("/scenarios/report/7").status_code == 200
