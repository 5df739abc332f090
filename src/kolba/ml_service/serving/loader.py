"""Loads what answering needs (numpy, ONNX Runtime) when a first model is wanted, so that the service starts at once."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kolba.ml_service.serving import model as model_module


@functools.cache
def load_bundle() -> type[model_module.LoadedModel]:
    """`model.LoadedModel`, whose `open` reads a bundle."""
    module = importlib.import_module("kolba.ml_service.serving.model")
    module.prepare()
    return cast("type[model_module.LoadedModel]", module.LoadedModel)
