"""The digits' chapter: some images of MNIST, a network that learns them in seconds, and a drawing that it reads."""

from __future__ import annotations

import importlib.util
from typing import Any

from kolba.cli import terminal
from kolba.cli.demo import api, steps

SOURCE = "mnist"
IMAGES = 12_000
BATCH_SIZE = 4_000
DATASET = "mnist-sample"
EPOCHS = 3
TRAINING_SECONDS = 900.0
"""The longest that it may take before the worker is taken to be ill."""
DRAWING = (
    "                            ",
    "                            ",
    "                            ",
    "                            ",
    "                            ",
    "      ################      ",
    "      ################      ",
    "      ################      ",
    "                   ###      ",
    "                  ###       ",
    "                  ###       ",
    "                 ###        ",
    "                 ###        ",
    "                ###         ",
    "                ###         ",
    "               ###          ",
    "               ###          ",
    "              ###           ",
    "              ###           ",
    "             ###            ",
    "             ###            ",
    "            ###             ",
    "            ###             ",
    "                            ",
    "                            ",
    "                            ",
    "                            ",
    "                            ",
)
DRAWN = 7


def tell(web_master: api.Api) -> None:
    """Collect, train, ask; or, where there is no torch, say how to have it."""
    if importlib.util.find_spec("torch") is None:
        terminal.output.print(
            "[yellow]–[/] Digits: left out, because a network needs torch. `make torch` installs it.",
            soft_wrap=True,
        )
        return
    dataset_id = _collect(web_master)
    model = _train(web_master, dataset_id)
    _recognise(web_master, model)


def _collect(web_master: api.Api) -> int:
    with steps.stepping("Collecting handwritten digits", "collector") as step:
        wish = {
            "source": SOURCE,
            "limit": IMAGES,
            "batch_size": BATCH_SIZE,
            "name": DATASET,
        }
        answer = web_master.post("/scenarios/collect-and-store", wish)
        step.done(f"{answer['rows']} images of {SOURCE} became data set {answer['dataset_id']}")
        return int(answer["dataset_id"])


def _train(web_master: api.Api, dataset_id: int) -> dict[str, Any]:
    with steps.stepping("Training a network", "worker") as step:
        wish = {"dataset_id": dataset_id, "hyperparameters": {"epochs": EPOCHS}}
        started = web_master.post("/train", wish)
        run = steps.follow(web_master, started, step, seconds=TRAINING_SECONDS)
        found: dict[str, Any] = run["result"]
        metrics = found["metrics"]
        step.done(
            f"accuracy {metrics['accuracy']:.4f} on images it has not seen, after "
            f"{metrics['training_seconds']:.1f} s, {found['version']}"
        )
        return found


def _recognise(web_master: api.Api, model: dict[str, Any]) -> None:
    with steps.stepping("Showing it a drawing", "ml_service") as step:
        image = [[float(character == "#") for character in row] for row in DRAWING]
        path = f"/predict/{model['model']}@{model['version']}"
        answer = web_master.post(path, {"image": image})["predictions"][0]
        sure = answer["probabilities"][str(answer["label"])]
        step.done(f"a {DRAWN} was drawn; it reads {answer['label']}, probability {sure:.2f}")
