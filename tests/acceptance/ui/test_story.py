"""From data to a report by clicking alone, as somebody does who has never seen Kolba; in each language."""

from __future__ import annotations

import pathlib
import re

import pytest
from playwright import sync_api

expect = sync_api.expect


@pytest.fixture(params=["en", "ru"])
def t(request, words):
    return words(request.param)


class Story:
    """One step of it after another, on one page."""

    def __init__(self, page, t) -> None:
        self.page = page
        self.t = t

    def menu(self, place: str) -> None:
        nav = self.page.get_by_role("navigation", name=self.t("nav.main"))
        nav.get_by_role("link", name=self.t(place), exact=True).click()

    def press(self, key: str) -> None:
        self.page.get_by_role("button", name=self.t(key), exact=True).last.click()

    def link(self, key: str) -> None:
        self.page.locator("main").get_by_role("link", name=self.t(key), exact=True).first.click()

    def collect(self, name: str) -> None:
        page, t = self.page, self.t
        self.menu("nav.data")
        self.link("data.collect")
        source = page.locator("article").filter(has_text="titanic")
        source.get_by_label(t("sources.name")).fill(name)
        source.get_by_role("button", name=t("data.collect")).click()
        expect(page.get_by_text(t("sources.collected", name=name, version="1"))).to_be_visible()

    def look(self, name: str) -> None:
        page, t = self.page, self.t
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        expect(page.get_by_role("cell", name="Braund, Mr. Owen Harris")).to_be_visible()
        table = page.get_by_role("table", name=t("dataset.table_label", name=name))
        table.focus()
        page.keyboard.press("End")
        expect(page.get_by_role("cell", name="Dooley, Mr. Patrick")).to_be_visible()
        self.link("dataset.profile")
        expect(page.get_by_text(t("dataset.median")).first).to_be_visible()
        self.link("dataset.train")

    def train(self, family: re.Pattern[str]) -> int:
        """The model's id."""
        page, t = self.page, self.t
        # The control is what a screen reader sees; the eye sees the card around it.
        page.get_by_role("radio", name=family).check(force=True)
        page.get_by_role("button", name=t("train.start"), exact=True).click()
        page.wait_for_url(re.compile(r"/train/runs/\d+"))
        page.get_by_role("progressbar", name=t("run.progress")).wait_for()
        expect(page.get_by_role("list", name=t("run.events"))).to_contain_text(
            t("run.event_succeeded"), timeout=60_000
        )
        self.link("run.open_model")
        page.wait_for_url(re.compile(r"/models/\d+$"))
        expect(page.get_by_role("heading", name=t("model.confusion"))).to_be_visible()
        return int(page.url.rpartition("/")[2])

    def report(self) -> None:
        page, t = self.page, self.t
        self.link("model.report")
        inside = page.frame_locator("iframe")
        expect(inside.locator("html")).to_have_attribute("lang", t.language)
        expect(inside.locator("body")).to_contain_text(t("model.confusion"))
        for name, start in (("HTML", b"<!doctype html"), ("PDF", b"%PDF")):
            with page.expect_download() as waiting:
                page.get_by_role("link", name=name, exact=True).click()
            got = pathlib.Path(waiting.value.path()).read_bytes()
            assert got[:20].lower().startswith(start.lower()), got[:40]
            assert waiting.value.suggested_filename.endswith(name.lower())

    def compare(self, name: str) -> None:
        page, t = self.page, self.t
        self.menu("nav.models")
        page.get_by_role("searchbox").fill(name)
        boxes = page.get_by_role("checkbox")
        expect(boxes).to_have_count(2)
        for box in boxes.all():
            box.check()
        page.get_by_role("button", name=t("models.compare_n", n="2")).click()
        expect(page.get_by_role("heading", name=t("compare.title"))).to_be_visible()
        expect(page.get_by_text("RandomForest").first).to_be_visible()
        expect(page.get_by_text("LogisticRegression").first).to_be_visible()
        expect(page.get_by_role("heading", name=t("model.roc"))).to_be_visible()

    def promote(self, model: int) -> None:
        page, t = self.page, self.t
        page.locator(f"main a[href='/models/{model}']").first.click()
        self.press("model.promote")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name=t("model.promote"), exact=True).click()
        expect(dialog).to_be_hidden()
        in_production = page.get_by_role("button", name=t("model.in_production"), exact=True)
        expect(in_production).to_be_disabled()

    def ask(self) -> None:
        page, t = self.page, self.t
        self.link("model.try")
        page.get_by_label("Sex").select_option("female")
        page.get_by_label("Pclass").fill("1")
        page.get_by_label("Age", exact=True).fill("")
        self.press("try.ask")
        answer = page.get_by_role("region", name=t("try.answer"))
        expect(answer).to_contain_text("%")
        expect(answer).to_contain_text("Survived")

    def history(self, name: str) -> None:
        page, t = self.page, self.t
        self.menu("nav.history")
        table = page.locator("main table")
        expect(table).to_contain_text(name)
        table.get_by_role("button").filter(has_not_text=t("history.took")).first.wait_for()
        page.get_by_role("link", name=t("history.predictions")).click()
        page.locator("main table").wait_for()
        # A prediction is answered first and written down a moment later.
        for _ in range(20):
            if name in page.locator("main table").inner_text():
                break
            page.wait_for_timeout(500)
            page.reload()
            page.locator("main table").wait_for()
        expect(page.locator("main table")).to_contain_text(name)


def test_from_data_to_a_report_by_clicking(visit, t) -> None:
    name = f"story-{t.language}"
    story = Story(visit("/", language=t.language), t)
    expect(story.page.locator("html")).to_have_attribute("lang", t.language)
    story.collect(name)
    story.look(name)
    story.train(re.compile("Логистическая|Logistic"))
    story.menu("nav.data")
    story.page.get_by_role("link", name=name).click()
    story.link("dataset.train")
    model = story.train(re.compile("Случайный|Random"))
    story.report()
    story.compare(name)
    story.promote(model)
    story.ask()
    story.history(name)


def test_the_language_and_the_theme_are_changed_at_once_and_kept(visit, words) -> None:
    en, ru = words("en"), words("ru")
    page = visit("/models")
    expect(page.get_by_role("heading", level=1)).to_have_text(en("models.title"))
    page.get_by_role("button", name=re.compile("Русский")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ru("models.title"))
    theme = page.get_by_role("button", name=re.compile(f"^{ru('shell.theme')}"))
    theme.click()
    theme.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(ru("models.title"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_an_empty_list_says_what_to_do_first(visit, words) -> None:
    en = words("en")
    page = visit("/")
    page.route("**/api/models?*", lambda route: route.fulfill(json={"items": [], "total": 0}))
    page.route("**/api/datasets?*", lambda route: route.fulfill(json={"items": [], "total": 0}))
    for path, title, way in (
        ("/models", "models.none", "home.train"),
        ("/try", "try.none", "home.train"),
        ("/data", "data.none", "home.collect"),
        ("/train", "train.no_data", "home.collect"),
    ):
        page.goto(path)
        expect(page.get_by_text(en(title))).to_be_visible()
        expect(page.locator("main").get_by_role("link", name=en(way)).last).to_be_visible()
