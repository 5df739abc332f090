"""How our own estimators become ONNX, told to skl2onnx.

Only standard operators are used: a graph must load wherever ONNX does, and custom domains are refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import skl2onnx
from onnx import helper
from skl2onnx.common import data_types
from sklearn import base, ensemble

from kolba.ml_service.families.estimators import imputer, neighbours

_ML = "ai.onnx.ml"


class Trees(base.ClassifierMixin, base.BaseEstimator):  # type: ignore[misc]
    """A fitted forest's trees alone. skl2onnx looks at every public attribute of an estimator, and a forest's
    compute importances and samples, which takes longer than the conversion."""

    def __init__(self, trees: list[Any], classes: Any) -> None:
        self.trees = trees
        self.classes_ = classes


def shown(estimator: Any) -> Any:
    """The estimator as skl2onnx should see it."""
    if isinstance(estimator, ensemble.RandomForestClassifier):
        return Trees([one.tree_ for one in estimator.estimators_], estimator.classes_)
    return estimator


def register() -> None:
    """Tell skl2onnx of our converters. Doing it again does no harm."""
    options = {"zipmap": [True, False], "nocl": [True, False], "output_class_labels": [False, True]}
    for model, convert in (
        (Trees, _convert_trees),
        (neighbours.NearestNeighbours, _convert_neighbours),
    ):
        skl2onnx.update_registered_converter(
            model, f"Kolba{model.__name__}", _shape_of_classifier, convert, options=options
        )
    skl2onnx.update_registered_converter(
        imputer.ColumnImputer,
        "KolbaColumnImputer",
        _shape_of_imputer,
        _convert_imputer,
        parser=_parse_imputer,
    )


def _parse_imputer(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """As skl2onnx does by default, but with the shape known at once: a `ColumnTransformer` after it needs that."""
    operator = scope.declare_local_operator("KolbaColumnImputer", model)
    operator.inputs.extend(inputs)
    shape = [inputs[0].type.shape[0], model.n_features_in_]
    operator.outputs.append(scope.declare_local_variable("imputed", type(inputs[0].type)(shape)))
    return operator.outputs


def _shape_of_imputer(operator: Any) -> None:
    given = operator.inputs[0].type
    operator.outputs[0].type = type(given)([given.shape[0], operator.raw_operator.n_features_in_])


def _shape_of_classifier(operator: Any) -> None:
    rows = operator.inputs[0].get_first_dimension()
    numbers = _number_tensor(operator)
    operator.outputs[0].type = data_types.Int64TensorType([rows])
    operator.outputs[1].type = numbers([rows, len(operator.raw_operator.classes_)])


def _number_tensor(operator: Any) -> Any:
    is_double = isinstance(operator.inputs[0].type, data_types.DoubleTensorType)
    return data_types.DoubleTensorType if is_double else data_types.FloatTensorType


def _convert_imputer(scope: Any, operator: Any, container: Any) -> None:
    """float32: the one node made for it. float64 has no such node: `Where(IsNaN(X), fill, X)`."""
    fills = operator.raw_operator.statistics_
    source, outcome = operator.inputs[0].full_name, operator.outputs[0].full_name
    if _number_tensor(operator) is data_types.FloatTensorType:
        node = helper.make_node(
            "Imputer",
            [source],
            [outcome],
            name=scope.get_unique_operator_name("Imputer"),
            domain=_ML,
            imputed_value_floats=fills.astype(np.float32).tolist(),
            replaced_value_float=float("nan"),
        )
        _append(container, node, 1)
        return
    graph = _Graph(scope, container)
    graph.end(
        "Where", [graph.add("IsNaN", [source]), graph.constant(fills[None, :]), source], outcome
    )


def _convert_trees(scope: Any, operator: Any, container: Any) -> None:
    """All trees in one node that averages the leaves' class shares."""
    attributes = _tree_attributes(operator.raw_operator.trees)
    graph = _Graph(scope, container)
    probabilities = operator.outputs[1].full_name
    node = helper.make_node(
        "TreeEnsembleRegressor",
        [operator.inputs[0].full_name],
        [probabilities],
        name=scope.get_unique_operator_name("TreeEnsembleRegressor"),
        domain=_ML,
        aggregate_function="AVERAGE",
        n_targets=len(operator.raw_operator.classes_),
        post_transform="NONE",
    )
    node.attribute.extend(_attribute(name, values) for name, values in attributes.items())
    _append(container, node, 3)
    graph.end("ArgMax", [probabilities], operator.outputs[0].full_name, axis=1, keepdims=0)


def _tree_attributes(trees: list[Any]) -> dict[str, Any]:
    """The node's lists, tree after tree, in the trees' own order."""
    parts: dict[str, list[Any]] = {}
    for number, tree in enumerate(trees):
        for name, values in _one_tree(number, tree).items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _one_tree(number: int, tree: Any) -> dict[str, Any]:
    count = tree.node_count
    leaf = tree.children_left < 0
    leaves = np.flatnonzero(leaf)
    classes = tree.value.shape[2]
    shares = tree.value[leaves, 0, :]
    shares = shares / shares.sum(axis=1, keepdims=True)
    return {
        "nodes_treeids": np.full(count, number),
        "nodes_nodeids": np.arange(count),
        "nodes_featureids": np.where(leaf, 0, tree.feature),
        "nodes_modes": np.where(leaf, b"LEAF", b"BRANCH_LEQ"),
        "nodes_values": _thresholds(np.where(leaf, 0.0, tree.threshold)),
        "nodes_truenodeids": np.where(leaf, 0, tree.children_left),
        "nodes_falsenodeids": np.where(leaf, 0, tree.children_right),
        "target_treeids": np.full(len(leaves) * classes, number),
        "target_nodeids": np.repeat(leaves, classes),
        "target_ids": np.tile(np.arange(classes), len(leaves)),
        "target_weights": shares.astype(np.float32).ravel(),
    }


