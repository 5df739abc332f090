"""The home page, from a real server before a real (tiny) web master."""

from __future__ import annotations

import html.parser
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest

from kolba.kit.testing import servers
from kolba.visualization import app, languages, settings


class Page(html.parser.HTMLParser):
    """A page as a reader has it: its words and its links."""

    def __init__(self, url: str, language: str = "en") -> None:
        super().__init__()
        request = urllib.request.Request(url, headers={"Accept-Language": language})
        with urllib.request.urlopen(request, timeout=30) as response:
            self.headers: Message = response.headers
            self.source = response.read().decode()
        self._words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self._words))


@pytest.fixture
def alone(configure: Callable[..., settings.VisualizationSettings]) -> Iterator[servers.Server]:
    """The service with nobody behind it."""
    config = configure(web_master_url=f"http://127.0.0.1:{servers.free_port()}")
    with servers.running(app.create_app(config)) as server:
        yield server


def test_the_page_shows_what_there_is(service: servers.Server) -> None:
    text = Page(f"{service.url}/plain").text

    assert "storage running 1.8 ms" in text
    assert "collector not answering connection refused" in text
    assert "Something needs attention." in text
    assert "titanic RandomForest_20261120_172512 titanic · 1 0.799 0.780 20 Nov 2026" in text
    assert "1 of 45, the latest first" in text
    assert "3 Пассажиры & K° 1 12,891 1 28.5 KiB" in text
    assert "train-model succeeded local 20 Nov 2026, 17:25 UTC 1.23 s" in text


def test_the_page_asks_for_few(service: servers.Server, web_master: Any) -> None:
    Page(f"{service.url}/plain")

    assert sorted(web_master.asked) == [
        "/datasets?limit=20",
        "/health?",
        "/history?limit=10",
        "/models?limit=20",
        "/scenarios?",
    ]


def test_the_page_is_in_the_readers_language(service: servers.Server) -> None:
    preferred = Page(f"{service.url}/plain", "ru-RU, en;q=0.3")
    asked = Page(f"{service.url}/plain?lang=ru")

    assert "Наборы данных" in preferred.text
    assert "12 891" in preferred.text
    assert preferred.headers["Content-Language"] == "ru"
    assert asked.text == preferred.text
    assert "Data sets" in Page(f"{service.url}/plain?lang=en", "ru").text
    assert "Data sets" in Page(f"{service.url}/plain?lang=xx").text


def test_reports_are_reached_through_the_web_master(
    service: servers.Server, upstream: servers.Server
) -> None:
    links = Page(f"{service.url}/plain", "ru").links

    for file_format in ("html", "pdf", "latex"):
        address = f"{upstream.url}/scenarios/report/7?format={file_format}&lang=ru"
        assert address in links


def test_a_browser_may_know_the_web_master_by_another_address(
    upstream: servers.Server, configure: Callable[..., settings.VisualizationSettings]
) -> None:
    config = configure(
        web_master_url=upstream.url, web_master_public_url="https://lab.example:8443/"
    )
    with servers.running(app.create_app(config)) as server:
        page = Page(f"{server.url}/plain")

    assert "https://lab.example:8443/scenarios/report/7?format=pdf&lang=en" in page.links
    assert "curl -X POST https://lab.example:8443/scenarios/train-model" in page.text
    assert upstream.url not in page.source


def test_the_lines_to_copy_name_what_there_is(service: servers.Server) -> None:
    text = Page(f"{service.url}/plain").text

    assert '"dataset_id": 3' in text
    assert '"model_id": 7' in text
    assert "scenarios/report/7?format=pdf" in text


def test_an_empty_house_says_what_to_do_first(service: servers.Server, web_master: Any) -> None:
    for path in ("/datasets", "/models", "/history"):
        web_master.answers[path] = {"items": [], "total": 0}

    text = Page(f"{service.url}/plain").text

    assert "Four steps to begin with" in text
    assert "No model yet. Train one with step 2" in text
    assert text.index("Four steps to begin with") < text.index("No model yet")
    assert "curl -X POST" in text
    assert "done" not in text.split("Four steps")[1].split("Models")[0]


def test_without_the_web_master_the_page_says_so(alone: servers.Server) -> None:
    for code, words in (("en", "does not answer"), ("ru", "Веб-мастер не отвечает")):
        text = Page(f"{alone.url}/plain", code).text
        assert words in text
        assert "kolba status" in text


@pytest.mark.parametrize("path", ["/health", "/scenarios", "/datasets", "/models", "/history"])
@pytest.mark.parametrize("answer", [{"strange": True}, [], None, "text"])
def test_any_part_may_fail_alone(
    service: servers.Server, web_master: Any, path: str, answer: Any
) -> None:
    web_master.answers[path] = answer

    page = Page(f"{service.url}/plain")

    assert "does not answer" not in page.text
    parts = {"/datasets": "28.5 KiB", "/models": "0.799", "/history": "1.23 s"}
    for other, words in parts.items():
        assert (words in page.text) == (other != path)
    if path != "/scenarios":
        assert "This part could not be loaded" in page.text


def test_a_failing_answer_is_a_missing_part(service: servers.Server, web_master: Any) -> None:
    web_master.statuses["/models"] = 500

    assert "This part could not be loaded" in Page(f"{service.url}/plain").text


def test_a_degraded_state_told_with_503_is_shown(service: servers.Server, web_master: Any) -> None:
    web_master.statuses["/health"] = 503

    assert "collector not answering" in Page(f"{service.url}/plain").text


def test_a_web_master_that_hangs_is_not_waited_for(
    configure: Callable[..., settings.VisualizationSettings], web_master: Any
) -> None:
    async def hang(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await web_master.app(scope, receive, send)
            return
        time.sleep(0.2)  # noqa: ASYNC251 - it hangs as a stuck process does
        await web_master.app(scope, receive, send)

    quick = {"timeout_seconds": 0.05, "models": 1, "datasets": 1, "history": 1}
    with servers.running(hang) as stuck:
        config = configure(web_master_url=stuck.url, front_page=quick)
        with servers.running(app.create_app(config)) as server:
            assert "does not answer" in Page(f"{server.url}/plain").text


def test_nothing_runs_in_the_page_and_nothing_comes_from_elsewhere(
    service: servers.Server, upstream: servers.Server
) -> None:
    page = Page(f"{service.url}/plain")
    policy = page.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in page.tags
    assert "style" not in page.attributes
    assert not any(name.startswith("on") for name in page.attributes)
    assert "<b>Train</b> a model" in page.text  # a title from outside, shown as it is
    for link in page.links:
        assert link.startswith(("/", f"{upstream.url}/")), link


def test_what_the_page_needs_is_served_here(service: servers.Server) -> None:
    for link in Page(f"{service.url}/plain").links:
        if link.startswith("/static/"):
            with urllib.request.urlopen(service.url + link, timeout=30) as response:
                assert response.status == 200


def test_every_word_of_the_page_is_in_the_catalogues() -> None:
    words = {key for key in languages.get("en").messages if key.startswith("home.")}
    template = (app.STATIC.parent / "templates" / "home.html.j2").read_text("utf-8")
    by_slug = {"ok", "degraded", "down", "running", "succeeded", "failed", "cancelled"}
    for key in words:
        name = key.removeprefix("home.")
        grouped = name.startswith(("step_", "state_", "language_")) or name in by_slug
        assert grouped or f'"{key}"' in template, key
