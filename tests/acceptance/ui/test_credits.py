"""What is paid for is paid for once, and what it costs is known before."""

from __future__ import annotations

import json

from playwright import sync_api

expect = sync_api.expect
TURN = "00:31"
"""Longer than what is known of credits may become old."""


def lose_answers(page: sync_api.Page, pattern: str, *, times: int = 1) -> list[str | None]:
    """The service does what is asked, but the connection breaks before its answer comes; the keys that were sent."""
    keys: list[str | None] = []

    def pass_on(route: sync_api.Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        keys.append(route.request.headers.get("idempotency-key"))
        answer = route.fetch()
        assert answer.ok, answer.text()
        if len(keys) <= times:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    page.route(pattern, pass_on)
    return keys


def test_a_top_up_whose_answer_was_lost_is_given_once(sign_in, house, people, titanic, en) -> None:
    people.password("cleo", "client")
    page = sign_in("boss", "admin", "/people/of/cleo")
    keys = lose_answers(page, "**/api/people/cleo/top-ups")
    page.get_by_role("button", name=en("people.top_up"), exact=True).click()
    dialog = page.get_by_role("dialog")
    amount = dialog.get_by_label(en("people.amount"), exact=True)
    amount.fill("40")
    amount.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(en("error.offline"))
    amount.press("Enter")
    expect(dialog).to_have_count(0)
    assert len(keys) == 2
    assert keys[0]
    assert keys[0] == keys[1]
    expect(page.get_by_role("list", name=en("account.transfers"))).to_contain_text("+40")
    assert page.request.get("/api/people/cleo/balance").json()["balance"] == 40


def test_a_token_whose_answer_was_lost_is_made_once(sign_in, titanic, en) -> None:
    """It cannot be shown a second time: that is said, and the one that was made is there to be revoked."""
    page = sign_in("tom", "researcher", "/account/tokens")
    lose_answers(page, "**/api/me/tokens")
    page.get_by_role("button", name=en("account.make_token"), exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(en("account.token_name"), exact=True).fill("a script")
    dialog.get_by_role("button", name=en("account.make_token"), exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(en("error.offline"))
    page.unroute("**/api/me/tokens")
    dialog.get_by_role("button", name=en("account.make_token"), exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("It was done; its answer is not kept")
    assert len(page.request.get("/api/me/tokens").json()["items"]) == 1


def test_what_is_wrong_with_a_field_is_said_of_it(sign_in, titanic, en) -> None:
    page = sign_in("boss", "admin", "/people")
    page.get_by_role("button", name=en("people.add"), exact=True).click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label(en("common.name"), exact=True)
    expect(dialog.get_by_label(en("account.group"), exact=True)).not_to_have_value("")
    name.fill("no such name!")
    name.press("Enter")
    expect(name).to_have_attribute("aria-invalid", "true")
    described = page.locator(f"id={name.get_attribute('aria-describedby')}")
    expect(described).not_to_be_empty()


def test_a_price_set_meanwhile_is_known_to_who_came_in_by_the_form(
    visit, sign_in, people, house, en
) -> None:
    boss = sign_in("boss", "admin", "/people/prices")
    password = people.password("rita", "researcher")
    page = visit("/sign-in?next=/account/credits")
    page.clock.install()
    page.get_by_label(en("sign_in.name"), exact=True).fill("rita")
    field = page.get_by_label(en("sign_in.password"), exact=True)
    field.fill(password)
    field.press("Enter")
    prices = page.get_by_role("main").locator("section").filter(has_text=en("credits.prices"))
    expect(prices).to_contain_text(en("credits.all_free"))
    token = boss.request.get("/api/auth/session").json()["csrf_token"]
    headers = {"X-CSRF-Token": token, "Origin": house.ui, "Content-Type": "application/json"}
    address = "/api/prices/runs/predict-batch"
    answer = boss.request.put(address, headers=headers, data=json.dumps({"price": 3}))
    assert answer.ok, answer.text()
    page.clock.run_for(TURN)
    expect(prices).to_contain_text(en("credits.rest_free"))
    assert boss.request.delete(address, headers=headers).ok


def test_what_is_not_known_of_credits_is_not_said(sign_in, titanic, en) -> None:
    page = sign_in("cleo", "client", "/models")
    for path in ("balance", "prices"):
        page.route(f"**/api/{path}", lambda route: route.abort("connectionreset"))
    page.goto("/account/credits")
    alerts = page.get_by_role("main").get_by_role("alert")
    expect(alerts).to_have_count(2)
    expect(page.get_by_text(en("credits.all_free"))).to_have_count(0)
    for path in ("balance", "prices"):
        page.unroute(f"**/api/{path}")
    alerts.first.get_by_role("button", name=en("common.retry")).click()
    expect(alerts).to_have_count(1)
    alerts.get_by_role("button", name=en("common.retry")).click()
    expect(page.get_by_text(en("credits.all_free"))).to_be_visible()


def test_an_answer_that_was_lost_is_given_again(visit, house, titanic, en) -> None:
    """A prediction is charged when it is answered, so the second press must not ask for another."""
    page = visit(f"/try?model={titanic['forest']}")
    keys = lose_answers(page, "**/api/predict/*")
    ask = page.get_by_role("button", name=en("try.ask"), exact=True)
    ask.click()
    expect(page.get_by_role("alert")).to_contain_text(en("error.offline"))
    ask.click()
    expect(page.get_by_role("region", name=en("try.answer"))).to_contain_text("%")
    assert len(keys) == 2
    assert keys[0]
    assert keys[0] == keys[1]


def test_a_training_whose_answer_was_lost_is_queued_once(visit, house, titanic, en) -> None:
    before = house.api.get("/runs?limit=1")["total"]
    page = visit(f"/train?dataset={titanic['dataset']}")
    keys = lose_answers(page, "**/api/scenarios/train-model")
    start = page.get_by_role("button", name=en("train.start"), exact=True)
    start.click()
    expect(page.get_by_role("alert")).to_contain_text(en("error.offline"))
    start.click()
    page.wait_for_url("**/train/runs/*")
    assert len(keys) == 2
    assert house.api.get("/runs?limit=1")["total"] == before + 1
