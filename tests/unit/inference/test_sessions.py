import numpy as np
import onnx
import pytest
from onnx import helper

from kolba.inference import errors
from kolba.inference.sessions import memory, protocol
from kolba.inference.sessions import onnx as onnx_session


def softmax_graph(input_name: str = "X") -> bytes:
    """The class is the column with the larger number."""
    nodes = [
        helper.make_node("Softmax", [input_name], ["probabilities"], axis=1),
        helper.make_node("ArgMax", [input_name], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(input_name, onnx.TensorProto.FLOAT, [None, 2])],
        [
            helper.make_tensor_value_info("label", onnx.TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, [None, 2]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return model.SerializeToString()


def softmax(features: np.ndarray) -> np.ndarray:
    powers = np.exp(features - features.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "session",
    [
        onnx_session.OnnxSession(softmax_graph()),
        onnx_session.OnnxSession(softmax_graph(), rows_per_run=3),
        memory.MemorySession(softmax),
    ],
    ids=["onnx", "onnx in parts", "memory"],
)
def test_a_session_answers_every_row(session: protocol.Session) -> None:
    features = np.random.default_rng(1).normal(size=(8, 2)).astype(np.float32)
    answer = session.run(features)
    np.testing.assert_array_equal(answer.labels, features.argmax(axis=1))
    np.testing.assert_allclose(answer.probabilities, softmax(features), atol=1e-6)


@pytest.mark.parametrize("graph", [b"", b"not a graph", softmax_graph("other")])
def test_a_strange_graph_is_a_bad_bundle(graph: bytes) -> None:
    with pytest.raises(errors.BadBundle):
        onnx_session.OnnxSession(graph)
