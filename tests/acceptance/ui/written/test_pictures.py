"""What is drawn, chosen or dropped, and pictures wherever they are shown."""

from __future__ import annotations

import base64
import json
import re
import struct

import pytest
from PIL import Image
from playwright import sync_api

expect = sync_api.expect
PHONE = {"width": 390, "height": 844}
PAGES = {
    "model": "/models/{model}",
    "table": "/data/{dataset}",
    "profile": "/data/{dataset}/profile",
    "train": "/train?dataset={dataset}",
    "try": "/try?model={model}",
    "predictions": "/history/predictions",
}
DROP = """(address) => {
    const bytes = Uint8Array.from(atob(address.split(',')[1]), (one) => one.charCodeAt(0));
    const given = new DataTransfer();
    given.items.add(new File([bytes], 'four.png', { type: 'image/png' }));
    const pad = document.querySelector('main canvas').parentElement;
    pad.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: given }));
}"""


@pytest.mark.parametrize("name", PAGES)
def test_pages_that_show_pictures_are_fit_for_everybody(visit, inspect, digits, name) -> None:
    path = PAGES[name].format(**digits)
    found = inspect(visit(path), f"digits-{name}", "en", find_faults=True)
    found += inspect(visit(path, language="ru"), f"digits-{name}", "ru", find_faults=False)
    assert found == []


def test_what_is_drawn_can_be_taken_back(pad_of, visit, digits, en) -> None:
    page = visit(f"/try?model={digits['model']}")
    pad = pad_of(page, en)
    pad.zero()
    pad.expect_answer("[0-9]")
    one = pad.ink()
    assert 0.05 < one < 0.3
    pad.stroke((0.2, 0.9), (0.8, 0.9))
    two = pad.ink()
    assert two > one
    page.keyboard.press("Control+z")
    assert pad.ink() == pytest.approx(one, abs=1e-3)
    page.keyboard.press("Control+Shift+z")
    assert pad.ink() == pytest.approx(two, abs=1e-3)
    pad.press("pad.clear")
    assert pad.ink() == 0
    expect(page.get_by_text(en("picture.empty"))).to_be_visible()
    pad.press("pad.undo")
    assert pad.ink() == pytest.approx(two, abs=1e-3)
    pad.expect_answer("[0-9]")


def test_a_finger_and_a_pen_draw_as_a_mouse_does(pad_of, visit, digits, en) -> None:
    page = visit("/digits", viewport=PHONE, has_touch=True, is_mobile=True)
    pad = pad_of(page, en)
    pad.canvas.scroll_into_view_if_needed()
    for kind in ("touch", "pen"):
        box = pad.canvas.bounding_box()
        assert box
        pad.canvas.evaluate(
            """(canvas, { kind, box }) => {
                const at = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
                    bubbles: true, cancelable: true, isPrimary: true, pointerId: 7, pointerType: kind,
                    pressure: kind === 'pen' ? 0.1 : 1, clientX: box.x + x * box.width,
                    clientY: box.y + y * box.height }));
                canvas.setPointerCapture = () => {};
                at('pointerdown', 0.3, 0.2);
                for (let step = 1; step <= 20; step++) at('pointermove', 0.3, 0.2 + step * 0.03);
                at('pointerup', 0.3, 0.8);
            }""",
            {"kind": kind, "box": box},
        )
        pad.expect_answer("[0-9]")
        assert pad.ink() > 0.03
        pad.press("pad.clear")
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('canvas')).touchAction")
        == "none"
    )


def test_whoever_cannot_draw_chooses_a_picture(pad_of, visit, digits, four, en) -> None:
    page = visit(f"/try?model={digits['model']}")
    pad = pad_of(page, en)
    button = page.get_by_role("button", name=en("pad.choose"))
    with page.expect_file_chooser() as chosen, page.expect_request("**/api/predict/**") as asked:
        button.press("Enter")
        chosen.value.set_files(four)
    sent = json.loads(asked.value.post_data or "")["image"]
    assert base64.b64decode(sent.partition(",")[2]) == four.read_bytes()
    pad.expect_answer("[0-9]")
    pad.press("pad.clear")
    page.evaluate(DROP, sent)
    pad.expect_answer("[0-9]")


