"""How large a picture may be, and how large a digit is. Looked at before a pixel is decoded."""

from __future__ import annotations

from typing import Final

SHAPE: Final = (28, 28)
"""Of a digit: height and width."""
MAX_BYTES: Final = 4 << 20
MAX_SIDE: Final = 4096
MAX_PIXELS: Final = 16 << 20
