"""Work that takes its time: whoever has gone on to another page is told of its end there, not pulled away."""

from __future__ import annotations

import re

from playwright import sync_api

expect = sync_api.expect


def hold(page, path: str) -> list:
    """The requests there, which wait until the test lets them go on."""
    held: list = []
    page.route(path, lambda one: held.append(one))  # noqa: PLW0108
    return held


def leave_for_models(page, en) -> None:
    page.get_by_role("navigation", name=en("nav.main")).get_by_role(
        "link", name=en("nav.models"), exact=True
    ).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(en("models.title"))


def let_go(page, held: list) -> None:
    for _ in range(50):
        if held:
            break
        page.wait_for_timeout(100)
    for one in held:
        one.continue_()


def expect_only_told(page, en, text: str) -> None:
    expect(page.get_by_text(text)).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.get_by_role("heading", level=1)).to_have_text(en("models.title"))
    page.get_by_role("link", name=en("common.open"), exact=True).click()
    page.wait_for_url(re.compile(r"/(data|train/runs)/\d+$"))
    expect(page.get_by_role("link", name=en("common.open"), exact=True)).to_have_count(0)


def test_a_finished_upload(visit, titanic, en) -> None:
    page = visit("/data/upload")
    held = hold(page, "**/api/upload/dataset*")
    file = {"name": "left behind.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    leave_for_models(page, en)
    let_go(page, held)
    expect_only_told(page, en, en("upload.done", name="left behind", version="1"))


def test_a_refused_upload(visit, titanic, en) -> None:
    page = visit("/data/upload")
    held = hold(page, "**/api/upload/dataset*")
    file = {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"a,b,a\n1,2,3\n"}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    leave_for_models(page, en)
    let_go(page, held)
    expect(page.get_by_role("button", name=en("common.close"))).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(en("models.title"))


def test_a_finished_collection(visit, titanic, en) -> None:
    page = visit("/data/sources")
    held = hold(page, "**/api/scenarios/collect-and-store")
    source = page.locator("article").filter(has_text="titanic")
    source.get_by_label(en("sources.name")).fill("collected-meanwhile")
    source.get_by_role("button", name=en("data.collect")).click()
    leave_for_models(page, en)
    let_go(page, held)
    expect_only_told(page, en, en("sources.collected", name="collected-meanwhile", version="1"))


def test_a_repetition_of_the_history(visit, titanic, en) -> None:
    page = visit("/history")
    held = hold(page, "**/api/scenarios/collect-and-store")
    row = page.get_by_role("row").filter(has_text=re.compile("collect", re.IGNORECASE)).first
    row.get_by_role("button").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=en("history.again")).click()
    dialog.get_by_role("button", name=en("common.close"), exact=True).last.click()
    leave_for_models(page, en)
    let_go(page, held)
    expect_only_told(page, en, en("history.again_started"))


def test_a_client_is_not_offered_to_collect(sign_in, titanic, en) -> None:
    page = sign_in("cleo", "client", "/data/sources")
    source = page.locator("article").filter(has_text="titanic")
    expect(source).to_be_visible()
    expect(source.get_by_role("button", name=en("data.collect"))).to_have_count(0)
    expect(source.get_by_label(en("sources.name"))).to_have_count(0)
