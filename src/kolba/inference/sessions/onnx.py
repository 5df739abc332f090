"""Sessions on ONNX Runtime."""

from __future__ import annotations

import numpy as np

from kolba.inference import decoding, errors
from kolba.inference.sessions import loader, protocol

INPUT = "X"
OUTPUTS = ["label", "probabilities"]


class OnnxSession:
    """Runs a graph with one input `X` `[N, F]` and the outputs `label` `[N]` and `probabilities` `[N, K]`.

    One thread inside a run, unless told otherwise: one row's work is far smaller than handing it to a second thread,
    and many requests share the cores better as they are.
    """

    def __init__(self, graph: bytes, *, rows_per_run: int = 65_536, threads: int = 1) -> None:
        """Raises `errors.BadBundle` when the runtime refuses `graph`, or its inputs and outputs are not as above."""
        runtime = loader.onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        try:
            self._session = runtime.InferenceSession(
                graph, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions share no base class
            raise errors.BadBundle(
                reason=f"ONNX Runtime cannot load the graph: {error}"[:500]
            ) from None
        self._check_names()
        self._rows_per_run = rows_per_run

    def run(self, features: decoding.Features) -> protocol.Answer:
        if len(features) <= self._rows_per_run:
            labels, probabilities = self._session.run(OUTPUTS, {INPUT: features})
            return protocol.Answer(labels=labels, probabilities=probabilities)
        starts = range(0, len(features), self._rows_per_run)
        parts = [
            self._session.run(OUTPUTS, {INPUT: features[start : start + self._rows_per_run]})
            for start in starts
        ]
        return protocol.Answer(
            labels=np.concatenate([part[0] for part in parts]),
            probabilities=np.concatenate([part[1] for part in parts]),
        )

    def _check_names(self) -> None:
        inputs = [one.name for one in self._session.get_inputs()]
        outputs = [one.name for one in self._session.get_outputs()]
        if inputs != [INPUT] or outputs != OUTPUTS:
            raise errors.BadBundle(
                reason=f"the graph reads {inputs} and answers {outputs}, not {[INPUT]} and {OUTPUTS}"
            )
