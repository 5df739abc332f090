"""Who is signed in, and what the pages offer to whom."""

from __future__ import annotations

import re

from playwright import sync_api

expect = sync_api.expect


def test_a_client_is_offered_only_what_a_client_may_do(sign_in, titanic, en) -> None:
    page = sign_in("cleo", "client")
    main = page.get_by_role("main")
    expect(main.get_by_text("Apply a model")).to_be_visible()
    expect(main.get_by_text("Train a model")).to_have_count(0)
    menu = page.get_by_role("navigation", name=en("nav.main"))
    expect(menu.get_by_role("link", name=en("nav.models"))).to_be_visible()
    expect(menu.get_by_role("link", name=en("nav.train"))).to_have_count(0)
    expect(menu.get_by_role("link", name=en("nav.people"))).to_have_count(0)
    page.goto("/data")
    page.get_by_role("heading", level=1).wait_for()
    expect(main.get_by_role("link", name=en("data.upload"), exact=True)).to_have_count(0)
    expect(main.get_by_role("link", name=en("data.collect"), exact=True)).to_have_count(0)


def test_a_client_who_goes_there_by_hand_is_refused_in_words(sign_in, house, titanic, en) -> None:
    before = house.api.get("/runs?limit=1")["total"]
    page = sign_in("cleo", "client")
    page.goto("/people")
    expect(page.get_by_role("main")).to_contain_text(en("forbidden.title"))
    page.goto("/train")
    expect(page.get_by_role("main")).to_contain_text(en("forbidden.title"))
    expect(page.get_by_role("button", name=en("train.start"), exact=True)).to_have_count(0)
    assert house.api.get("/runs?limit=1")["total"] == before


def test_somebody_signs_in_and_out(visit, people, en) -> None:
    password = people.password("rita", "researcher")
    page = visit("/sign-in?next=/models")
    page.get_by_label(en("sign_in.name"), exact=True).fill("rita")
    field = page.get_by_label(en("sign_in.password"), exact=True)
    field.fill("not the password")
    page.get_by_role("button", name=en("sign_in.submit"), exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(en("error.request_id"))
    field.fill(password)
    page.get_by_role("button", name=en("sign_in.submit"), exact=True).click()
    page.wait_for_url(re.compile(r"/models$"))
    page.get_by_role("link", name=re.compile("rita")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(en("account.title"))
    page.get_by_role("button", name=en("account.sign_out"), exact=True).click()
    page.wait_for_url("**/sign-in*")


def test_after_signing_in_nobody_is_sent_away_from_here(visit, people, en) -> None:
    password = people.password("rita", "researcher")
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org"):
        page = visit(f"/sign-in?next={elsewhere}")
        page.get_by_label(en("sign_in.name"), exact=True).fill("rita")
        page.get_by_label(en("sign_in.password"), exact=True).fill(password)
        page.get_by_role("button", name=en("sign_in.submit"), exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(en("home.start"))


def test_a_password_that_was_made_for_somebody_is_changed_before_anything_else(
    visit, house, en
) -> None:
    first = house.add_person("nora", "client")
    page = visit("/sign-in?next=/models")
    page.get_by_label(en("sign_in.name"), exact=True).fill("nora")
    page.get_by_label(en("sign_in.password"), exact=True).fill(first)
    page.get_by_role("button", name=en("sign_in.submit"), exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(en("account.choose_title"))
    page.goto("/history")
    expect(heading).to_have_text(en("account.choose_title"))
    expect(page.get_by_role("navigation", name=en("nav.main"))).to_have_count(0)
    page.get_by_label(en("account.current"), exact=True).fill(first)
    page.get_by_label(en("account.new"), exact=True).fill("correct horse battery")
    page.get_by_role("button", name=en("account.password"), exact=True).click()
    expect(heading).to_have_text(en("history.title"))
    expect(page.get_by_role("navigation", name=en("nav.main"))).to_be_visible()
