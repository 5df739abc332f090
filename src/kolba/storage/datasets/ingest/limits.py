"""What a table may be at most."""

from __future__ import annotations

import dataclasses

MEBIBYTE = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    upload_bytes: int = 20_000 * MEBIBYTE
    """The largest text that is read."""
    columns: int = 2000
    line_bytes: int = MEBIBYTE
    """The longest line, and the longest quoted value, after it became UTF-8."""
    image_bytes: int = MEBIBYTE
    """The largest file in a column of images."""
    rows: int = 1_000_000_000
    """Of a table that comes with its types."""
    decoded_bytes: int = 20_000 * MEBIBYTE
    """What a table that comes with its types may come to once it is unpacked."""
    threads: int = 2
    memory_bytes: int = 128 * MEBIBYTE
    """What DuckDB may hold while it profiles; beyond it, it spills to the scratch folder."""
