"""Pages where their look is easily lost: before the scripts, on a telephone, in the dark, when an answer fails."""

from __future__ import annotations

import json
import re

import pytest
from playwright import sync_api

expect = sync_api.expect
SCRIPTS = re.compile(r"/_app/immutable/.*\.js$")
ROW = {
    "Pclass": 2,
    "Sex": "female",
    "Age": 31.5,
    "SibSp": 0,
    "Parch": 1,
    "Fare": 19.5,
    "Embarked": "C",
}


def fail(page: sync_api.Page, address: str) -> None:
    """Whatever is asked of this address is refused, as the services refuse."""
    body = {"type": "urn:kolba:away", "title": "It is away", "status": 503, "detail": "Later."}
    page.route(
        re.compile(address),
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=json.dumps(body)
        ),
    )


@pytest.mark.parametrize(("path", "is_painted"), [("/", True), ("/sign-in", False)])
def test_a_frame_stands_there_until_the_scripts_have_come(visit, en, path, is_painted) -> None:
    page = visit("/plain")
    held: list[sync_api.Route] = []
    is_open: list[bool] = []

    def hold(route: sync_api.Route) -> None:
        if is_open:
            route.continue_()
        else:
            held.append(route)

    page.route(SCRIPTS, hold)
    page.goto(path, wait_until="commit")
    shell = page.locator("#shell")
    expect(shell).to_be_attached()
    expect(shell).to_be_visible(visible=is_painted)
    is_open.append(True)
    for route in held:
        route.continue_()
    page.get_by_role("heading", level=1).wait_for()
    expect(shell).to_have_count(0)


def test_the_sidebar_scrolls_where_the_screen_is_low(visit, en) -> None:
    page = visit("/", viewport={"width": 844, "height": 390})
    link = page.get_by_role("navigation").get_by_role("link", name=en("nav.system"))
    link.scroll_into_view_if_needed()
    expect(link).to_be_in_viewport(ratio=1)


def test_a_telephone_does_not_enlarge_the_page_on_focus(visit) -> None:
    page = visit("/models", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    size = page.get_by_role("searchbox").evaluate("one => getComputedStyle(one).fontSize")
    assert float(size.removesuffix("px")) >= 16


def test_paper_behind_pictures_is_white_in_the_dark(visit) -> None:
    page = visit("/", theme="dark")
    colour = page.evaluate(
        """() => {
            const paper = Object.assign(document.createElement('div'), { className: 'bg-white' });
            document.body.append(paper);
            return getComputedStyle(paper).backgroundColor;
        }"""
    )
    assert colour == "rgb(255, 255, 255)"


def test_home_says_that_models_cannot_be_had(visit) -> None:
    page = visit("/plain")
    fail(page, r"/api/models\b")
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text("It is away")
    expect(page.locator(".skeleton")).to_have_count(0)


def test_a_report_that_cannot_be_made_says_why(visit, titanic, en) -> None:
    page = visit("/plain")
    fail(page, r"/api/scenarios/report/")
    page.goto(f"/models/{titanic['forest']}/report")
    expect(page.get_by_role("alert")).to_contain_text("It is away")
    page.unroute_all()
    page.get_by_role("button", name=en("common.retry")).click()
    body = page.frame_locator("iframe").locator("body")
    expect(body).to_contain_text("Random")
    # Its style sheet is obeyed: the policy of the page, which holds in the frame, too, names it.
    assert body.evaluate("one => getComputedStyle(one).margin") == "0px"


def test_averages_are_in_the_readers_language(visit, titanic, words) -> None:
    russian = words("ru")
    page = visit(f"/models/{titanic['forest']}", language="ru")
    scores = page.get_by_role("region", name=russian("model.by_class"))
    expect(scores).to_contain_text("Взвешенное среднее")
    expect(scores).not_to_contain_text("avg")


def test_a_prediction_is_found_shown_and_asked_again(visit, house, titanic, en) -> None:
    model = house.api.get(f"/models/{titanic['logistic']}")
    house.api.post(f"/predict/{model['name']}@{model['version']}", {"rows": [ROW]})
    page = visit("/history/predictions")
    expect(page.get_by_role("img", name=en.pattern("history.predictions_timeline"))).to_be_visible()
    row = page.get_by_role("row").filter(has_text="31.5")
    row.get_by_role("button", name=model["name"]).click()
    dialog = page.get_by_role("dialog")
    table = dialog.get_by_role("table")
    expect(table.get_by_role("columnheader", name="Age", exact=True)).to_be_visible()
    expect(table.get_by_role("cell", name="31.5", exact=True)).to_be_visible()
    dialog.get_by_role("link", name=en("history.again")).click()
    page.wait_for_url(re.compile(rf"/try\?model={titanic['logistic']}&prediction="))
    expect(page.get_by_label("Age", exact=True)).to_have_value("31.5")
    expect(page.get_by_label("Sex", exact=True)).to_have_value("female")


def test_long_aliases_stay_in_their_column(visit, titanic) -> None:
    page = visit("/plain")
    names = [letter * 64 for letter in "abc"]
    items = [{"alias": name, "model_id": titanic["forest"]} for name in names]
    page.route(re.compile(r"/api/aliases"), lambda route: route.fulfill(json={"items": items}))
    page.goto("/models")
    for name in names:
        badge = page.get_by_text(name, exact=True)
        inside = "one => one.getBoundingClientRect().right <= one.closest('td').getBoundingClientRect().right"
        assert badge.evaluate(inside), name


def test_a_filter_that_fits_no_prediction_says_so(visit, titanic, en) -> None:
    page = visit("/history/predictions")
    search = page.get_by_role("searchbox")
    search.fill("no such model")
    search.press("Enter")
    expect(page.get_by_text(en("history.none_fit"))).to_be_visible()
    expect(page.get_by_text(en("history.no_predictions"))).to_have_count(0)
