"""Which requests are written: all that change something, or take data out of the house."""

from __future__ import annotations

import pathlib

import pytest

from kolba.kit import settings as kit_settings
from kolba.kit.http import requirements
from kolba.web_master import app, settings
from kolba.web_master.audit import policy


@pytest.fixture
def declared(tmp_path: pathlib.Path) -> list[requirements.Declared]:
    config = kit_settings.load(
        settings.WebMasterSettings, data_dir=tmp_path, log={"directory": None}
    )
    return list(requirements.declared(app.create_app(config)))


def test_every_change_is_written_but_for_a_known_few(declared: list[requirements.Declared]) -> None:
    routes = {f"{method} {one.path}" for one in declared for method in one.methods}
    changing = {route for route in routes if not route.startswith(("GET ", "HEAD "))}
    assert changing >= policy.UNWRITTEN
    written = set(policy.Policy(declared).actions)
    assert changing - written == policy.UNWRITTEN


def test_what_is_known_of_a_route_is_of_one_there_is(
    declared: list[requirements.Declared],
) -> None:
    actions = set(policy.Policy(declared).actions)
    named = {name for name in policy._KINDS if " " in name}
    assert actions >= policy._TELLING.keys() | named | policy.UNANNOUNCED


def test_what_is_taken_out_of_the_house_is_written(declared: list[requirements.Declared]) -> None:
    reads = {action for action in policy.Policy(declared).actions if action.startswith("GET ")}
    assert reads >= {
        "GET /datasets/{dataset_id}/download",
        "GET /models/{model_id}/download",
        "GET /files/{file_id}/download",
        "GET /balance/statement",
        "GET /people/{name}/balance/statement",
        "GET /history/export",
        "GET /predictions/export",
        "GET /audit/export",
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("DELETE /datasets/3", ("DELETE /datasets/{dataset_id}", "dataset", "3")),
        ("PUT /aliases/a/b", ("PUT /aliases/{model}/{alias}", "alias", "a/b")),
        ("POST /files", ("POST /files", "file", "")),
        ("POST /people/ann/top-ups", ("POST /people/{name}/top-ups", "person", "ann")),
    ],
)
def test_the_route_and_its_object_are_found(
    declared: list[requirements.Declared], asked: str, found: tuple[str, str, str]
) -> None:
    method, path = asked.split()
    match = policy.Policy(declared).find(method, path)
    assert match is not None
    assert (match.target.action, match.target.kind, match.object_id) == found


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/datasets/3"), ("POST", "/nowhere"), ("BREW", "/datasets/3"), ("HEAD", "/files/3")],
)
def test_the_others_are_not_looked_at(
    declared: list[requirements.Declared], method: str, path: str
) -> None:
    assert policy.Policy(declared).find(method, path) is None
