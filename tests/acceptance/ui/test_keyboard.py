"""All of it without a mouse."""

from __future__ import annotations

import re

from playwright import sync_api

expect = sync_api.expect
FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const shown = ring || style.boxShadow !== 'none' || one.closest('label:has(:focus-visible)')
        || one.matches('dialog, [role=dialog], [tabindex="-1"]');
    one.dataset.reached = 'yes';
    return { tag: one.tagName, text: (one.innerText || one.ariaLabel || '').slice(0, 40),
             inside: one.closest('[role=dialog], dialog') !== null,
             seen: Boolean(shown) && box.width > 0 };
}"""
# What a person could press or fill in, but Tab never came to. A group of radio buttons is one stop.
MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0
        && one.type !== 'radio' && !one.dataset.reached && !one.closest('dialog:not([open])'))
    .map((one) => one.outerHTML.slice(0, 120))"""
MOST_STOPS = 160


def walk(page) -> list[dict]:
    """Tab through the whole page; where the focus was."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    return stops


def test_everything_is_reached_by_tab_and_the_focus_is_seen(visit, settle, titanic) -> None:
    for path in ("/", "/data/sources", "/train", "/models", "/models/{forest}", "/try", "/history"):
        page = visit(path.format(**titanic))
        settle(page)
        stops = walk(page)
        assert page.evaluate(MISSED) == [], path
        assert [one for one in stops if not one["seen"]] == [], path


def test_also_where_somebody_has_signed_in(sign_in, settle, titanic) -> None:
    page = sign_in("keys-admin", "admin")
    for path in (
        "/account", "/account/tokens", "/account/credits", "/people", "/people/of/keys-admin",
        "/people/invitations", "/people/prices", "/people/audit", "/system",
    ):  # fmt: skip
        page.goto(path)
        settle(page)
        stops = walk(page)
        assert page.evaluate(MISSED) == [], path
        assert [one for one in stops if not one["seen"]] == [], path


def test_an_account_is_worked_by_keys_alone(sign_in, settle, titanic, en) -> None:
    page = sign_in("keys-admin", "admin", "/account/tokens")
    settle(page)
    press(page, "button", en("account.make_token"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(en("account.token_name")).focus()
    page.keyboard.type("by keys")
    press(dialog, "button", en("account.make_token"))
    expect(dialog).to_contain_text(en("account.token_once"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("by keys")


def test_people_are_managed_by_keys_alone(sign_in, settle, people, titanic, en) -> None:
    people.password("keys-client", "client")
    page = sign_in("keys-admin", "admin", "/people?search=keys-client")
    settle(page)
    row = page.get_by_role("row").filter(has_text="keys-client")
    opener = row.get_by_role("button")
    opener.focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu")
    menu.wait_for()
    menu.get_by_role("menuitem", name=en("people.disable")).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog").or_(page.get_by_role("dialog"))
    expect(dialog.locator(":focus")).to_have_count(1)
    press(dialog, "button", en("people.disable"))
    expect(row).to_contain_text(en("people.disabled"))
    expect(opener).to_be_focused()


def press(inside, role: str, name: str) -> None:
    button = inside.get_by_role(role, name=name, exact=True).last
    button.focus()
    button.press("Enter")


def test_the_first_stop_leads_past_the_menu(visit, en) -> None:
    page = visit("/models")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=en("nav.skip"))).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")


def test_the_palette_opens_and_goes_there(visit, titanic, en) -> None:
    page = visit("/")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("combobox").wait_for()
    page.keyboard.type("logistic")
    page.get_by_role("option", name=re.compile("Logistic")).first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/models/\d+$"))
    page.get_by_role("heading", name=en("model.confusion")).wait_for()
    page.keyboard.press("/")
    page.get_by_role("dialog").get_by_role("combobox").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/data")


def test_the_palette_finds_what_it_does_not_list_by_its_name(visit, titanic, en) -> None:
    """As if there were so many models that the latest ones leave these out."""

    def leave_out(route: sync_api.Route) -> None:
        answer = route.fetch()
        body = answer.json()
        if "name=" not in route.request.url:
            body = {"items": [], "total": 51}
        route.fulfill(response=answer, json=body)

    page = visit("/")
    page.get_by_role("heading", level=1).wait_for()
    page.route(re.compile(r"/api/models\?"), leave_out)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("combobox").wait_for()
    told = page.get_by_role("dialog").get_by_text(en("palette.left_out", n="50"))
    told.wait_for()
    page.keyboard.type("titanic")
    page.get_by_role("option", name=re.compile("titanic.*Logistic")).first.wait_for()


def test_the_palette_opens_in_a_russian_layout(visit, words) -> None:
    page = visit("/models", language="ru")
    page.get_by_role("heading", level=1).wait_for()
    page.evaluate(
        """() => window.dispatchEvent(new KeyboardEvent('keydown',
            { key: 'л', code: 'KeyK', ctrlKey: true, bubbles: true }))"""
    )
    page.get_by_role("dialog").get_by_role("combobox").wait_for()


def test_a_dialog_keeps_the_focus_and_gives_it_back(visit, titanic, en) -> None:
    page = visit(f"/models/{titanic['logistic']}")
    opener = page.get_by_role("button", name=en("model.promote"))
    opener.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    for key in ("Tab", "Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED)["inside"], key
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_menu_is_worked_by_arrows_and_gives_the_focus_back(visit, titanic, en) -> None:
    page = visit(f"/models/{titanic['logistic']}")
    opener = page.get_by_role("button", name=en("common.more"))
    opener.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menu").wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_table_of_rows_scrolls_by_keys(visit, titanic, en) -> None:
    page = visit(f"/data/{titanic['dataset']}")
    table = page.get_by_role("table")
    page.get_by_role("cell", name="Braund, Mr. Owen Harris").wait_for()
    table.focus()
    page.keyboard.press("End")
    page.get_by_role("cell", name="Dooley, Mr. Patrick").wait_for()
    page.keyboard.press("Home")
    page.get_by_role("cell", name="Braund, Mr. Owen Harris").wait_for()
