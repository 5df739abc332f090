"""Scenarios: known to the code, described by the configuration."""

from __future__ import annotations

import pytest

from kolba.kit import text
from kolba.web_master import settings
from kolba.web_master.scenarios import catalogue


def configured(*groups: str) -> dict[str, settings.ScenarioSettings]:
    words = text.Text(en="word", ru="слово")
    one = settings.ScenarioSettings(title=words, description=words, groups=list(groups))
    return dict.fromkeys(catalogue.DEFINITIONS, one)


def test_a_scenario_missing_from_the_configuration_stops_the_start() -> None:
    given = configured("researcher")
    del given[catalogue.TRAIN]
    with pytest.raises(ValueError, match="train-model"):
        catalogue.Catalogue(given)


def test_a_scenario_unknown_to_the_code_stops_the_start() -> None:
    given = {**configured("researcher"), "fly": configured()[catalogue.TRAIN]}
    with pytest.raises(ValueError, match="fly"):
        catalogue.Catalogue(given)


def test_it_is_described_in_the_readers_language() -> None:
    known = catalogue.Catalogue(configured("researcher"))
    assert {one.title for one in known.describe("ru").items} == {"слово"}
    for one in known.describe("en").items:
        assert one.input_schema["properties"]
