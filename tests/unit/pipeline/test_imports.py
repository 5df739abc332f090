"""Start-up is light: numpy, Pillow and ONNX Runtime are loaded with the first image or model."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numpy", "PIL", "onnxruntime", "pyarrow", "sqlalchemy", "torch"}


@pytest.mark.parametrize("service", ["preprocess", "model", "postprocess"])
def test_the_application_is_imported_without_what_is_heavy(service: str) -> None:
    script = f"import sys, kolba.pipeline.{service}.app; sys.exit(str({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, stderr=subprocess.PIPE, text=True
    )
    assert done.stderr.strip() == "set()"
