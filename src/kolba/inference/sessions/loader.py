"""Loads ONNX Runtime when a first model is opened: half a second that a service's start need not pay."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def onnxruntime() -> Any:
    import onnxruntime as runtime  # noqa: PLC0415 - the one place it is loaded

    runtime.set_default_logger_severity(3)
    return runtime
