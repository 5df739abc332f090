"""The forest in ONNX Runtime, the same for every server that can be given a model: one thread."""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np
import onnxruntime

MODEL = "KOLBA_BENCH_MODEL"
"""The variable that names the ONNX file, for servers that import a module and pass it nothing."""


class Forest:
    def __init__(self, path: str | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            path or os.environ[MODEL], options, providers=["CPUExecutionProvider"]
        )

    def answer(self, rows: Any) -> tuple[np.ndarray, np.ndarray]:
        """Labels `[N]` and probabilities `[N, 2]` of `rows`, `[N, 7]`."""
        entered = np.asarray(rows, dtype=np.float32)
        labels, probabilities = self._session.run(["label", "probabilities"], {"X": entered})
        return labels, probabilities


def arguments() -> argparse.Namespace:
    """`--model FILE --port N`, which most of the servers take."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    return parser.parse_args()
