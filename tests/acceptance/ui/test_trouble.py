"""What a page does when something else breaks: it says so, and goes on by itself where it can."""

from __future__ import annotations

import re

import pytest
from playwright import sync_api

expect = sync_api.expect
LONG = {"hyperparameters": {"n_estimators": 600}, "cross_validation_folds": 8}


def start_long_run(house, titanic) -> dict:
    wish = {"dataset_id": titanic["dataset"], "model_type": "RandomForest", **LONG}
    return house.api.post("/scenarios/train-model", wish)


def shown_events(page, t) -> list[str]:
    items = page.get_by_role("list", name=t("run.events")).get_by_role("listitem")
    return [text.split("\n", 1)[-1].strip() for text in items.all_inner_texts()]


def kept_events(house, run: dict) -> int:
    """How many of them a page shows: metrics go into curves."""
    return sum(one["type"] != "metric" for one in house.api.events(run["progress"]))


def wait_for_events(page, t, count: int) -> None:
    items = page.get_by_role("list", name=t("run.events")).get_by_role("listitem")
    items.nth(count - 1).wait_for()


def test_a_reload_in_the_middle_of_a_training(visit, house, titanic, en) -> None:
    run = start_long_run(house, titanic)
    page = visit(f"/train/runs/{run['run_id']}")
    wait_for_events(page, en, 3)
    before = shown_events(page, en)[:3]
    page.reload()
    wait_for_events(page, en, 3)
    expect(page.get_by_text(en("run.event_succeeded"), exact=True).first).to_be_visible(
        timeout=60_000
    )
    after = shown_events(page, en)
    assert after[:3] == before
    assert len(after) == kept_events(house, run)
    page.get_by_role("link", name=en("run.open_model")).click()
    expect(page.get_by_role("heading", name=en("model.confusion"))).to_be_visible()


def test_a_lost_connection_in_the_middle_of_a_training(visit, house, titanic, en) -> None:
    """What serves the page dies and comes back; the page joins again where it was."""
    run = start_long_run(house, titanic)
    page = visit(f"/train/runs/{run['run_id']}")
    joined = []
    page.on("request", lambda one: joined.append(one.url) if "/progress/" in one.url else None)
    wait_for_events(page, en, 3)
    house.kill("visualization")
    expect(page.get_by_text(en("run.event_succeeded"), exact=True).first).to_be_visible(
        timeout=60_000
    )
    assert len(joined) >= 1
    assert len(shown_events(page, en)) == kept_events(house, run)


def test_a_run_is_cancelled(visit, house, titanic, en) -> None:
    run = start_long_run(house, titanic)
    page = visit(f"/train/runs/{run['run_id']}")
    wait_for_events(page, en, 2)
    page.get_by_role("button", name=en("run.cancel")).click()
    page.get_by_role("dialog").get_by_role("button", name=en("run.cancel")).click()
    expect(page.get_by_text(en("run.event_cancelled"), exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name=en("run.again"))).to_be_visible()


def test_a_dead_ml_service_is_told_of_and_recovered_from(visit, house, titanic, en) -> None:
    page = visit(f"/try?model={titanic['forest']}")
    ask = page.get_by_role("button", name=en("try.ask"), exact=True)
    ask.wait_for()
    with house.without("ml_service"):
        ask.click()
        alert = page.get_by_role("alert")
        expect(alert).to_be_visible(timeout=30_000)
        expect(alert).to_contain_text(en("error.request_id"))
        assert re.search(r"[0-9a-f]{16,}", alert.inner_text())
        trainer = visit("/train")
        expect(trainer.get_by_role("alert")).to_contain_text(en("error.request_id"), timeout=30_000)
        system = visit("/system")
        row = system.get_by_role("row").filter(has_text=en("service.ml_service"))
        expect(row).to_contain_text(en("state.down"))
    trainer.get_by_role("button", name=en("common.retry")).click()
    expect(trainer.get_by_role("radio").first).to_be_attached()
    expect(row).to_contain_text(en("state.ok"))
    ask.click()
    expect(page.get_by_role("region", name=en("try.answer"))).to_contain_text("%")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_unreachable_kolba_is_said_so_and_nothing_is_lost(visit, titanic, en) -> None:
    page = visit(f"/models/{titanic['forest']}")
    page.locator("main").get_by_role("link", name=en("models.title")).click()
    other = page.locator(f"main a[href='/models/{titanic['logistic']}']").first
    other.wait_for()
    page.context.set_offline(True)
    other.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(en("error.offline"))
    page.context.set_offline(False)
    alert.get_by_role("button", name=en("common.retry")).click()
    expect(page.get_by_role("heading", name=en("model.confusion"))).to_be_visible()


def test_what_is_not_there_is_said_so(visit, house, en) -> None:
    for path, says in (
        ("/models/999999", en("error.request_id")),
        ("/data/999999", en("error.request_id")),
        ("/train/runs/999999", en("error.request_id")),
        ("/no/such/page", en("error.not_found")),
    ):
        expect(visit(path).locator("main")).to_contain_text(says)


