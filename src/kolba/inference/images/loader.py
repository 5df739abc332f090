"""Loads Pillow and numpy when a first picture comes: a service's start need not pay for them."""

from __future__ import annotations

import functools
import importlib
import types


@functools.cache
def module(name: str) -> types.ModuleType:
    """The module `name` of this package."""
    return importlib.import_module(f"kolba.inference.images.{name}")
