"""Every page: axe finds nothing in either theme, nothing is wider than a phone, and pictures are taken to look at.

The pictures lie in build/screenshots/.
"""

from __future__ import annotations

import pytest

PHONE = {"width": 390, "height": 844}
PAGES = {
    "home": "/",
    "data": "/data",
    "sources": "/data/sources",
    "journal": "/data/journal",
    "upload": "/data/upload",
    "table": "/data/{dataset}",
    "profile": "/data/{dataset}/profile",
    "about": "/data/{dataset}/about",
    "train": "/train",
    "runs": "/train/runs",
    "run": "/train/runs/{run}",
    "models": "/models",
    "model": "/models/{forest}",
    "report": "/models/{forest}/report",
    "versions": "/models/{forest}/versions",
    "compare": "/models/compare?ids={forest},{logistic}",
    "try": "/try",
    "batch": "/try/batch",
    "history": "/history",
    "predictions": "/history/predictions",
    "system": "/system",
    "account": "/account",
    "missing": "/models/999999",
    "nowhere": "/no/such/page",
}
SIGNED_IN = {
    "account": "/account",
    "credits": "/account/credits",
    "tokens": "/account/tokens",
    "people": "/people",
    "invitations": "/people/invitations",
    "prices": "/people/prices",
    "audit": "/people/audit",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_fit_for_everybody(look_at, inspect, titanic, name) -> None:
    path = PAGES[name].format(**titanic)
    found = inspect(look_at(path, language="en"), name, "en", find_faults=True)
    found += inspect(look_at(path, language="ru"), name, "ru", find_faults=False)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_of_somebody_signed_in_is_fit_for_everybody(sign_in, inspect, titanic, name) -> None:
    page = sign_in("pages-admin", "admin", SIGNED_IN[name])
    assert inspect(page, f"{name}-signed-in", "en", find_faults=True) == []


def test_signing_in_is_fit_for_everybody(visit, inspect, people) -> None:
    assert inspect(visit("/sign-in"), "sign-in", "en", find_faults=True) == []
    assert inspect(visit("/sign-in", language="ru"), "sign-in", "ru", find_faults=False) == []


def test_choosing_a_password_is_fit_for_everybody(visit, inspect, house, en) -> None:
    first = house.add_person("pages-newcomer", "client")
    page = visit("/sign-in")
    page.get_by_label(en("sign_in.name"), exact=True).fill("pages-newcomer")
    page.get_by_label(en("sign_in.password"), exact=True).fill(first)
    page.get_by_role("button", name=en("sign_in.submit"), exact=True).click()
    page.get_by_role("heading", name=en("account.choose_title")).wait_for()
    assert inspect(page, "choose-password", "en", find_faults=True) == []


def test_what_opens_over_a_page_is_fit_for_everybody(visit, inspect, titanic, en) -> None:
    found = []
    page = visit(f"/models/{titanic['logistic']}")
    page.get_by_role("button", name=en("model.promote")).click()
    page.get_by_role("dialog").wait_for()
    found += inspect(page, "over-dialog", "en", find_faults=True)
    page = visit("/models")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("option").first.wait_for()
    found += inspect(page, "over-palette", "en", find_faults=True)
    page = visit("/history")
    page.locator("main table").get_by_role("button").last.click()
    page.get_by_role("dialog").wait_for()
    found += inspect(page, "over-entry", "en", find_faults=True)
    page = visit("/models", viewport=PHONE)
    page.get_by_role("button", name=en("nav.open")).click()
    found += inspect(page, "over-drawer", "en", find_faults=True)
    assert found == [], "\n".join(found)
