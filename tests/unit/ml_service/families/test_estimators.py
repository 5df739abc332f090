import numpy as np
import pytest
from sklearn import ensemble, impute, neighbors

from kolba.inference.sessions import onnx
from kolba.ml_service.families import family
from kolba.ml_service.families.estimators import builders, converters, decision, imputer, neighbours
from kolba.ml_service.training import export


def numbers(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def test_the_imputer_fills_like_two_simple_imputers() -> None:
    features = numbers(50, 4)
    features[:, 3] = np.random.default_rng(2).integers(0, 3, 50)
    features[::7] = np.nan
    found = imputer.ColumnImputer(categorical=(3,)).fit(features).transform(features)
    median = impute.SimpleImputer(strategy="median").fit_transform(features[:, :3])
    mode = impute.SimpleImputer(strategy="most_frequent").fit_transform(features[:, 3:])
    np.testing.assert_array_equal(found, np.hstack([median, mode]))


def test_a_column_without_any_value_is_filled_with_zero() -> None:
    features = np.full((3, 1), np.nan)
    assert imputer.ColumnImputer().fit(features).transform(features).tolist() == [[0], [0], [0]]


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_neighbours_are_those_of_scikit_learn_where_nothing_ties(weights: str) -> None:
    features, asked = numbers(200, 5), numbers(50, 5, seed=3)
    target = (features[:, 0] > 0).astype(int) + (features[:, 1] > 1)
    ours = neighbours.NearestNeighbours(5, weights).fit(features, target)
    theirs = neighbors.KNeighborsClassifier(5, weights=weights).fit(features, target)
    np.testing.assert_allclose(ours.predict_proba(asked), theirs.predict_proba(asked), atol=1e-8)


def test_of_neighbours_at_one_distance_the_earlier_row_is_nearer() -> None:
    features = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    model = neighbours.NearestNeighbours(1).fit(features, np.array([0, 1, 1, 1]))
    assert model.predict(np.array([[0.0]])).tolist() == [0]


def test_only_rows_at_no_distance_count_where_there_are_some() -> None:
    features = np.array([[0.0], [0.0], [1e-3]])
    model = neighbours.NearestNeighbours(3, "distance").fit(features, np.array([0, 1, 1]))
    assert model.predict_proba(np.array([[0.0]])).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("classes", [2, 4])
def test_ties_everywhere_and_still_graph_and_neighbours_agree(weights: str, classes: int) -> None:
    generator = np.random.default_rng(5)
    features = generator.integers(0, 3, (300, 3)).astype(np.float64)
    target = generator.integers(0, classes, 300)
    layout = family.Layout(categories=(0, 3, 0))
    model = builders.knn({"n_neighbors": 4, "weights": weights}, layout, 0).fit(features, target)
    graph = export.to_graph(model, columns=3, number_type="float64")
    asked = generator.integers(0, 3, (500, 3)).astype(np.float64)
    asked[::9, 0] = np.nan
    _, parity = export.compare(onnx.OnnxSession(graph), model, asked)
    assert parity.max_difference < 1e-12


@pytest.mark.parametrize("classes", [2, 3])
def test_a_forest_is_exported_exactly(classes: int) -> None:
    generator = np.random.default_rng(5)
    features = generator.normal(size=(400, 4)).astype(np.float32).round(1)
    target = generator.integers(0, classes, 400)
    layout = family.Layout(categories=(0, 0, 0, 0))
    settings = {"n_estimators": 40, "max_depth": None}
    model = builders.random_forest(settings, layout, 3).fit(features, target)
    graph = export.to_graph(model, columns=4, number_type="float32")
    _, parity = export.compare(onnx.OnnxSession(graph), model, features)
    assert parity.max_difference < 1e-6


def test_thresholds_say_the_same_of_every_float() -> None:
    model = ensemble.RandomForestClassifier(5, random_state=0).fit(numbers(100, 2), [0, 1] * 50)
    for tree in converters.shown(model).trees:
        exact = tree.threshold[tree.children_left >= 0]
        rounded = converters._thresholds(exact)
        assert rounded.dtype == np.float32
        assert (rounded <= exact).all()
        assert (np.nextafter(rounded, np.float32(np.inf)).astype(np.float64) > exact).all()


def test_equally_likely_classes_are_decided_by_their_order() -> None:
    third = 1 / 3
    unsure = np.array([[0.5 - 1e-8, 0.5 + 1e-8], [third, 1 - third], [0.2, 0.8]])
    assert decision.labels(unsure).tolist() == [0, 1, 1]
