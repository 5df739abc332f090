"""How often a JPEG file goes over its picture: looked at before a pixel is decoded.

A progressive file may refine its picture as often as it likes, in scans of a few bytes each, and each costs a walk over
all pixels. The format: ITU-T T.81; what may stand where is read as libjpeg reads it.
"""

from __future__ import annotations

import re

SIGNATURE = b"\xff\xd8\xff"
MAX_SCANS = 100
"""Encoders write 1 to 12 scans, those that search for the smallest file at most 64."""
MAX_SEGMENTS = 1000
"""Tables before each scan, and what cameras and editors tell; each is read, however empty it is."""
_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
"""Not in coded data (B.1.1.5): there 0xFF is followed by 0, or by a restart marker. Those below are passed over."""
_ENDS = (0xD8, 0xD9)
"""The end of the image, and the start of another, which is none within one."""
_START_OF_SCAN = 0xDA
_START = len(SIGNATURE) - 1


def is_endless(content: bytes) -> bool:
    """Whether it has more than `MAX_SCANS` or `MAX_SEGMENTS`; what is in a segment, as a thumbnail, does not count."""
    scans, place = 0, _START
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(content, place)
        if found is None or found[1][0] in _ENDS:
            return False
        place = found.end()
        place += max(2, int.from_bytes(content[place : place + 2]))
        scans += found[1][0] == _START_OF_SCAN
        if scans > MAX_SCANS:
            return True
    return True
