"""Save the model twice as MLflow's users do: the scikit-learn pipeline, and the ONNX file."""

from __future__ import annotations

import pathlib
import sys

import mlflow
import mlflow.models
import mlflow.onnx
import mlflow.sklearn
import numpy as np
import onnx
import pipeline


def main(model: pathlib.Path, target: pathlib.Path) -> None:
    features, _ = pipeline.data()
    rows = features[:2]
    made = pipeline.fitted()
    signature = mlflow.models.infer_signature(rows, made.predict(rows))
    mlflow.sklearn.save_model(
        made,
        target / "sklearn",
        signature=signature,
        serialization_format="skops",
        skops_trusted_types=["sklearn.tree._tree.Tree", "numpy.dtype"],
    )
    answer = {"probabilities": np.zeros((2, 2), np.float32)}
    mlflow.onnx.save_model(
        onnx.load(model),
        target / "onnx",
        signature=mlflow.models.infer_signature(rows, answer),
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
    )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
