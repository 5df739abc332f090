"""Draw, correct, teach, and see whether it may take over."""

from __future__ import annotations

import json
import re

import pytest
from playwright import sync_api

expect = sync_api.expect
LEARNING_MS = 180_000
LEAST = 10
"""Of drawings: with fewer nothing is learned (`digits.least_contributions`)."""


def small(page: sync_api.Page, dataset: int) -> None:
    """What the buttons start learns from a few digits, not from seventy thousand."""

    def train(route: sync_api.Route) -> None:
        body = {"dataset_id": dataset, "hyperparameters": {"epochs": 2}}
        headers = {**route.request.headers, "content-type": "application/json"}
        route.continue_(post_data=json.dumps(body), headers=headers)

    page.route("**/api/train", train)


def forget(house) -> None:
    """What tests that shared this house before have taught and drawn."""
    gone = [f"/user-data/{one['id']}" for one in house.api.get("/user-data?limit=200")["items"]]
    models = house.api.get("/models?name=digits")["items"]
    if models:
        gone.append("/aliases/digits/production")
    gone += [f"/models/{one['id']}" for one in models]
    for path in gone:
        with house.api._ask("DELETE", path):
            pass


@pytest.mark.usefixtures("torch")
def test_the_story_of_a_network_that_learns_on(pad_of, visit, house, mnist, en) -> None:
    forget(house)
    page = visit("/")
    page.get_by_role("main").get_by_role("link", name=re.compile(en("digits.card"))).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(en("digits.title"))
    small(page, mnist)
    page.get_by_role("button", name=en("digits.train"), exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible(timeout=LEARNING_MS)

    pad = pad_of(page, en)
    pad.page.get_by_label(en("pad.label"), exact=True).wait_for(timeout=LEARNING_MS)
    version = house.api.get("/models?name=digits")["items"][0]["version"]
    expect(page.get_by_role("navigation", name=en("digits.story"))).to_contain_text(version)

    for count in range(LEAST + 2):
        pad.seven(shift=0.012 * count)
        pad.expect_answer("[0-9]")
        page.get_by_role("button", name=re.compile(r"(^|\D)7(\D|$)")).first.click()
        expect(page.get_by_text(en("picture.thanks", label="7"))).to_be_visible()
    expect(page.get_by_role("img", name=en("digits.drawn_as", label="7"))).to_have_count(LEAST + 2)

    page.get_by_role("button", name=en("digits.teach_start"), exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("heading", name=en.pattern("digits.last"))).to_be_visible(
        timeout=LEARNING_MS
    )
    learned = house.api.get("/models?name=digits&sort=-created_at")["items"][0]
    gate = house.api.get(f"/models/{learned['id']}")["summary"]["gate"]
    verdict = en("gate.passed") if gate["passed"] else en("gate.worse")
    expect(page.get_by_text(verdict)).to_be_visible()
    live = house.api.get("/aliases/digits/production")
    assert (live["model_id"] == learned["id"]) == gate["passed"]
    expect(page.get_by_role("link", name=en("digits.compare"))).to_be_visible()
    page.get_by_role("button", name=en("digits.roll_back")).click()
    page.get_by_role("dialog").get_by_role("button", name=en("versions.rollback")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert house.api.get("/aliases/digits/production")["model_id"] != live["model_id"]


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_is_fit_for_everybody(pad_of, visit, inspect, words, language) -> None:
    page = visit("/digits", language=language)
    pad = pad_of(page, words(language))
    pad.seven()
    pad.expect_answer("[0-9]")
    page.mouse.move(0, 0)
    assert inspect(page, "digits", language, find_faults=language == "en") == []


def test_a_digit_is_given_by_keys_alone(pad_of, visit, digits, four, en) -> None:
    page = visit("/digits")
    pad = pad_of(page, en)
    pad.canvas.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(pad.canvas).to_be_focused()
    outline = pad.canvas.evaluate("(canvas) => getComputedStyle(canvas).outlineStyle")
    assert outline == "solid"
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name=en("pad.choose")).press("Enter")
    chosen.value.set_files(four)
    pad.expect_answer("[0-9]")
    was = en("picture.was", label="4"), en("picture.agree", label="4")
    button = page.get_by_role("button", name=re.compile("|".join(map(re.escape, was))))
    button.first.press("Enter")
    expect(page.get_by_text(en("picture.thanks", label="4"))).to_be_visible()
    page.get_by_role("button", name=en("picture.next")).press("Enter")
    expect(page.get_by_text(en("picture.empty"))).to_be_visible()


def share(house) -> None:
    """Let clients ask every version."""
    for model in house.api.get("/models?name=digits")["items"]:
        house.api.change("PATCH", f"/models/{model['id']}", {"shared_with": "client"})


@pytest.mark.usefixtures("digits")
def test_a_client_draws_and_corrects_and_leaves_teaching_to_others(
    pad_of, sign_in, house, en
) -> None:
    share(house)
    page = sign_in("dora", "client", "/digits")
    pad = pad_of(page, en)
    pad.zero()
    page.get_by_role("button", name=en("picture.was", label="0"), exact=True).or_(
        page.get_by_role("button", name=en("picture.agree", label="0"), exact=True)
    ).click()
    expect(page.get_by_text(en("picture.thanks", label="0"))).to_be_visible()
    mine = page.get_by_role("img", name=en("digits.drawn_as", label="0"))
    expect(mine).to_have_count(1)
    expect(page.get_by_role("button", name=en("digits.teach_start"))).to_have_count(0)
    expect(page.get_by_text(en("digits.teach_not_yours"))).to_be_visible()
    page.get_by_role("button", name=en("digits.forget", label="0")).click()
    expect(mine).to_have_count(0)


@pytest.mark.usefixtures("digits")
def test_what_costs_something_is_not_asked_with_every_stroke(
    pad_of, sign_in, people, house, en
) -> None:
    share(house)
    admin = house.api.sign_in("ada", people.password("ada", "admin"))
    admin.change("PUT", "/prices/models/digits", {"price": 1})
    try:
        page = sign_in("dora", "client", "/digits")
        pad = pad_of(page, en)
        expect(page.get_by_role("switch", name=en("picture.live"))).not_to_be_checked()
        expect(page.get_by_text(en("picture.live_off"))).to_be_visible()
        with (
            pytest.raises(sync_api.TimeoutError),
            page.expect_request("**/api/predict/**", timeout=1000),
        ):
            pad.seven()
        expect(page.get_by_text(en("picture.press"))).to_be_visible()
    finally:
        with admin._ask("DELETE", "/prices/models/digits"):
            pass
