"""Names and values that try to be more than words, in every place where one is shown."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from playwright import sync_api

expect = sync_api.expect
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
WIDE = "W" * 200
HOSTILE = [
    SCRIPT,
    IMAGE,
    "a\u202egpj.exe\u202cb",
    WIDE,
    "{{7*7}}${7*7}'--",
    "<b>bold</b>&amp;",
]
# The fields of the services' answers that hold what a person has written.
WRITTEN = {
    "name", "dataset_name", "display_name", "description", "person", "owner", "memo", "source",
    "version", "from_version", "to_version", "parent_version", "alias", "filename", "worker", "message",
    "family", "moved_by",
}  # fmt: skip
PLACES = [
    "/", "/data", "/data/sources", "/data/journal", "/data/{dataset}", "/data/{dataset}/profile",
    "/data/{dataset}/about", "/train", "/train/runs", "/train/runs/{run}", "/models",
    "/models/{forest}", "/models/{forest}/versions", "/models/compare?ids={forest},{logistic}",
    "/data/files", "/try", "/try/batch", "/digits", "/history", "/history/predictions", "/system",
    "/account", "/account/credits", "/account/tokens", "/people",
]  # fmt: skip
# A chart takes the width of its place in the frame after.
OVERFLOW = """async () => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}"""


def quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def poison(page, words: list[str]) -> None:
    """Whatever the services answer, its names are hostile: `words` in turn."""
    # Each with a number: the services' own names are unique, too.
    names = (f"{name}{number}" for number, name in enumerate(itertools.cycle(words)))

    def replace(value, kept, key=""):
        if isinstance(value, dict):
            return {name: replace(one, kept, name) for name, one in value.items()}
        if isinstance(value, list):
            return [replace(one, kept) for one in value]
        return next(names) if key in WRITTEN - kept and isinstance(value, str) else value

    def answer(route) -> None:
        response = route.fetch()
        if "json" not in response.headers.get("content-type", ""):
            route.fulfill(response=response)
            return
        # By its name a model's page asks for the model's aliases.
        kept = {"name"} if re.search(r"/api/models/\d+$", route.request.url) else set()
        route.fulfill(response=response, body=json.dumps(replace(response.json(), kept)))

    page.route(re.compile(r"/api/(?!progress|me\b|auth)"), answer)


def look_for_harm(page, place: str) -> list[str]:
    found = []
    if page.locator("img[src=x], main b, script:text('alert')").count():
        found.append(f"{place}: a name became an element")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 860})
        over = page.evaluate(OVERFLOW)
        if over > 0:
            found.append(f"{place}: at {width} px the page is {over} px too wide")
    page.set_viewport_size({"width": 1280, "height": 860})
    return found


# Which name comes where depends on which answer comes first: the widest is everywhere in a turn of its own.
@pytest.mark.parametrize("words", [HOSTILE, [WIDE]], ids=["each-in-turn", "all-wide"])
def test_hostile_names_are_words_on_every_page(settle, titanic, people, sign_in, words) -> None:
    page = sign_in("names-admin", "admin")
    poison(page, words)
    found = []
    for place in PLACES:
        page.goto(place.format(**titanic))
        try:
            settle(page)
        except sync_api.TimeoutError:
            found.append(f"{place}: it does not come to rest")
        found += look_for_harm(page, place)
    assert found == [], "\n".join(found)


@pytest.fixture(scope="module")
def hostile(house, browser) -> dict[str, int]:
    """A data set whose columns and categories are hostile, and a model of it."""
    header = [SCRIPT, IMAGE, "x" * 200, "kind"]
    lines = [",".join(map(quote, header))]
    for number in range(120):
        words = [HOSTILE[number % 3], HOSTILE[3 + number % 3]]
        lines.append(",".join([*map(quote, words), str(number % 7), quote(HOSTILE[number % 2])]))
    context = browser.new_context()
    dataset = house.upload(context.new_page(), "x" * 128, "\n".join(lines) + "\n")
    context.close()
    return {"dataset": dataset, "model": house.train(dataset, "RandomForest", target="kind")}


def test_hostile_columns_and_categories_are_words(visit, settle, house, hostile, en) -> None:
    page = visit("/")
    found = []
    for place in ("/data/{dataset}", "/data/{dataset}/profile", "/data/{dataset}/about",
                  "/train?dataset={dataset}", "/models/{model}", "/try?model={model}"):  # fmt: skip
        page.goto(place.format(**hostile))
        settle(page)
        found += look_for_harm(page, place)
    assert found == [], "\n".join(found)
    page.get_by_role("button", name=en("try.ask"), exact=True).click()
    answer = page.get_by_role("region", name=en("try.answer"))
    expect(answer).to_contain_text("%")
    expect(answer).to_contain_text("alert(1)")
    assert look_for_harm(page, "an answer") == []
    page.goto(f"/models/{hostile['model']}/report")
    report = page.frame_locator("iframe").locator("body")
    expect(report).to_contain_text("alert(1)")
    assert page.frame_locator("iframe").locator("img[src=x]").count() == 0


def test_a_hostile_file_name_is_words(visit, en) -> None:
    page = visit("/data/upload")
    for name in HOSTILE:
        file = {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name=en("upload.other")).wait_for()
        assert look_for_harm(page, "upload") == []


def test_scripts_come_from_here_alone(visit, watch) -> None:
    page = visit("/")
    policy = page.request.get("/").headers["content-security-policy"]
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "*" not in scripts
    assert "http" not in scripts
    page.get_by_role("heading", level=1).wait_for()
    ran = page.evaluate(
        """() => new Promise((done) => {
            const script = document.createElement('script');
            document.addEventListener('securitypolicyviolation', () => done(false));
            window.harmed = () => done(true);
            script.textContent = 'window.harmed()';
            document.body.append(script);
        })"""
    )
    assert ran is False
    assert all("Content Security Policy" in one for one in watch.seen)
    watch.seen.clear()


def test_what_a_person_wrote_of_themselves_is_words(house, people, sign_in, en) -> None:
    """Real ones: a display name, a token's name, a description."""
    page = sign_in("names-admin", "admin")
    page.goto("/account/tokens")
    page.get_by_role("button", name=en("account.make_token")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(en("account.token_name")).fill(IMAGE)
    dialog.get_by_role("button", name=en("account.make_token")).click()
    expect(dialog).to_contain_text(en("account.token_once"))
    page.goto("/account/tokens")
    page.get_by_text(IMAGE).first.wait_for()
    assert look_for_harm(page, "/account/tokens") == []
