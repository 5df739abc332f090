"""Loads what answering needs (numpy, ONNX Runtime) when a model is there, so that the service starts at once."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kolba.pipeline.model import network as network_module


@functools.cache
def load() -> type[network_module.Network]:
    """`network.Network`, whose `open` reads a bundle."""
    module = importlib.import_module("kolba.pipeline.model.network")
    module.prepare()
    return cast("type[network_module.Network]", module.Network)
