"""Loads what images need (numpy, Pillow) when a first one comes, so that the service starts at once."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kolba.pipeline.preprocess import steps as steps_module


@functools.cache
def load() -> type[steps_module.Steps]:
    """`steps.Steps`, ready to be used."""
    module = importlib.import_module("kolba.pipeline.preprocess.steps")
    module.warm()
    return cast("type[steps_module.Steps]", module.Steps)
