"""The one place that loads numpy: only images need it here."""

from __future__ import annotations

import importlib
from typing import Any


def load() -> Any:
    """`numpy`."""
    return importlib.import_module("numpy")
