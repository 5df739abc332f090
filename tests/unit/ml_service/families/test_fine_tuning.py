"""What a network's fine-tuning can be told, and who has none."""

from __future__ import annotations

import math

import pytest

from kolba.kit import text
from kolba.ml_service.families import (
    cnn,
    errors,
    family,
    fine_tuning,
    logistic_regression,
    registry,
)


def test_without_a_word_the_defaults_are_taken() -> None:
    found = registry.complete_tuning(cnn.FAMILY, {"epochs": 2})
    assert found == {**fine_tuning.Hyperparameters().model_dump(), "epochs": 2}
    assert found["replay"] == 0.95


@pytest.mark.parametrize(
    "given",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"learning_rate": 0},
        {"learning_rate": math.nan},
        {"replay": 1},
        {"replay": -0.1},
        {"batch_size": "64"},
        {"augmentation": "flip"},
        {"channels": 8},
    ],
)
def test_a_wrong_one_is_named_in_both_languages(given: dict[str, object]) -> None:
    with pytest.raises(errors.InvalidHyperparameters) as caught:
        registry.complete_tuning(cnn.FAMILY, given)
    (name,) = given
    for language in text.LANGUAGES:
        (fault,) = caught.value.problem(language)["errors"]
        assert fault["field"] == f"hyperparameters.{name}"
        assert fault["message"]


def test_a_family_that_is_not_trained_on_says_so() -> None:
    with pytest.raises(errors.NotTunable) as caught:
        registry.complete_tuning(logistic_regression.FAMILY, {})
    said = {one: caught.value.problem(one)["errors"][0]["message"] for one in text.LANGUAGES}
    assert all("LogisticRegression" in message for message in said.values())
    assert said["en"] != said["ru"]


def test_every_one_is_described_in_both_languages() -> None:
    english, russian = (
        family.schema_of(fine_tuning.Hyperparameters, one)["properties"] for one in ("en", "ru")
    )
    for name, field in english.items():
        assert field["description"] != russian[name]["description"], name
        assert "x-description-ru" not in field
