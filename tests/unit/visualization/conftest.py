"""Reports to render: a real one (a random forest on Titanic) and what is made of it."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any

import pytest

_TITANIC = pathlib.Path(__file__).with_name("titanic.json")

HOSTILE = (
    '#import "x": * $\\frac{1}{2}$ <script>alert(1)</script> {{7*7}} {page} '
    "\\input{/etc/passwd} & % _ ~ ^ #panic() ]]>"
)


@pytest.fixture(scope="session")
def recorded() -> str:
    return _TITANIC.read_text("utf-8")


@pytest.fixture
def titanic(recorded: str) -> dict[str, Any]:
    """A report as JSON; each test may change its own."""
    content: dict[str, Any] = json.loads(recorded)
    return content


@pytest.fixture(scope="session")
def hostile_name() -> str:
    return HOSTILE


@pytest.fixture
def hostile(titanic: dict[str, Any], hostile_name: str) -> dict[str, Any]:
    """A report that has `hostile_name` wherever a person or a data set can put a name."""
    report = copy.deepcopy(titanic)
    report["model"].update(
        name=hostile_name, version=hostile_name, family=hostile_name, owner=hostile_name
    )
    report["data"].update(name=hostile_name, source=hostile_name, target=hostile_name)
    report["data"]["columns"][0]["name"] = hostile_name
    report["data"]["columns"][4]["top"][0]["value"] = hostile_name
    report["data"]["dropped"][0] = {"name": hostile_name, "reason": hostile_name}
    report["data"]["classes"][0]["value"] = hostile_name
    report["hyperparameters"][0].update(name=hostile_name, value=hostile_name)
    report["classification"]["classes"][0]["name"] = hostile_name
    report["confusion"]["labels"][0] = hostile_name
    report["roc"][1]["name"] = hostile_name
    report["importance"]["features"][0]["name"] = hostile_name
    report["libraries"][hostile_name] = hostile_name
    report["digests"][0].update(name=hostile_name, value=hostile_name)
    report["metrics"][hostile_name] = 0.5
    report["seeds"][hostile_name] = 3
    report["warnings"] = [hostile_name]
    return report
