import math

import pydantic
import pytest

from kolba.kit import text
from kolba.ml_service.families import cnn, errors, family, logistic_regression, registry


def test_installed_families_come_from_entry_points() -> None:
    names = [one.name for one in registry.Registry.installed().all()]
    assert {"CNN", "KNN", "LogisticRegression", "RandomForest"} <= set(names)


def test_another_package_can_add_a_family(families: registry.Registry) -> None:
    class Stump(family.Hyperparameters):
        depth: int = family.described("Depth.", "Глубина.", default=1, ge=1)

    added = family.DescribedFamily(
        name="Stump",
        title=text.Text(en="Stump", ru="Пень"),
        description=text.Text(en="One question.", ru="Один вопрос."),
        hyperparameters=Stump,
        builder="elsewhere:build",
    )
    assert registry.Registry([*families.all(), added]).find("Stump") is added
    with pytest.raises(ValueError, match="Stump"):
        registry.Registry([added, added])


def test_an_unknown_family_names_those_there_are(families: registry.Registry) -> None:
    with pytest.raises(errors.UnknownFamily) as caught:
        families.find("XGBoost")
    problem = caught.value.problem("en")
    assert problem["status"] == 422
    assert problem["errors"][0]["field"] == "model_type"
    assert "RandomForest" in problem["detail"]


def test_defaults_fill_what_is_not_given(families: registry.Registry) -> None:
    forest = families.find("RandomForest")
    complete = registry.complete(forest, {"n_estimators": 7, "max_depth": None})
    assert complete["n_estimators"] == 7
    assert complete["max_depth"] is None
    assert complete["criterion"] == "gini"


def test_defaults_may_be_others_on_images() -> None:
    linear = logistic_regression.FAMILY
    assert registry.complete(linear, {})["max_iter"] == 1000
    assert registry.complete(linear, {}, task="image-classification")["max_iter"] == 100
    given = registry.complete(linear, {"max_iter": 7}, task="image-classification")
    assert given["max_iter"] == 7


@pytest.mark.parametrize(
    "given",
    [
        {"channels": 0},
        {"channels": 10_000},
        {"dropout": 1},
        {"epochs": 0},
        {"epochs": 2.5},
        {"batch_size": 1},
        {"learning_rate": 0},
        {"learning_rate": float("nan")},
        {"augmentation": "flip"},
        {"patience": 0},
        {"layers": 3},
    ],
)
def test_a_wrong_hyperparameter_of_a_network_is_named(given: dict[str, object]) -> None:
    with pytest.raises(errors.InvalidHyperparameters) as caught:
        registry.complete(cnn.FAMILY, given)
    (name,) = given
    assert caught.value.fields[0].field == f"hyperparameters.{name}"


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("RandomForest", {"n_estimators": 0}, "n_estimators"),
        ("RandomForest", {"n_estimators": 10**9}, "n_estimators"),
        ("RandomForest", {"n_estimators": "100"}, "n_estimators"),
        ("RandomForest", {"n_estimators": 10.5}, "n_estimators"),
        ("RandomForest", {"n_estimators": True}, "n_estimators"),
        ("RandomForest", {"n_estimators": None}, "n_estimators"),
        ("RandomForest", {"max_depth": -1}, "max_depth"),
        ("RandomForest", {"max_depth": [10]}, "max_depth"),
        ("RandomForest", {"max_features": 0.0}, "max_features"),
        ("RandomForest", {"max_features": 1.5}, "max_features"),
        ("RandomForest", {"max_features": "all"}, "max_features"),
        ("RandomForest", {"criterion": {}}, "criterion"),
        ("RandomForest", {"random_state": 1}, "random_state"),
        ("LogisticRegression", {"C": 0}, "C"),
        ("LogisticRegression", {"C": math.nan}, "C"),
        ("LogisticRegression", {"C": math.inf}, "C"),
        ("LogisticRegression", {"max_iter": -5}, "max_iter"),
        ("KNN", {"n_neighbors": 0}, "n_neighbors"),
        ("KNN", {"weights": "gravity"}, "weights"),
        ("KNN", {"{x}": 1}, "{x}"),
    ],
)
def test_a_wrong_hyperparameter_is_named(
    families: registry.Registry, name: str, given: dict[str, object], field: str
) -> None:
    with pytest.raises(errors.InvalidHyperparameters) as caught:
        registry.complete(families.find(name), given)
    for language in text.LANGUAGES:
        (fault,) = caught.value.problem(language)["errors"]
        assert fault["field"] == f"hyperparameters.{field}"
        assert fault["message"]


def test_every_hyperparameter_is_described_in_both_languages(families: registry.Registry) -> None:
    for one in families.all():
        english, russian = family.schema(one, "en"), family.schema(one, "ru")
        assert english["properties"].keys() == russian["properties"].keys()
        for name, field in english["properties"].items():
            assert "x-description-ru" not in field
            assert "default" in field
            assert field["description"] != russian["properties"][name]["description"]


def test_defaults_are_valid(families: registry.Registry) -> None:
    for one in families.all():
        assert isinstance(one.hyperparameters(), pydantic.BaseModel)
