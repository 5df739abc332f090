"""How often a JPEG file goes over its picture: looked at before a pixel is decoded.

A progressive file may refine its picture as often as it likes, in scans of a few bytes each, and each costs a walk over
all pixels. The format: ITU-T T.81; what may stand where is read as libjpeg reads it.
"""

from __future__ import annotations

import re

SIGNATURE = b"\xff\xd8\xff"
MAX_SCANS = 100
"""Encoders write 1 to 12 scans, those that search for the smallest file at most 64."""
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""Not in coded data (B.1.1.5): there 0xFF is followed by 0, or by a restart marker."""
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_FIRST_WITH_LENGTH = 0xC0
_START = len(SIGNATURE) - 1


def has_too_many_scans(content: bytes) -> bool:
    """Whether there are more than `MAX_SCANS`; those of a thumbnail within a segment are not counted."""
    scans, place = 0, _START
    while scans <= MAX_SCANS:
        found = _MARKER.search(content, place)
        if found is None or found[1][0] == _END_OF_IMAGE:
            return False
        marker, place = found[1][0], found.end()
        scans += marker == _START_OF_SCAN
        if marker >= _FIRST_WITH_LENGTH and marker != _START_OF_IMAGE:
            place += max(2, int.from_bytes(content[place : place + 2]))
    return True
