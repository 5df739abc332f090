"""The one place that loads pyarrow: start-up does without it, and most of it is 0.2 s and 50 MB."""

from __future__ import annotations

import importlib
from typing import Any


def load() -> Any:
    """`pyarrow`, with its `compute`, `csv` and `ipc` parts ready."""
    for part in ("compute", "csv", "ipc"):
        importlib.import_module(f"pyarrow.{part}")
    return importlib.import_module("pyarrow")
