"""The digits' chapter, told to stand-ins."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import fastapi
import pytest
from starlette import responses

from kolba.cli import terminal
from kolba.cli.demo import api, digits, steps
from kolba.kit.testing import servers

RESULT = {
    "model": "digits",
    "version": "CNN_20261121_003336",
    "metrics": {"accuracy": 0.9842, "training_seconds": 9.87},
}


class Door:
    """A web master that has everything ready."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.run: dict[str, Any] = {"state": "succeeded", "result": RESULT, "error": None}

    def app(self) -> fastapi.FastAPI:
        made = fastapi.FastAPI()

        @made.post("/{path:path}")
        async def post(path: str, request: fastapi.Request) -> Any:
            self.asked[path] = await request.json()
            return {
                "scenarios/collect-and-store": {"rows": 12000, "dataset_id": 3},
                "train": {"progress": "/progress/5", "run": "/runs/5"},
            }.get(path, {"predictions": [{"label": 7, "probabilities": {"7": 0.9987}}]})

        @made.get("/progress/5")
        def progress() -> responses.Response:
            return responses.Response('data: {"message": "x"}\n\n', media_type="text/event-stream")

        @made.get("/runs/5")
        def run() -> Any:
            return self.run

        return made


@pytest.fixture
def door() -> Iterator[tuple[Door, api.Api]]:
    stand_in = Door()
    with servers.running(stand_in.app()) as server:
        yield stand_in, api.Api(server.url)


def told(client: api.Api) -> str:
    with terminal.output.capture() as captured:
        digits.tell(client)
    return captured.get()


def test_without_torch_the_chapter_is_left_out_and_says_how_to_have_it(
    door: tuple[Door, api.Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    stand_in, client = door
    assert "make torch" in told(client)
    assert stand_in.asked == {}


def test_a_subset_is_learned_and_a_drawing_read(
    door: tuple[Door, api.Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    stand_in, client = door
    said = told(client)
    assert "12000 images of mnist became data set 3" in said
    assert "accuracy 0.9842" in said
    assert "a 7 was drawn; it reads 7, probability 1.00" in said
    assert stand_in.asked["scenarios/collect-and-store"]["limit"] == 12_000
    assert stand_in.asked["train"]["dataset_id"] == 3
    picture = stand_in.asked["predict/digits@CNN_20261121_003336"]["image"]
    assert [len(row) for row in picture] == [28] * 28
    assert 0 < sum(map(sum, picture)) < 28 * 28


def test_a_training_that_fails_ends_it_with_the_reason(
    door: tuple[Door, api.Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    stand_in, client = door
    stand_in.run = {"state": "failed", "result": None, "error": {"detail": "no memory left"}}
    with pytest.raises(steps.Failed, match="no memory left") as caught:
        told(client)
    assert caught.value.service == "worker"
