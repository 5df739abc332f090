"""The messages of Arrow streams, looked at before anything in them is unpacked.

Layout: https://github.com/apache/arrow/blob/main/format/Message.fbs, in flatbuffers.
"""

from __future__ import annotations

import struct

import pyarrow as pa
import pyarrow.ipc

from kolba.storage.datasets.ingest import errors

_HEADER = 2
_DICTIONARY_DATA = 1
_COMPRESSION = 3


def refuse_compression(file: pa.NativeFile) -> None:
    """Raises `CompressedStream`: nobody could say what a compressed message comes to before it is in memory."""
    while file.tell() < file.size():
        # A reader stops at the mark that ends a stream, and the next stream begins behind it.
        before = file.tell()
        for message in pa.ipc.MessageReader.open_stream(file):
            if _is_compressed(message):
                raise errors.CompressedStream
        if file.tell() == before:
            return


def _is_compressed(message: pa.ipc.Message) -> bool:
    if message.type not in ("record batch", "dictionary"):
        return False
    flat = memoryview(message.metadata)
    try:
        batch = _table_at(flat, 0, _HEADER)
        if batch and message.type == "dictionary":
            batch = _table_in(flat, batch, _DICTIONARY_DATA)
        return bool(batch and _place(flat, batch, _COMPRESSION))
    except struct.error as error:
        raise errors.UnreadableTable(reason="a message of the stream is damaged") from error


def _table_at(flat: memoryview, start: int, field: int) -> int:
    return _table_in(flat, start + _number(flat, "<I", start), field)


def _table_in(flat: memoryview, table: int, field: int) -> int:
    """Where the table begins that is the field of another; 0 when it is not there."""
    place = _place(flat, table, field)
    return place and place + _number(flat, "<I", place)


def _place(flat: memoryview, table: int, field: int) -> int:
    """Where a field of a table is; 0 when it is not there."""
    directory = table - _number(flat, "<i", table)
    entry = 4 + 2 * field
    if entry >= _number(flat, "<H", directory):
        return 0
    offset = _number(flat, "<H", directory + entry)
    return offset and table + offset


def _number(flat: memoryview, layout: str, place: int) -> int:
    number: int = struct.unpack_from(layout, flat, place)[0]
    return number
