"""From a trained network to an ONNX graph, node by node: the same network always gives the same bytes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from kolba.ml_service.families.estimators import decision
from kolba.ml_service.training import export
from kolba.ml_service.training.images import network as networks
from kolba.ml_service.training.images import runtime

Array = npt.NDArray[np.float32]
TOLERANCE = 1e-4
"""Of any probability, between torch and the graph."""
ROWS_PER_RUN = 512
"""The first layer makes 16 pictures of one: this many rows take some 30 MB."""


def to_graph(network: networks.Network) -> bytes:
    """`X` `[N, 784]` float32, 0 … 1 → `label` `[N]`, `probabilities` `[N, K]`.

    The normalisations are folded into the filters before them.
    """
    graph = _Graph()
    found = graph.node("Sub", "X", graph.constant("mean", networks.MEAN))
    found = graph.node("Div", found, graph.constant("deviation", networks.DEVIATION))
    side = networks.SIDE
    found = graph.node("Reshape", found, graph.shape("pixels", [-1, 1, side, side]))
    for name, is_halved in (("first", True), ("second", True), ("third", False)):
        weight, bias = _folded(getattr(network, name), getattr(network, f"{name}_norm"))
        found = graph.node(
            "Conv",
            found,
            graph.array(f"{name}.weight", weight),
            graph.array(f"{name}.bias", bias),
            kernel_shape=[3, 3],
            pads=[1, 1, 1, 1],
        )
        found = graph.node("Relu", found)
        if is_halved:
            found = graph.node("MaxPool", found, kernel_shape=[2, 2], strides=[2, 2])
    found = graph.node("Flatten", found, axis=1)
    found = graph.node("Relu", graph.dense(found, "dense", network.dense))
    graph.node("Softmax", graph.dense(found, "answer", network.answer), axis=1, to="probabilities")
    graph.decide()
    return graph.content(networks.SIDE**2, network.shape.classes)


@dataclasses.dataclass(slots=True)
class Estimator:
    """A network, asked as scikit-learn's estimators are."""

    network: networks.Network

    @runtime.memory_errors()
    def predict_proba(self, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """`[N, 784]`, 0 … 1 → `[N, K]`. Raises `MemoryError`."""
        self.network.eval()
        device = next(self.network.parameters()).device
        parts = []
        with torch.inference_mode():
            for start in range(0, len(pixels), ROWS_PER_RUN):
                rows = torch.from_numpy(pixels[start : start + ROWS_PER_RUN]).to(device)
                parts.append(torch.softmax(self.network(rows), 1).double().cpu().numpy())
        return np.concatenate(parts)


class _Graph:
    """An ONNX graph while it is put together. Values are named by the order in which they are made."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, to: str | None = None, **attributes: Any) -> str:
        """Add a node; the name of its one output."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        output = to or name
        self._nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def array(self, name: str, values: npt.NDArray[Any]) -> str:
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def constant(self, name: str, value: float) -> str:
        return self.array(name, np.array(value, np.float32))

    def shape(self, name: str, sides: list[int]) -> str:
        return self.array(name, np.array(sides, np.int64))

    def dense(self, found: str, name: str, layer: nn.Linear) -> str:
        weight, bias = (
            self.array(f"{name}.{kind}", _numbers(getattr(layer, kind)))
            for kind in ("weight", "bias")
        )
        return self.node("Gemm", found, weight, bias, transB=1)

    def decide(self) -> None:
        """`label` from `probabilities`, by the rule of `decision`."""
        scaled = self.node("Mul", "probabilities", self.constant("decision_grid", decision.GRID))
        rounded = self.node("Round", scaled)
        self.node("ArgMax", rounded, to="label", axis=1, keepdims=0)

    def content(self, width: int, classes: int) -> bytes:
        number, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
        graph = helper.make_graph(
            self._nodes,
            "model",
            [helper.make_tensor_value_info("X", number, ["N", width])],
            [
                helper.make_tensor_value_info("label", whole, ["N"]),
                helper.make_tensor_value_info("probabilities", number, ["N", classes]),
            ],
            self._initializers,
        )
        model = helper.make_model(
            graph,
            producer_name="kolba",
            opset_imports=[helper.make_opsetid("", export.OPSETS[""])],
        )
        model.ir_version = export.IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        export.check(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def _folded(layer: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Array, Array]:
    """Weight and bias of the filters with the normalisation that follows them, worked out in float64."""
    weight = _numbers(layer.weight).astype(np.float64)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    mean = _numbers(norm.running_mean).astype(np.float64)
    variance = _numbers(norm.running_var).astype(np.float64)
    factor = _numbers(norm.weight) / np.sqrt(variance + norm.eps)
    bias = _numbers(norm.bias) - mean * factor
    return (weight * factor[:, None, None, None]).astype(np.float32), bias.astype(np.float32)


def _numbers(tensor: torch.Tensor) -> Array:
    found: Array = tensor.detach().cpu().contiguous().numpy()
    return found
