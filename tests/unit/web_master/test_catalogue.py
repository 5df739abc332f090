"""Scenarios: known to the code, described by the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kolba.kit import context, identity, text
from kolba.web_master import settings
from kolba.web_master.access import errors, service
from kolba.web_master.scenarios import catalogue


def configured(*groups: str) -> dict[str, settings.ScenarioSettings]:
    words = text.Text(en="word", ru="слово")
    one = settings.ScenarioSettings(title=words, description=words, groups=list(groups))
    return dict.fromkeys(catalogue.DEFINITIONS, one)


@pytest.fixture
def act_as() -> Iterator[Callable[..., None]]:
    """Makes the present person a member of the given groups."""
    tokens = []

    def act(*groups: str) -> None:
        person = identity.Person(name="anna", groups=groups)
        tokens.append(context.bind(context.RequestContext(request_id="r", person=person)))

    yield act
    for token in reversed(tokens):
        context.unbind(token)


def test_a_scenario_missing_from_the_configuration_stops_the_start() -> None:
    given = configured("researcher")
    del given[catalogue.TRAIN]
    with pytest.raises(ValueError, match="train-model"):
        catalogue.Catalogue(given)


def test_a_scenario_unknown_to_the_code_stops_the_start() -> None:
    given = {**configured("researcher"), "fly": configured()[catalogue.TRAIN]}
    with pytest.raises(ValueError, match="fly"):
        catalogue.Catalogue(given)


@pytest.mark.parametrize(
    ("groups", "may"),
    [(("researcher",), True), (("client", "admin"), True), (("client",), False), ((), False)],
)
def test_only_the_groups_named_may_run_it(
    act_as: Callable[..., None], groups: tuple[str, ...], may: bool
) -> None:
    act_as(*groups)
    known = catalogue.Catalogue(configured("researcher", "admin"))
    if may:
        known.require(catalogue.TRAIN)
        return
    with pytest.raises(errors.ScenarioForbidden) as refused:
        known.require(catalogue.TRAIN)
    assert refused.value.problem("ru")["groups"] == ["researcher", "admin"]
    assert "train-model" in refused.value.render_detail("ru")


def test_a_right_is_its_groups(act_as: Callable[..., None]) -> None:
    act_as("client")
    rights = service.Access({"read": ["client"], "delete": ["admin"]})
    rights.require("read")
    with pytest.raises(errors.ActionForbidden):
        rights.require("delete")


def test_it_is_described_in_the_readers_language() -> None:
    known = catalogue.Catalogue(configured("researcher"))
    assert {one.title for one in known.describe("ru").items} == {"слово"}
    for one in known.describe("en").items:
        assert one.input_schema["properties"]
