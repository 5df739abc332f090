"""As much of Protocol Buffers' wire format as writing a small ONNX graph takes; `onnx` itself is in no image."""

from __future__ import annotations

import struct

_VARINT, _BYTES, _FLOAT = 0, 2, 5


def number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def real(field: int, value: float) -> bytes:
    return _varint(field << 3 | _FLOAT) + struct.pack("<f", value)


def message(field: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def text(field: int, value: str) -> bytes:
    return message(field, value.encode())


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
