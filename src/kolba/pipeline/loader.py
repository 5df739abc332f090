"""Loads numpy when a first tensor comes, so that the services start at once."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kolba.pipeline import tensors as tensors_module


@functools.cache
def load_tensors() -> type[tensors_module.Tensors]:
    """`tensors.Tensors`: everything that reads and writes them."""
    module = importlib.import_module("kolba.pipeline.tensors")
    return cast("type[tensors_module.Tensors]", module.Tensors)