def _thresholds(exact: Any) -> Any:
    """The largest float32 not above each double, so that `x <= threshold` says the same of every float32 x."""
    rounded = exact.astype(np.float32)
    above = rounded.astype(np.float64) > exact
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _attribute(name: str, values: Any) -> Any:
    """An attribute of many values. onnx's own helper checks each in Python, which takes longer than training."""
    attribute = onnx.AttributeProto()
    attribute.name = name
    if values.dtype.kind == "f":
        attribute.type = onnx.AttributeProto.FLOATS
        attribute.floats.extend(values.tolist())
    elif values.dtype.kind == "S":
        attribute.type = onnx.AttributeProto.STRINGS
        attribute.strings.extend(values.tolist())
    else:
        attribute.type = onnx.AttributeProto.INTS
        attribute.ints.extend(values.tolist())
    return attribute


def _convert_neighbours(scope: Any, operator: Any, container: Any) -> None:
    """`NearestNeighbours.predict_proba`, operation by operation."""
    model = operator.raw_operator
    graph = _Graph(scope, container)
    given = graph.add("Cast", [operator.inputs[0].full_name], to=onnx.TensorProto.DOUBLE)
    squares = graph.add("ReduceSumSquare", [given, graph.constant(np.array([1]))], keepdims=1)
    products = graph.add("MatMul", [given, graph.constant(2.0 * model.rows_.T)])
    squared = graph.add(
        "Add", [graph.add("Sub", [squares, products]), graph.constant(model.norms_)]
    )
    grid = graph.constant(np.array(neighbours.GRID))
    steps = graph.add("Round", [graph.add("Mul", [squared, grid])])
    rounded = graph.add("Div", [graph.add("Max", [steps, graph.constant(np.array(0.0))]), grid])
    nearest, places = graph.add_pair(
        "TopK",
        [rounded, graph.constant(np.array([model.n_neighbors]))],
        axis=1,
        largest=0,
        sorted=1,
    )
    votes = graph.add("Gather", [graph.constant(model.votes_), places], axis=0)
    if model.weights == "distance":
        weights = graph.add(
            "Unsqueeze", [_distance_weights(graph, nearest), graph.constant(np.array([2]))]
        )
        votes = graph.add("Mul", [votes, weights])
    sums = graph.add("ReduceSum", [votes, graph.constant(np.array([1]))], keepdims=0)
    total = graph.add("ReduceSum", [sums, graph.constant(np.array([1]))], keepdims=1)
    probabilities = operator.outputs[1].full_name
    graph.end("Div", [sums, total], probabilities)
    graph.end("ArgMax", [probabilities], operator.outputs[0].full_name, axis=1, keepdims=0)


def _distance_weights(graph: _Graph, squared: str) -> str:
    """1/distance; where some neighbours are at no distance at all, only they count."""
    zero, one = graph.constant(np.array(0.0)), graph.constant(np.array(1.0))
    same = graph.add("Equal", [squared, zero])
    inverse = graph.add("Div", [one, graph.add("Sqrt", [graph.add("Where", [same, one, squared])])])
    counted = graph.add("Cast", [same], to=onnx.TensorProto.DOUBLE)
    most = graph.add("ReduceMax", [counted, graph.constant(np.array([1]))], keepdims=1)
    return graph.add(
        "Where", [graph.add("Cast", [most], to=onnx.TensorProto.BOOL), counted, inverse]
    )


class _Graph:
    """Adds nodes and constants under fresh names."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        return self.end(
            kind, inputs, self._scope.get_unique_variable_name(kind.lower()), **attributes
        )

    def add_pair(self, kind: str, inputs: list[str], **attributes: Any) -> tuple[str, str]:
        first, second = (
            self._scope.get_unique_variable_name(f"{kind.lower()}_{n}") for n in ("a", "b")
        )
        self._node(kind, inputs, [first, second], attributes)
        return first, second

    def end(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._node(kind, inputs, [output], attributes)
        return output

    def constant(self, value: Any) -> str:
        name: str = self._scope.get_unique_variable_name("constant")
        self._container.initializers.append(
            onnx.numpy_helper.from_array(np.ascontiguousarray(value), name)
        )
        return name

    def _node(
        self, kind: str, inputs: list[str], outputs: list[str], attributes: dict[str, Any]
    ) -> None:
        name = self._scope.get_unique_operator_name(kind)
        _append(
            self._container, helper.make_node(kind, inputs, outputs, name=name, **attributes), 18
        )


def _append(container: Any, node: Any, version: int) -> None:
    container.nodes.append(node)
    container.node_domain_version_pair_sets.add((node.domain, version))
