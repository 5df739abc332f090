"""Asking a model: what the form says is what is sent, and the answer shown is the one that was asked for."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright import sync_api

expect = sync_api.expect
ROWS = 'sex,"alone, or not",age,fate\n' + "".join(
    f"{('male', 'female')[n % 2]},{('true', 'false')[n % 3 == 0]},{20 + n % 40},{n % 2}\n"
    for n in range(90)
)
ALONE = "alone, or not"


@pytest.fixture(scope="module")
def mixed(house, browser) -> int:
    """A model of a word, a yes/no and a number."""
    page = browser.new_page()
    dataset = house.upload(page, "mixed", ROWS)
    page.close()
    wish = {"target": "fate", "features": ["sex", ALONE, "age"], "cross_validation_folds": 0}
    return house.train(dataset, "LogisticRegression", **wish)


def choose_language(page, code: str) -> None:
    page.get_by_role("button", name=re.compile({"ru": "Русский", "en": "English"}[code])).click()
    expect(page.locator("html")).to_have_attribute("lang", code)


@pytest.mark.parametrize("protocol", ["curl", "Open Inference v2"])
@pytest.mark.parametrize("is_known", [True, False])
def test_the_copied_call_is_answered(visit, mixed, en, protocol, is_known) -> None:
    page = visit(f"/try?model={mixed}")
    if not is_known:
        page.get_by_role("button", name=en("try.clear"), exact=True).click()
    page.get_by_label(ALONE).select_option("false")
    page.get_by_role("radio", name=protocol).check(force=True)
    copied = page.get_by_role("region", name=en("try.code"), exact=True).last.inner_text()
    done = subprocess.run(["bash", "-c", copied], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert answer.get("outputs") or answer.get("predictions"), answer


def test_the_example_as_csv_is_read_as_it_was_written(visit, mixed, en) -> None:
    page = visit(f"/try?model={mixed}")
    page.get_by_text(en("try.csv"), exact=True).click()
    expect(page.get_by_label(en("try.csv_label"))).to_have_value(re.compile('"alone, or not"'))
    page.get_by_role("button", name=en("try.ask"), exact=True).last.click()
    answer = page.get_by_role("region", name=en("try.answer"))
    expect(answer).to_contain_text("%")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_more_answers_than_are_shown_are_told_of(visit, mixed, en) -> None:
    page = visit(f"/try?model={mixed}")
    page.get_by_text(en("try.csv"), exact=True).click()
    rows = page.get_by_label(en("try.csv_label"))
    rows.fill(f'sex,"{ALONE}",age\n' + "male,true,30\n" * 201)
    page.get_by_role("button", name=en("try.ask"), exact=True).last.click()
    answer = page.get_by_role("region", name=en("try.answer"))
    expect(answer).to_contain_text(en("try.first_only", shown="200", n="201"))


def test_another_language_leaves_what_was_typed(visit, mixed, en) -> None:
    page = visit(f"/try?model={mixed}")
    page.get_by_label("age", exact=True).fill("77")
    page.get_by_role("button", name=en("try.ask"), exact=True).first.click()
    expect(page.get_by_role("main")).to_contain_text("%")
    with page.expect_response(f"**/api/models/{mixed}"):
        choose_language(page, "ru")
    page.wait_for_timeout(300)
    expect(page.get_by_label("age", exact=True)).to_have_value("77")
    expect(page.get_by_role("main")).to_contain_text("%")


def test_an_older_answer_does_not_stand_beside_a_newer_choice(visit, titanic, mixed, en) -> None:
    page = visit(f"/try?model={mixed}")
    held = []
    page.route("**/api/predict/mixed*", lambda one: held.append(one))  # noqa: PLW0108
    page.get_by_role("button", name=en("try.ask"), exact=True).first.click()
    page.wait_for_function("() => document.querySelector('main [aria-busy=true]')")
    page.get_by_label(en("try.model"), exact=True).select_option(str(titanic["forest"]))
    expect(page.get_by_label("Pclass")).to_be_visible()
    ask = page.get_by_role("button", name=en("try.ask"), exact=True).first
    expect(ask).to_be_enabled()
    for one in held:
        one.continue_()
    page.wait_for_timeout(1000)
    expect(page.get_by_role("region", name=en("try.answer"))).to_contain_text(en("try.waiting"))
    ask.click()
    expect(page.get_by_role("region", name=en("try.answer"))).to_contain_text("RandomForest")


def without(page, path: str, wished: int) -> None:
    """A list that is too long to hold the wished one."""

    def answer(route) -> None:
        found = route.fetch().json()
        found["items"] = [one for one in found["items"] if one["id"] != wished]
        route.fulfill(json=found)

    page.route(path, answer)


def test_a_batch_is_of_what_was_asked_for_however_old_it_is(visit, titanic, mixed, en) -> None:
    page = visit("/")
    without(page, "**/api/models?*", titanic["logistic"])
    without(page, "**/api/datasets?*", titanic["dataset"])
    page.goto(f"/try/batch?dataset={titanic['dataset']}&model={titanic['logistic']}")
    model = page.get_by_label(en("try.model"), exact=True)
    expect(model).to_have_value(str(titanic["logistic"]))
    expect(page.get_by_label(en("train.data"), exact=True)).to_have_value(str(titanic["dataset"]))
    page.goto("/try/batch?model=999999")
    expect(page.get_by_role("alert")).to_contain_text(en("error.request_id"))
    expect(page.get_by_role("button", name=en("batch.start"))).to_have_count(0)


EMPTY = {
    "models": ("try.none", "home.train"),
    "datasets": ("batch.no_data", "home.collect"),
}


@pytest.mark.parametrize("missing", EMPTY)
def test_without_a_model_or_data_a_batch_says_what_to_do_first(visit, titanic, en, missing) -> None:
    title, way = EMPTY[missing]
    page = visit("/")
    page.route(f"**/api/{missing}?*", lambda one: one.fulfill(json={"items": [], "total": 0}))
    page.goto("/try/batch")
    expect(page.get_by_text(en(title))).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name=en(way))).to_be_visible()


def test_another_language_leaves_what_a_training_was_to_be(visit, titanic, words) -> None:
    en, ru = words("en"), words("ru")
    page = visit(f"/train?dataset={titanic['dataset']}")
    page.get_by_label(en("train.target"), exact=True).select_option("Sex")
    page.get_by_role("radio", name=en("train.features_some")).check()
    page.get_by_role("checkbox", name="Age").check(force=True)
    page.get_by_label("n_estimators").fill("7")
    with page.expect_response(re.compile("/api/families")):
        choose_language(page, "ru")
    page.wait_for_timeout(300)
    expect(page.get_by_label(ru("train.target"), exact=True)).to_have_value("Sex")
    expect(page.get_by_role("checkbox", name="Age")).to_be_checked()
    expect(page.get_by_label("n_estimators")).to_have_value("7")
