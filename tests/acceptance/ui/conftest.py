"""The web UI in a real browser, before a house of real services that all these tests share.

Every page is watched: a dialog that a page opens, a script that fails, a broken Content-Security-Policy
and an error in the console end the test that saw them.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright import sync_api

from kolba.cli.demo import api
from kolba.cli.embedded import control, layout

ROOT = pathlib.Path(__file__).resolve().parents[3]
KOLBA = [sys.executable, "-m", "kolba.cli.main"]
CATALOGUES = ROOT / "ui" / "src" / "lib" / "i18n"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "screenshots"
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 860}
BUILT = ROOT / "src" / "kolba" / "visualization" / "ui" / "built"
PASSWORD = "correct horse battery"
ADMIN = "house-admin"
ACTION_MS = 15_000
MESSAGE = re.compile(r"'([a-z_]+\.[a-z0-9_]+)':\s*'((?:[^'\\]|\\.)*)'")
# An answer of 4xx, or none, is for the page to explain, which the tests look at.
EXPECTED = re.compile("Failed to load resource|Not found: /no/such/page")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]


@pytest.fixture(scope="session")
def built_ui(server_is_missing: Callable[[str, str], None]) -> None:
    """The built UI; built here where nobody has built it yet."""
    if not (BUILT / "index.html").is_file():
        subprocess.run([sys.executable, "scripts/build_ui.py"], cwd=ROOT, check=True)
    if not (BUILT / "index.html").is_file():
        server_is_missing("the built web UI", "make ui, where npm's registry can be reached")


class House:
    """A running set of services and what its tests ask of it besides what they click."""

    def __init__(self, data_dir: pathlib.Path, state: layout.SetState) -> None:
        self.data_dir = data_dir
        self.ui = state.program("visualization").address
        self.api = api.Api(state.program("web_master").address)
        self._set = layout.Layout(data_dir=data_dir)
        self._has_admin = False

    def train(self, dataset: int, family: str, **wishes: Any) -> int:
        """A new model's id."""
        wish = {"dataset_id": dataset, "model_type": family, **wishes}
        started = self.api.post("/scenarios/train-model", wish)
        list(self.api.events(started["progress"]))
        run = self.api.get(started["run"])
        assert run["state"] == "succeeded", run["error"]
        return int(run["model_id"])

    def upload(self, page: sync_api.Page, name: str, body: str) -> int:
        """A new data set's id, by the same way as the UI's upload takes."""
        answer = page.request.post(
            f"{self.ui}/api/upload/dataset",
            params={"name": name},
            headers={"Content-Type": "text/csv", "Origin": self.ui},
            data=body.encode(),
        )
        assert answer.status == 201, answer.text()
        return int(answer.json()["id"])

    def add_person(self, name: str, group: str) -> str:
        """Their first password."""
        made = self._admin().post("/people", {"name": name, "group": group})
        return str(made["password"])

    def choose_password(self, name: str, first: str) -> None:
        """`PASSWORD`, in the place of the one that was made for them."""
        person = self.api.sign_in(name, first)
        with person._ask("POST", "/me/password", {"current": first, "new": PASSWORD}):
            pass

    def _admin(self) -> api.Api:
        """Made at the machine, once: a command takes seconds. Signed in anew, since a token is good for minutes."""
        if not self._has_admin:
            command = [*KOLBA, "user", "add", ADMIN, "--group", "admin"]
            command += ["--data-dir", str(self.data_dir)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            self.choose_password(ADMIN, done.stdout.split()[-1])
            self._has_admin = True
        return self.api.sign_in(ADMIN, PASSWORD)

    @contextlib.contextmanager
    def without(self, program: str) -> Iterator[None]:
        """While this lasts the program is dead and nothing starts it again; afterwards all is well."""
        state = control.running(self._set)
        os.kill(state.launcher, signal.SIGSTOP)
        try:
            self.kill(program)
            yield
        finally:
            os.kill(state.launcher, signal.SIGCONT)
            self.wait_until_well()

    def kill(self, program: str) -> None:
        """End a program by force; the launcher starts it again."""
        pid = control.running(self._set).program(program).pid
        assert pid
        os.kill(pid, signal.SIGKILL)

    def wait_until_well(self, seconds: float = 60) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            with contextlib.suppress(api.Refused):
                if self.api.get("/health")["status"] == "ok":
                    return
            time.sleep(0.1)
        raise AssertionError("the services are not well again")


@pytest.fixture(scope="session")
def house(
    built_ui: None, find_offset: Callable[[int], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One for all tests of the UI, empty at first."""
    data_dir = tmp_path_factory.mktemp("house")
    places = layout.Layout(data_dir=data_dir)
    offset = str(find_offset(20_000))
    command = [*KOLBA, "up", "-d", "--data-dir", str(data_dir), "--port-offset", offset]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield House(data_dir, control.running(places))
    control.stop(places)


@pytest.fixture(scope="session")
def titanic(house: House) -> dict[str, int]:
    """A data set, two models of it, one of them in production and asked; by their ids."""
    stored = house.api.post("/scenarios/collect-and-store", {"batch_size": 300})
    dataset = int(stored["dataset"]["id"])
    forest = house.train(dataset, "RandomForest", hyperparameters={"n_estimators": 20})
    logistic = house.train(dataset, "LogisticRegression")
    model = house.api.get(f"/models/{forest}")
    house.api.change("PUT", f"/aliases/{model['name']}/production", {"model_id": forest})
    header = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
    wish = {"model_id": forest, "data": f"{header}\n3,male,22,1,0,7.25,S"}
    house.api.post("/scenarios/infer-model", wish)
    run = house.api.get("/runs?limit=1&sort=-created_at")["items"][0]["id"]
    return {"dataset": dataset, "forest": forest, "logistic": logistic, "run": run}


class People:
    """Accounts of the house, each with a password of their own choice."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: set[str] = set()

    def password(self, name: str, group: str) -> str:
        """Makes the account, where it is not there yet."""
        if name not in self._known:
            self._house.choose_password(name, self._house.add_person(name, group))
            self._known.add(name)
        return PASSWORD


@pytest.fixture(scope="session")
def people(house: House) -> People:
    return People(house)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[sync_api.Browser]:
    """A browser for each module: its event loop must be gone before other modules' asynchronous tests."""
    with sync_api.sync_playwright() as started:
        sync_api.expect.set_options(timeout=ACTION_MS)
        browser = started.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What pages did that no page may do."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def follow(self, context: sync_api.BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"script: {error.error}"))
        context.on("dialog", self._dialog)

    def _console(self, message: sync_api.ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            self.seen.append(f"console: {message.text} ({message.location.get('url')})")

    def _dialog(self, dialog: sync_api.Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()


Visit = Callable[..., sync_api.Page]


@pytest.fixture
def watch() -> Watch:
    return Watch()


def new_context(
    browser: sync_api.Browser, house: House, language: str, **options: Any
) -> sync_api.BrowserContext:
    context = browser.new_context(
        base_url=house.ui,
        locale={"en": "en-GB", "ru": "ru-RU"}[language],
        accept_downloads=True,
        reduced_motion="reduce",
        **{"viewport": {"width": 1280, "height": 860}, **options},
    )
    context.set_default_timeout(ACTION_MS)
    return context


@pytest.fixture(scope="module")
def tours(
    browser: sync_api.Browser, house: House
) -> Iterator[dict[str, tuple[sync_api.BrowserContext, Watch]]]:
    """A browser of each language that a module's tests share, for pages that only are to be looked at."""
    with contextlib.ExitStack() as opened:
        made = {}
        for language in ("en", "ru"):
            context, watch = new_context(browser, house, language), Watch()
            opened.callback(context.close)
            watch.follow(context)
            made[language] = (context, watch)
        yield made


@pytest.fixture
def look_at(tours: dict[str, tuple[sync_api.BrowserContext, Watch]]) -> Iterator[Visit]:
    """Opens a page in the browser that is shared; nothing of it may be changed there."""

    def open_page(path: str, *, language: str) -> sync_api.Page:
        page = tours[language][0].new_page()
        page.goto(path)
        return page

    yield open_page
    seen = [fault for _, watch in tours.values() for fault in watch.seen]
    for context, watch in tours.values():
        watch.seen.clear()
        for page in context.pages:
            page.close()
    assert seen == []


@pytest.fixture
def visit(browser: sync_api.Browser, house: House, watch: Watch) -> Iterator[Visit]:
    """Opens a fresh browser's page at an address of the UI; `language` en or ru, `theme` light or dark."""
    with contextlib.ExitStack() as opened:

        def open_page(
            path: str = "/", *, language: str = "en", theme: str = "light", **options: Any
        ) -> sync_api.Page:
            context = new_context(browser, house, language, color_scheme=theme, **options)
            opened.callback(context.close)
            watch.follow(context)
            page = context.new_page()
            page.goto(path)
            return page

        yield open_page
    assert watch.seen == []


class Words:
    """The UI's texts in one language, by their keys; so that the tests read as both languages do."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts: dict[str, str] = {}
        for path in sorted((CATALOGUES / language).glob("*.ts")):
            for key, text in MESSAGE.findall(path.read_text("utf-8")):
                self._texts[key] = text.replace("\\'", "'")

    def __call__(self, key: str, **values: str) -> str:
        text = self._texts[key]
        for name, value in values.items():
            text = text.replace("{" + name + "}", value)
        return text

    def pattern(self, key: str) -> re.Pattern[str]:
        """The text with anything in its gaps."""
        return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(self._texts[key])))


@pytest.fixture
def words() -> Callable[[str], Words]:
    return Words


@pytest.fixture
def en() -> Words:
    return Words("en")


SETTLED = """() => !document.querySelector('.skeleton, [aria-busy=true]')
    && document.querySelector('main :is(h1, [role=alert])') !== null"""


@pytest.fixture
def settle() -> Callable[[sync_api.Page], None]:
    """Waits until a page has shown what it fetched."""

    def wait(page: sync_api.Page) -> None:
        page.wait_for_function(SETTLED)

    return wait


@pytest.fixture
def sign_in(visit: Visit, people: People, en: Words) -> Callable[..., sync_api.Page]:
    """A page of somebody who has signed in by the form; their account is made where it is not there."""

    def enter(name: str, group: str, path: str = "/", **options: Any) -> sync_api.Page:
        password = people.password(name, group)
        page = visit(f"/sign-in?next={path}", **options)
        page.get_by_label(en("sign_in.name"), exact=True).fill(name)
        page.get_by_label(en("sign_in.password"), exact=True).fill(password)
        page.get_by_role("button", name=en("sign_in.submit"), exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    return enter


# The report in the frame is a document of its own, checked where it is made.
RUN_AXE = """async () => {
    const options = { iframes: false, resultTypes: ['violations'] };
    const { violations } = await axe.run(document, options);
    return violations.flatMap((rule) =>
        rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}"""
DRAWN = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().map((one) => one.finished));
    await frame();
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="session")
def axe(server_is_missing: Callable[[str, str], None], built_ui: None) -> str:
    if not AXE.is_file():
        server_is_missing("axe-core", "make ui, where npm's registry can be reached")
    return AXE.read_text("utf-8")


@pytest.fixture
def inspect(axe: str, settle: Callable[[sync_api.Page], None]) -> Callable[..., list[str]]:
    """Looks at a page in both themes and widths, takes its pictures, and answers what is wrong."""

    def look(page: sync_api.Page, name: str, language: str, *, find_faults: bool) -> list[str]:
        found: list[str] = []
        settle(page)
        PICTURES.mkdir(parents=True, exist_ok=True)
        if find_faults:
            page.evaluate(axe)
        # Each page is pictured in both themes, both languages and both widths, though not in all
        # combinations: (light, en, wide), (dark, en, phone), (dark, ru, wide), (light, ru, phone).
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate(DRAWN)
            if find_faults:
                found += [f"{theme}: {one}" for one in page.evaluate(RUN_AXE)]
            size = WIDE if (theme == "light") == (language == "en") else PHONE
            page.set_viewport_size(size)
            page.evaluate(DRAWN)
            over = page.evaluate(OVERFLOW)
            if over > 0:
                found.append(f"at {size['width']} px it is {over} px too wide, in {language}")
            path = PICTURES / f"{name}-{theme}-{language}-{size['width']}.png"
            page.screenshot(path=path, full_page=True, caret="initial")  # no style of its own
            page.set_viewport_size(WIDE)
        return found

    return look
