"""The home page as HTML."""

import dataclasses
import functools
import json
import shlex
import typing

import jinja2

from kolba.contracts import models
from kolba.visualization import languages
from kolba.visualization.home.service import Overview

_EXAMPLE: typing.Final = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,1,22,1,0,7.25,2"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way from data to a report, with the line that takes it."""

    slug: str
    command: str
    done: bool


def render(overview: Overview, language: languages.Language, *, web_master: str) -> str:
    """The page. `web_master` is the address at which the reader's browser finds it."""
    return (
        _environment()
        .get_template("home.html.j2")
        .render(
            overview=overview,
            language=language,
            text=language.text,
            languages=languages.CODES,
            steps=_steps(overview, web_master),
            web_master=web_master,
            figure=_figure,
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("kolba.visualization.home"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _figure(model: models.Model, *names: str) -> float | None:
    """The first of these figures that the model has."""
    return next((model.metrics[name] for name in names if name in model.metrics), None)


def _steps(overview: Overview, web_master: str) -> tuple[Step, ...]:
    stored = overview.stored.items if overview.stored else []
    trained = overview.trained.items if overview.trained else []
    dataset = stored[0].id if stored else 1
    model = trained[0].id if trained else 1
    asked = any(
        entry.scenario == "infer-model" and entry.outcome == "succeeded"
        for entry in (overview.done.items if overview.done else [])
    )
    training = {
        "dataset_id": dataset,
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": 100, "max_depth": 10},
    }
    return (
        Step(
            slug="collect",
            command=_post(web_master, "collect-and-store", {"batch_size": 100}),
            done=bool(stored),
        ),
        Step(
            slug="train",
            command=_post(web_master, "train-model", training),
            done=bool(trained),
        ),
        Step(
            slug="infer",
            command=_post(web_master, "infer-model", {"model_id": model, "data": _EXAMPLE}),
            done=asked,
        ),
        Step(
            slug="report",
            command=f"curl -OJ '{web_master}/scenarios/report/{model}?format=pdf'",
            done=False,
        ),
    )


def _post(web_master: str, scenario: str, body: object) -> str:
    return (
        f"curl -X POST {web_master}/scenarios/{scenario} \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(json.dumps(body))}"
    )
