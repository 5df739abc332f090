"""Digits written by hand: the hand that draws them, and a network that reads them.

The last folder by its name: the tests beside it know nothing of these models and data sets.
"""

from __future__ import annotations

import math
import pathlib
import re

import numpy as np
import pytest
from playwright import sync_api

from kolba.inference import images

expect = sync_api.expect
IMAGES = 2500


class Pad:
    """The pad of a page and the hand that draws on it."""

    def __init__(self, page: sync_api.Page, words) -> None:
        self.page = page
        self.words = words
        self.canvas = page.locator("main canvas")

    def stroke(self, *points: tuple[float, float]) -> None:
        """Through points in shares of the side."""
        box = self.canvas.bounding_box()
        assert box
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=4)
        self.page.mouse.up()

    def seven(self, shift: float = 0.0) -> None:
        """As one writes it in the south; each a little different."""
        self.canvas.scroll_into_view_if_needed()
        down = ((0.75 - 0.3 * one, 0.25 + 0.55 * one) for one in (0, 0.25, 0.5, 0.75, 1))
        self.stroke((0.25 + shift, 0.25), (0.5, 0.24), *((x + shift / 2, y) for x, y in down))

    def zero(self) -> None:
        self.canvas.scroll_into_view_if_needed()
        turns = (2 * math.pi * one / 24 for one in range(25))
        self.stroke(*((0.5 + 0.22 * math.sin(turn), 0.5 - 0.3 * math.cos(turn)) for turn in turns))

    def press(self, key: str) -> None:
        self.page.get_by_role("button", name=self.words(key), exact=True).click()

    def ink(self) -> float:
        """How much of the paper is dark."""
        return self.canvas.evaluate(
            """(canvas) => {
                const copy = new OffscreenCanvas(canvas.width, canvas.height);
                const context = copy.getContext('2d', { willReadFrequently: true });
                context.drawImage(canvas, 0, 0);
                const { data } = context.getImageData(0, 0, copy.width, copy.height);
                let dark = 0;
                for (let at = 0; at < data.length; at += 4) dark += data[at] < 128 ? 1 : 0;
                return dark / (data.length / 4);
            }"""
        )

    def expect_answer(self, label: str) -> None:
        said = self.words.pattern("picture.said")
        status = self.page.get_by_role("status").filter(has_text=said)
        expect(status).to_contain_text(re.compile(rf"(^|\D){label}(\D|$)"))


@pytest.fixture
def pad_of() -> type[Pad]:
    """The pad of a page."""
    return Pad


@pytest.fixture
def torch(server_is_missing) -> None:
    try:
        __import__("torch")
    except ModuleNotFoundError:
        server_is_missing("torch", "make torch")


@pytest.fixture(scope="module")
def mnist(house) -> int:
    """A data set of a few digits."""
    wish = {"source": "mnist", "limit": IMAGES, "batch_size": 2000}
    return int(house.api.post("/scenarios/collect-and-store", wish)["dataset_id"])


@pytest.fixture
def digits(house, mnist, torch) -> dict[str, int]:
    """A network that has seen them twice, in production. The story has made one already, where it has been told."""
    found = house.api.get("/models?name=digits&sort=created_at&limit=1")["items"]
    if not found:
        wish = {"dataset_id": mnist, "hyperparameters": {"epochs": 2}}
        started = house.api.post("/train", wish)
        list(house.api.events(started["progress"]))
        found = house.api.get("/models?name=digits&limit=1")["items"]
        house.api.change("PUT", "/aliases/digits/production", {"model_id": found[0]["id"]})
    return {"model": int(found[0]["id"]), "dataset": int(found[0]["dataset_id"])}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """White on black, thin, in a corner: not at all like the pad's own."""
    paper = np.zeros((90, 120), np.uint8)
    paper[10:50, 20:25] = paper[45:50, 20:50] = paper[10:80, 45:50] = 255
    path = tmp_path_factory.mktemp("pictures") / "four.png"
    path.write_bytes(images.to_png(paper))
    return path
