"""Reports over HTTP, from a real server."""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from kolba.contracts import reports, visualization_client
from kolba.kit.http import client
from kolba.kit.testing import pdf, servers
from kolba.visualization import app, settings
from kolba.visualization.reports import html
from kolba.visualization.reports import service as rendering


class Answer:
    def __init__(self, url: str, body: bytes | None = None, **headers: str) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            told.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(url, data=body, headers=told)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                self.status, self.headers, self.body = (
                    response.status,
                    response.headers,
                    response.read(),
                )
        except urllib.error.HTTPError as error:
            self.status, self.headers, self.body = error.code, error.headers, error.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["Content-Type"].startswith("application/problem+json")
        document: dict[str, Any] = orjson.loads(self.body)
        return document


def _render(server: servers.Server, body: bytes, query: str = "", **headers: str) -> Answer:
    return Answer(f"{server.url}/reports/render?{query}", body, **headers)


def test_a_pdf_with_the_figures_comes_out(service: servers.Server, report: bytes) -> None:
    answer = _render(service, report, "format=pdf")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert (
        'filename="titanic-RandomForest_20261120_172512.pdf"'
        in (answer.headers["Content-Disposition"])
    )
    text = pdf.read(answer.body).text
    assert "0.799" in text
    assert "Confusion matrix" in text


def test_the_language_is_asked_for_or_preferred(service: servers.Server, report: bytes) -> None:
    asked = _render(service, report, "format=html&lang=ru")
    preferred = _render(service, report, "format=html", Accept_Language="ru-RU,en;q=0.5")
    plain = _render(service, report, "format=html")
    over = _render(service, report, "lang=en", Accept_Language="ru")

    assert asked.body == preferred.body
    assert "Матрица ошибок" in asked.text
    assert asked.headers["Content-Language"] == "ru"
    assert "0,799" in asked.text
    assert "Confusion matrix" in plain.text
    assert over.body == plain.body


def test_the_page_comes_with_its_policy(service: servers.Server, report: bytes) -> None:
    answer = _render(service, report)

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == html.policy()
    assert answer.headers["Content-Disposition"].startswith("inline;")


def test_latex_is_for_saving(service: servers.Server, report: bytes) -> None:
    answer = _render(service, report, "format=latex")

    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Disposition"].endswith(".tex")
    assert r"\begin{longtable}" in answer.text


def test_a_name_in_cyrillic_is_kept_in_the_file_name(
    service: servers.Server, report: bytes
) -> None:
    content = orjson.loads(report)
    content["model"]["name"] = 'Пассажиры"\r\nX-Evil: 1'
    answer = _render(service, orjson.dumps(content), "format=html")

    name = "Пассажиры___X-Evil__1-RandomForest_20261120_172512.html"
    assert answer.headers["X-Evil"] is None
    assert answer.headers["Content-Disposition"].endswith(
        "filename*=UTF-8''" + urllib.parse.quote(name)
    )


async def test_the_typed_client_gets_a_document(service: servers.Server, report: bytes) -> None:
    async with client.ServiceClient("visualization", service.url) as http:
        content = await visualization_client.VisualizationClient(http).render_report(
            reports.Report.model_validate_json(report), file_format="pdf", language="ru"
        )

    assert "Аннотация" in pdf.read(content).pages[0].text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": None}, "model"),
        ({"surprise": 1}, "surprise"),
        ({"roc": [{"name": "a", "false_positive_rate": [0], "true_positive_rate": []}]}, "roc.0"),
        ({"confusion": {"labels": ["a"], "counts": [[1, 2]]}}, "confusion"),
        ({"metrics": {"accuracy": "NaN"}}, "metrics.accuracy"),
    ],
)
def test_a_wrong_report_is_refused_by_field(
    service: servers.Server, report: bytes, change: dict[str, Any], field: str
) -> None:
    answer = _render(service, orjson.dumps({**orjson.loads(report), **change}), "format=pdf")

    assert answer.status == 422
    assert any(one["field"].startswith(field) for one in answer.problem["errors"])


def test_an_unknown_format_and_language_are_refused_by_name(
    service: servers.Server, report: bytes
) -> None:
    for query, field in (("format=docx", "format"), ("lang=de", "lang")):
        answer = _render(service, report, query)
        assert answer.status == 422
        assert answer.problem["errors"][0]["field"].endswith(field)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused(service: servers.Server, body: bytes) -> None:
    answer = _render(service, body)

    assert answer.status in (400, 422)
    assert answer.problem["request_id"]
    assert Answer(f"{service.url}/health").status == 200


def test_a_body_over_the_limit_is_refused(
    configure: Callable[..., settings.VisualizationSettings], report: bytes
) -> None:
    config = configure(web_master_url="http://127.0.0.1:9", http={"max_body_bytes": 5000})
    with servers.running(app.create_app(config)) as server:
        assert _render(server, report).status == 413


def test_a_report_that_takes_too_long_is_given_up_and_the_service_lives(
    configure: Callable[..., settings.VisualizationSettings],
    report: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine = rendering.render

    def slow(asked: reports.Report, *rest: Any) -> rendering.Rendered:
        if asked.model.name == "slow":
            time.sleep(0.6)
        return genuine(asked, *rest)

    monkeypatch.setattr(rendering, "render", slow)
    content = orjson.loads(report)
    content["model"]["name"] = "slow"
    config = configure(
        web_master_url="http://127.0.0.1:9", rendering={"threads": 1, "timeout_seconds": 0.3}
    )
    with servers.running(app.create_app(config)) as server:
        answer = _render(server, orjson.dumps(content), "format=pdf", Accept_Language="ru")
        assert answer.status == 503
        assert answer.problem["type"] == "urn:kolba:problem:rendering-too-slow"
        assert "0.3" in answer.problem["detail"]
        assert Answer(f"{server.url}/health").status == 200


def test_without_the_typesetter_html_still_works(
    service: servers.Server, report: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kolba.visualization.reports import typesetting  # noqa: PLC0415

    typesetting.load.cache_clear()
    monkeypatch.setitem(sys.modules, "typst", None)

    answer = _render(service, report, "format=pdf")

    assert answer.status == 501
    assert answer.problem["type"] == "urn:kolba:problem:pdf-unavailable"
    assert _render(service, report, "format=html").status == 200


def test_many_at_once_are_all_answered(service: servers.Server, report: bytes) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _render(service, report, "format=pdf"), range(16)))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1


def test_typst_is_not_loaded_before_a_pdf_is_asked_for() -> None:
    code = (
        "import sys, kolba.visualization.app; "
        "print(sorted({'typst', 'sqlalchemy', 'numpy', 'pyarrow', 'duckdb'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
