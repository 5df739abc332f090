"""What libraries warn of while they fit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from kolba.ml_service.training import assembly

_MOST = 50


def told(caught: Sequence[warnings.WarningMessage], progress: assembly.Progress) -> tuple[str, ...]:
    """Each warning once, logged, and for the summary."""
    found = dict.fromkeys(f"{one.category.__name__}: {one.message}"[:500] for one in caught)
    messages = tuple(found)[:_MOST]
    for message in messages:
        progress.log(message)
    return messages
