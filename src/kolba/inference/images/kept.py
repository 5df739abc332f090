"""The pictures of one request, for its history."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kolba.inference.images import png, values

_MOST = 16
_MOST_BYTES = 64 << 10
"""Of all the files kept of one request; whatever comes on top is kept as the digit that was made of it."""


class Kept:
    """The first pictures of a request, as files: as they were sent where they are small, else as the model saw them."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self._left = _MOST_BYTES

    def add(self, value: Any, digit: npt.NDArray[np.float32]) -> None:
        """`value` was read as `digit` `[28, 28]`."""
        if len(self.files) >= _MOST:
            return
        file = values.file_within(value)
        if file is None or len(file) > self._left:
            self.files.append(png.write(np.rint(digit * 255).astype(np.uint8)))
        else:
            self._left -= len(file)
            self.files.append(file)