def test_what_is_no_picture_is_refused_in_words(pad_of, visit, digits, tmp_path, en) -> None:
    page = visit(f"/try?model={digits['model']}")
    pad_of(page, en).canvas.wait_for()
    chooser = page.locator("input[type=file]")
    header = struct.pack(">I4sIIBBBBB", 13, b"IHDR", 50_000, 50_000, 1, 0, 0, 0, 0)
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + header + bytes(200))
    chooser.set_input_files(bomb)
    expect(page.get_by_text(en("pad.too_large"))).to_be_visible()
    text = tmp_path / "text.png"
    text.write_text("not a picture at all")
    chooser.set_input_files(text)
    expect(page.get_by_text(en("pad.not_a_picture"))).to_be_visible()
    heavy = tmp_path / "heavy.png"
    heavy.write_bytes(bytes(5 << 20))
    chooser.set_input_files(heavy)
    expect(page.get_by_text(en("pad.too_large"))).to_be_visible()


def test_a_white_picture_is_nothing_drawn_and_no_error(pad_of, visit, digits, tmp_path, en) -> None:
    page = visit(f"/try?model={digits['model']}")
    pad_of(page, en).canvas.wait_for()
    white = tmp_path / "white.png"
    Image.new("L", (60, 60), 255).save(white)
    with page.expect_response("**/api/predict/**") as answered:
        page.locator("input[type=file]").set_input_files(white)
    assert answered.value.status == 422
    expect(page.get_by_text(en("picture.empty"))).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\w"))).to_have_count(0)


def test_while_one_draws_one_question_at_a_time_is_asked(pad_of, visit, digits, en) -> None:
    page = visit(f"/try?model={digits['model']}")
    under_way, most, asked = 0, 0, 0

    def begin(request: sync_api.Request) -> None:
        nonlocal under_way, most, asked
        if "/api/predict/" in request.url:
            under_way, asked = under_way + 1, asked + 1
            most = max(most, under_way)

    def end(request: sync_api.Request) -> None:
        nonlocal under_way
        under_way -= "/api/predict/" in request.url

    page.on("request", begin)
    page.on("requestfinished", end)
    pad = pad_of(page, en)
    pad.zero()
    pad.stroke((0.3, 0.5), (0.7, 0.5))
    pad.expect_answer("[0-9]")
    assert most == 1
    assert asked < 40, "not with every movement of the hand, of which there were a hundred"


def test_what_was_asked_is_in_the_history_and_can_be_asked_again(
    pad_of, visit, digits, settle, en
) -> None:
    page = visit(f"/try?model={digits['model']}")
    pad = pad_of(page, en)
    pad.seven(shift=0.03)
    pad.expect_answer("[0-9]")
    page.goto("/history/predictions")
    thumbnail = page.get_by_role("img", name=en("picture.of", n="1")).first
    expect(thumbnail).to_be_visible()
    page.wait_for_function("() => document.querySelector('main table img')?.naturalWidth > 0")
    page.locator("main table").get_by_role("button").first.click()
    page.get_by_role("dialog").get_by_role("link", name=en("picture.again")).click()
    page.wait_for_url("**/try?*image=*")
    pad = pad_of(page, en)
    pad.expect_answer("[0-9]")
    assert pad.ink() > 0, "what one had drawn until then"


def test_only_what_learns_from_images_is_offered_for_images(visit, digits, titanic, en) -> None:
    page = visit(f"/train?dataset={digits['dataset']}")
    families = page.get_by_role("radiogroup", name=en("train.family"))
    expect(families.get_by_role("radio")).to_have_count(2)
    expect(families).not_to_contain_text("KNN")
    page.get_by_label(en("train.data"), exact=True).select_option(str(titanic["dataset"]))
    expect(families.get_by_role("radio")).to_have_count(3)
    expect(families.get_by_role("radio", checked=True)).to_have_count(1)


@pytest.mark.parametrize("is_live", [True, False])
def test_long_names_of_versions_give_way(visit, settle, digits, is_live) -> None:
    """Versions have names of a fixed form, but those of bundles from elsewhere may be any."""
    page = visit("/")

    def widen(route) -> None:
        response = route.fetch()
        text = re.sub(r'"(\w*version)":\s*"[^"]*"', rf'"\1":"{"W" * 200}"', response.text())
        if not is_live:
            text = text.replace('"production"', '"elsewhere"')
        route.fulfill(response=response, body=text)

    page.route(re.compile(r"/api/(models|aliases)\b"), widen)
    page.goto("/digits")
    settle(page)
    expect(page.get_by_text("W" * 200).first).to_be_attached()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(over) <= 0, width
