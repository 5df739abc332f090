"""What a browser sees: how long until the first rows are painted, and how many frames a second scrolling has."""

from __future__ import annotations

import dataclasses
import itertools
import statistics

from playwright import sync_api

FIRST_ROWS_MS = 300
FRAMES = 50
ROWS = "main tbody tr, main [role=row][aria-rowindex='2'] [role=cell]:not(:empty), main .card li a"
# Counted from the click, or from the beginning of the load, to the frame in which the first row is painted.
WATCH = f"""() => {{
    window.beganAt = 0;
    const look = () => {{
        if (window.wanted && location.pathname !== window.wanted) return;
        if (window.rowsAt !== undefined || !document.querySelector({ROWS!r})) return;
        requestAnimationFrame(() => setTimeout(() => {{ window.rowsAt ??= performance.now(); }}));
    }};
    new MutationObserver(look).observe(document, {{ subtree: true, childList: true, characterData: true }});
    addEventListener('click', () => {{
        window.beganAt = performance.now(); window.rowsAt = undefined; setTimeout(look);
    }}, true);
}}"""
SCROLL = """(seconds) => new Promise((done) => {
    const inner = document.querySelector('main [role=table]');
    const area = inner ?? document.scrollingElement;
    const times = [];
    let down = 1;
    const step = (now) => {
        times.push(now);
        const before = area.scrollTop;
        area.scrollTop += 240 * down;
        if (area.scrollTop === before) down = -down;
        if (now - times[0] < seconds * 1000) requestAnimationFrame(step);
        else done(times);
    };
    requestAnimationFrame(step);
})"""
WINDOW_MS = 500
SCROLL_SECONDS = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """One list page. Milliseconds are medians; frames a second are of the slowest half second."""

    name: str
    loaded_ms: float
    opened_ms: float
    frames: float
    longest_ms: float


def measure(
    browser: sync_api.Browser, ui: str, pages: dict[str, tuple[str, str]], repeats: int
) -> list[Seen]:
    """`pages` by name: the address, and that of a page with a link to it."""
    found = []
    for name, (path, start) in pages.items():
        loaded, opened = [], []
        context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
        page = context.new_page()
        page.add_init_script(f"({WATCH})()")
        for _ in range(repeats + 1):
            page.goto(ui + path)
            loaded.append(rows_ms(page))
        times = page.evaluate(SCROLL, SCROLL_SECONDS)
        for _ in range(repeats + 1):
            page.goto(ui + start)
            page.get_by_role("heading", level=1).wait_for()
            page.wait_for_load_state("networkidle")
            page.evaluate("(path) => { window.wanted = path; }", path)
            page.locator(f"a[href='{path}']:visible").first.click()
            opened.append(rows_ms(page))
        context.close()
        found.append(
            Seen(
                name=name,
                loaded_ms=statistics.median(loaded[1:]),
                opened_ms=statistics.median(opened[1:]),
                frames=slowest_window(times),
                longest_ms=max(b - a for a, b in itertools.pairwise(times)),
            )
        )
        print(found[-1], flush=True)
    return found


def rows_ms(page: sync_api.Page) -> float:
    page.wait_for_function("() => window.rowsAt !== undefined")
    return float(page.evaluate("() => window.rowsAt - window.beganAt"))


def slowest_window(times: list[float]) -> float:
    """Frames a second in the slowest stretch of `WINDOW_MS`."""
    fewest = len(times)
    for index, first in enumerate(times):
        if times[-1] - first < WINDOW_MS:
            break
        fewest = min(
            fewest, sum(first <= one < first + WINDOW_MS for one in times[index : index + 80])
        )
    return fewest * 1000 / WINDOW_MS