def test_a_failed_refresh_is_told_with_its_request_and_can_be_tried_again(
    sign_in, titanic, en
) -> None:
    """Not in a tooltip, which a finger never sees."""
    page = sign_in("rita", "researcher", "/account/credits")
    expect(page.get_by_text(en("account.available"))).to_be_visible()
    broken = {
        "title": "The ledger is away",
        "detail": "Soon.",
        "status": 503,
        "request_id": "f" * 32,
    }
    page.route("**/api/balance", lambda route: route.fulfill(status=503, json=broken))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    told = page.get_by_role("main").get_by_role("status").filter(has_text=en("common.stale"))
    expect(told).to_contain_text("Soon.")
    expect(told).to_contain_text("f" * 32)
    page.unroute("**/api/balance")
    told.get_by_role("button", name=en("common.retry")).click()
    expect(told).to_have_count(0)


def test_a_message_that_something_failed_names_the_request(sign_in, people, titanic, en) -> None:
    people.password("rita", "researcher")
    first = sign_in("rita", "researcher", "/models")
    page = sign_in("rita", "researcher", "/account")
    broken = {"title": "Not now", "detail": "Soon.", "status": 503, "request_id": "e" * 32}
    page.route("**/api/auth/sessions/*", lambda route: route.fulfill(status=503, json=broken))
    page.get_by_role("button", name=en("account.end"), exact=True).first.click()
    expect(page.get_by_text("e" * 32)).to_be_visible()
    first.close()


@pytest.mark.parametrize("can_copy", [True, False])
def test_what_is_shown_once_can_be_copied_over_plain_http(sign_in, titanic, en, can_copy) -> None:
    """Browsers keep the clipboard from pages of another machine that do not come over HTTPS."""
    page = sign_in("tom", "researcher", "/account/tokens")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    if not can_copy:
        page.evaluate("document.execCommand = () => false")
    page.get_by_role("button", name=en("account.make_token"), exact=True).click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label(en("account.token_name"), exact=True)
    name.fill("copied" if can_copy else "selected")
    name.press("Enter")
    secret = dialog.get_by_role("region", name=en("account.token_made")).inner_text()
    dialog.get_by_role("button", name=en("common.copy"), exact=True).click()
    if not can_copy:
        expect(dialog.get_by_text(en("common.selected")).first).to_be_visible()
        assert page.evaluate("String(getSelection())") == secret
        return
    page.keyboard.press("Escape")
    page.get_by_role("button", name=en("account.make_token"), exact=True).click()
    name.press("Control+V")
    expect(name).to_have_value(secret)


def test_somebody_whose_session_is_over_is_shown_the_way_in(visit, titanic, en) -> None:
    """Also where a page asks in a way of its own."""
    page = visit(f"/try?model={titanic['forest']}")
    ask = page.get_by_role("button", name=en("try.ask"), exact=True)
    ask.wait_for()
    page.route(
        "**/api/predict/*",
        lambda route: route.fulfill(status=401, json={"title": "Sign in", "status": 401}),
    )
    ask.click()
    page.wait_for_url("**/sign-in?next=*")


def test_the_last_row_of_a_page_leaves_the_page_before_it(visit, house, en) -> None:
    page = visit("/sign-in")
    for number in range(51 - house.api.get("/files?limit=1")["total"]):
        answer = page.request.post(
            f"{house.ui}/api/files",
            params={"name": f"note-{number}.txt"},
            headers={"Content-Type": "application/octet-stream", "Origin": house.ui},
            data=str(number).encode(),
        )
        assert answer.status == 201, answer.text()
    page.goto("/data/files")
    # The oldest first: the last one is a file that nothing is made of.
    page.get_by_role("button", name=en("common.created"), exact=True).click()
    page.get_by_role("button", name=en("common.next"), exact=True).click()
    rows = page.get_by_role("main").locator("tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("button").click()
    page.get_by_role("menuitem", name=en("common.delete")).click()
    page.get_by_role("dialog").get_by_role("button", name=en("common.delete")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows).to_have_count(50)


def test_a_list_whose_rest_cannot_be_fetched_says_so(visit, titanic, en) -> None:
    def pretend_more(route: sync_api.Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"total": 60})

    page = visit("/data")
    page.get_by_role("heading", level=1).wait_for()
    page.route(re.compile(r"/api/models\?.*limit=50"), pretend_more)
    page.route(re.compile(r"/api/models\?.*limit=1000"), lambda route: route.abort())
    page.goto("/models")
    told = page.get_by_role("main").get_by_role("status").filter(has_text=en("common.stale"))
    expect(told).to_be_visible()
    expect(page.get_by_role("main").locator("tbody tr")).not_to_have_count(0)
    page.unroute_all()
    told.get_by_role("button", name=en("common.retry")).click()
    expect(told).to_have_count(0)
