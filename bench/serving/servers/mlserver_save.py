"""Lay out a folder for each of MLServer's two models.

MLServer's scikit-learn runtime reads what joblib writes, so the file is made and unpickled here, in the peer's own
environment, and never leaves the run's temporary folder.
"""

from __future__ import annotations

import json
import pathlib
import sys

import joblib
import pipeline

IMPLEMENTATIONS = {"sklearn": "mlserver_sklearn.SKLearnModel", "onnx": "mlserver_onnx.Titanic"}
SETTINGS = {"parallel_workers": 0, "debug": False, "host": "127.0.0.1"}


def main(target: pathlib.Path) -> None:
    for name, implementation in IMPLEMENTATIONS.items():
        folder = target / name
        folder.mkdir(parents=True)
        model: dict[str, object] = {"name": "titanic", "implementation": implementation}
        if name == "sklearn":
            joblib.dump(pipeline.fitted(), folder / "model.joblib")
            model |= {"parameters": {"uri": "./model.joblib"}}
        (folder / "model-settings.json").write_text(json.dumps(model))
        (folder / "settings.json").write_text(json.dumps(SETTINGS))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
