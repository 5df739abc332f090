"""How new images are mixed with old ones, so that what was learned before is not forgotten.

Rehearsal: A. Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection Science 7(2), 1995.
"""

from __future__ import annotations

import dataclasses

_LEAST_NEW = 200
_MOST_REPEATS = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What an epoch is made of."""

    new: int
    """New images there are."""
    old: int
    """Old images there are to choose from, anew in each epoch."""
    repeats: int
    """So often each new image comes in an epoch, changed a little each time."""
    replayed: int
    """So many old ones come, each once."""

    @property
    def rows(self) -> int:
        return self.new * self.repeats + self.replayed


def mix(*, new: int, old: int, share: float) -> Mix:
    """An epoch of which old images are the `share`, 0 ≤ share < 1, as far as there are so many.

    Few new images are repeated: an epoch of ten would be over after one step.
    """
    repeats = min(_MOST_REPEATS, max(1, -(-_LEAST_NEW // new)))
    replayed = min(old, round(new * repeats * share / (1 - share)))
    return Mix(new=new, old=old, repeats=repeats, replayed=replayed)
