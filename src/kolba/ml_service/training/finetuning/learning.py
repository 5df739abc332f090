"""What is asked of who tunes a network on. Knows no library."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from kolba.ml_service.training import assembly
from kolba.ml_service.training.finetuning import mixing
from kolba.ml_service.training.images import learning


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    weights: bytes
    """The parent's, as safetensors."""
    data: learning.Data
    """The old images come first, then the new ones."""
    mix: mixing.Mix
    hyperparameters: Mapping[str, Any]
    """All of the family's for fine-tuning."""
    seed: int
    threads: int
    identity: Mapping[str, Any]
    """Whatever else the result depends on; a checkpoint of another is not gone on from."""
    progress: assembly.Progress
    checkpoints: learning.Checkpoints


Tuner = Callable[[Task], learning.Learned]
"""A family names its own as `module:function`; the module is imported where it runs."""
