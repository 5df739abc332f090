"""From a fitted estimator to an ONNX graph, and the proof that both answer alike."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import skl2onnx
from onnx import helper
from skl2onnx.common import data_types
from sklearn import pipeline

from kolba.inference import decoding, signature
from kolba.inference.sessions import protocol
from kolba.ml_service.families.estimators import converters, decision
from kolba.ml_service.training import errors

OPSETS = {"": 20, "ai.onnx.ml": 3}
IR_VERSION = 10
STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
TOLERANCE = 1e-5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far the graph and the estimator are apart."""

    rows: int
    max_difference: float
    """Of any probability of any row."""
    different_labels: int


def to_graph(estimator: Any, *, columns: int, number_type: signature.NumberType) -> bytes:
    """The graph of a fitted classifier or pipeline: `X` `[N, columns]` → `label` `[N]`, `probabilities` `[N, K]`.

    The same estimator always gives the same bytes.
    """
    converters.register()
    tensor = data_types.FloatTensorType if number_type == "float32" else data_types.DoubleTensorType
    light = _light(estimator)
    model = skl2onnx.to_onnx(
        light,
        initial_types=[("X", tensor([None, columns]))],
        options={id(light): {"zipmap": False}},
        target_opset=OPSETS,
    )
    _decide_by_grid(model)
    _settle(model)
    check(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def check(model: onnx.ModelProto) -> None:
    """Raises `errors.GraphRefused` for an operator outside the standard domains, and for data outside the file."""
    domains = {node.domain for graph in _graphs(model.graph) for node in graph.node}
    strange = sorted((domains | {one.domain for one in model.opset_import}) - STANDARD_DOMAINS)
    if strange or model.functions:
        raise errors.GraphRefused(reason=f"it uses operators of {', '.join(strange) or 'its own'}")
    for graph in _graphs(model.graph):
        if any(onnx.external_data_helper.uses_external_data(tensor) for tensor in _tensors(graph)):
            raise errors.GraphRefused(reason="it keeps data outside the file")


def compare(
    session: protocol.Session,
    estimator: Any,
    features: decoding.Features,
    *,
    tolerance: float = TOLERANCE,
) -> tuple[protocol.Answer, Parity]:
    """The session's answer on `features`, and how far it is from the estimator's.

    Raises `errors.ParityBroken` when any probability differs by more than `tolerance`, or any label at all.
    """
    answer = session.run(features)
    expected: npt.NDArray[np.float64] = estimator.predict_proba(features)
    parity = Parity(
        rows=len(features),
        max_difference=float(np.abs(answer.probabilities - expected).max()),
        different_labels=int((answer.labels != decision.labels(expected)).sum()),
    )
    if not parity.max_difference <= tolerance or parity.different_labels:
        raise errors.ParityBroken(
            max_difference=parity.max_difference,
            tolerance=tolerance,
            different_labels=parity.different_labels,
            rows=parity.rows,
        )
    return answer, parity


def _light(estimator: Any) -> Any:
    if isinstance(estimator, pipeline.Pipeline):
        return pipeline.Pipeline([(name, converters.shown(step)) for name, step in estimator.steps])
    return converters.shown(estimator)


def _decide_by_grid(model: onnx.ModelProto) -> None:
    """Let `label` follow from `probabilities` by the rule of `decision`."""
    graph = model.graph
    for node in graph.node:
        for index, name in enumerate(node.output):
            if name == "label":
                node.output[index] = "label_of_estimator"
    number = next(
        one for one in graph.output if one.name == "probabilities"
    ).type.tensor_type.elem_type
    grid = helper.make_tensor("decision_grid", number, [], [decision.GRID])
    graph.initializer.append(grid)
    graph.node.extend(
        [
            helper.make_node(
                "Mul",
                ["probabilities", "decision_grid"],
                ["decision_scaled"],
                name="decision_scale",
            ),
            helper.make_node(
                "Round", ["decision_scaled"], ["decision_rounded"], name="decision_round"
            ),
            helper.make_node(
                "ArgMax", ["decision_rounded"], ["label"], name="decision", axis=1, keepdims=0
            ),
        ]
    )
    _drop_unused(graph)


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove nodes nobody reads, last to first; what is left over of the estimator's own label."""
    read = {one.name for one in graph.output}
    kept = []
    for node in reversed(graph.node):
        if read.intersection(node.output):
            kept.append(node)
            read.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def _settle(model: onnx.ModelProto) -> None:
    """Everything that could vary without meaning: who wrote it, names, doubled imports."""
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version, model.domain = "kolba", "", ""
    model.graph.name = "model"
    del model.opset_import[:]
    model.opset_import.extend(
        helper.make_opsetid(domain, version) for domain, version in OPSETS.items()
    )


def _graphs(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    """The graph and all graphs inside its nodes."""
    found = [graph]
    for node in graph.node:
        for attribute in node.attribute:
            inner = (
                [attribute.g]
                if attribute.type == onnx.AttributeProto.GRAPH
                else list(attribute.graphs)
            )
            for one in inner:
                found.extend(_graphs(one))
    return found


def _tensors(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    held = [
        attribute.t
        for node in graph.node
        for attribute in node.attribute
        if attribute.HasField("t")
    ]
    return [*graph.initializer, *held]
