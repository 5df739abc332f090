"""Which encoding a text is in."""

from __future__ import annotations

import codecs

UTF8 = "utf-8"
_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CYRILLIC = bytes([*range(0xC0, 0x100), 0xA8, 0xB8])
_MARK_CYRILLIC = bytes(1 if byte in _CYRILLIC else 0 for byte in range(256))
_PAIR_SHARE = 0.4
_SAMPLE_BYTES = 1 << 20


def byte_order_mark(head: bytes) -> tuple[str, int] | None:
    """The encoding that a byte order mark tells, and how long the mark is."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    return None


def guess_single_byte(sample: bytes) -> str:
    """`cp1251` or `latin-1`, for a text that is neither ASCII nor UTF-8.

    Cyrillic words are runs of high bytes; in western European text a high byte stands alone between ASCII letters.
    """
    marked = sample[:_SAMPLE_BYTES].translate(_MARK_CYRILLIC)
    total = marked.count(1)
    paired = marked.count(b"\x01\x01") * 2
    return "cp1251" if total and paired / total >= _PAIR_SHARE else "latin-1"
