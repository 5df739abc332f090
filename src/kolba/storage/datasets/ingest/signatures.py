"""Files that are not text, told by how they begin."""

from __future__ import annotations

from kolba.kit import text
from kolba.storage.datasets.ingest import errors

_UNPACK = text.Text(
    en="Unpack it first and send the table.", ru="Сначала распакуйте и пришлите саму таблицу."
)
_EXPORT = text.Text(en="Export the table as CSV.", ru="Выгрузите таблицу в CSV.")
_PARQUET = text.Text(
    en="Send Parquet to POST /datasets.", ru="Parquet отправляйте в POST /datasets."
)

_SIGNATURES: tuple[tuple[bytes, str, text.Text], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG", _EXPORT),
    (b"\xff\xd8\xff", "JPEG", _EXPORT),
    (b"GIF8", "GIF", _EXPORT),
    (b"%PDF-", "PDF", _EXPORT),
    (b"PK\x03\x04", "ZIP / XLSX", _UNPACK),
    (b"PK\x05\x06", "ZIP", _UNPACK),
    (b"\x1f\x8b", "gzip", _UNPACK),
    (b"BZh", "bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "7z", _UNPACK),
    (b"Rar!\x1a\x07", "RAR", _UNPACK),
    (b"PAR1", "Parquet", _PARQUET),
    (b"ARROW1\x00\x00", "Arrow", _PARQUET),
    (b"SQLite format 3\x00", "SQLite", _EXPORT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS / DOC", _EXPORT),
    (b"\x7fELF", "ELF", _EXPORT),
)


def refuse_binary(head: bytes) -> None:
    """Raises `NotText` that says what the content is. Nothing is ever decompressed to find out."""
    for signature, kind, advice in _SIGNATURES:
        if head.startswith(signature):
            raise errors.NotText(kind=kind, advice=advice)
