"""Numbers, curves and lists say what is there: no more rounded than they are told to be, in the chosen language."""

from __future__ import annotations

import re

import pytest
from playwright import sync_api

expect = sync_api.expect
LARGEST = 12_345
FINE = "0.123456789012345"
FED = """() => {
    window.sources = [];
    window.EventSource = class {
        constructor() { this.listeners = {}; this.readyState = 1; window.sources.push(this); }
        addEventListener(kind, listener) { this.listeners[kind] = listener; }
        close() {}
    };
    window.texts = [];
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.texts.push(text);
        return write.call(this, text, ...rest);
    };
    let sequence = 0;
    window.tell = (type, data) => {
        const event = { sequence: ++sequence, at: new Date().toISOString(), type, message: '', fraction: null, data };
        window.sources.at(-1).listeners[type]({ data: JSON.stringify(event) });
    };
}"""


@pytest.fixture(scope="module")
def numbered(house, browser) -> int:
    rows = "".join(f"{LARGEST - n},{FINE},{n % 2}\n" for n in range(50))
    page = browser.new_page()
    dataset = house.upload(page, "numbered-" + "n" * 70, "id,share,fate\n" + rows)
    page.close()
    return dataset


def test_values_of_the_data_are_not_rounded(visit, numbered, en) -> None:
    page = visit(f"/data/{numbered}")
    cell = page.get_by_role("cell", name=FINE).first
    expect(cell).to_be_visible()
    expect(cell).to_have_attribute("title", FINE)
    page.goto(f"/data/{numbered}/profile")
    card = page.locator("article").filter(has=page.get_by_role("heading", name="id", exact=True))
    expect(card).to_contain_text("12,345")
    expect(card).to_contain_text("12,296")
    expect(card).to_contain_text("12,320.5")


def test_a_long_name_leaves_the_version_whole(visit, numbered) -> None:
    page = visit("/data")
    row = page.get_by_role("row").filter(has=page.locator(f"a[href='/data/{numbered}']"))
    badge = row.get_by_text("v1", exact=True)
    expect(badge).to_be_visible()
    assert badge.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_curve_grows_in_the_chart_that_is_there(visit, titanic, words) -> None:
    page = visit("/", language="en")
    page.add_init_script(f"({FED})()")
    page.goto(f"/train/runs/{titanic['run']}")
    page.get_by_role("button", name=re.compile("Русский")).click()
    page.wait_for_function("() => window.sources.length > 0")
    for step in (1, 2):
        page.evaluate("(step) => tell('metric', { name: 'loss', value: step / 4, step })", step)
    page.locator("main canvas").first.wait_for()
    page.evaluate("document.querySelector('main canvas').dataset.first = 'yes'")
    for step in (3, 4, 3):
        page.evaluate("(step) => tell('metric', { name: 'loss', value: step / 4, step })", step)
        page.wait_for_timeout(100)
    expect(page.locator("main canvas[data-first]")).to_have_count(1)
    expect(page.locator("main .u-legend")).to_be_visible()
    # The browser speaks English, the reader has chosen Russian.
    figures = [one for one in page.evaluate("window.texts") if re.fullmatch(r"\d+[.,]\d+", one)]
    assert figures
    assert all("," in one for one in figures), figures


def test_runs_are_chosen_by_kind_and_a_choice_that_fits_none_says_so(visit, titanic, en) -> None:
    page = visit("/train/runs")
    kinds = page.get_by_label(en("runs.kind"), exact=True)
    kinds.select_option("fine-tune")
    expect(page.get_by_text(en("runs.none_fit"))).to_be_visible()
    expect(page.get_by_text(en("runs.none"), exact=True)).to_have_count(0)
    page.get_by_role("button", name=en("runs.show_all")).click()
    expect(page.locator(f"main a[href='/train/runs/{titanic['run']}']")).to_be_visible()
