"""The file in a multipart form, taken out while the form arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator

import python_multipart
from python_multipart import exceptions, multipart

from kolba.kit import errors, text

_FIELD = b"file"
_LONGEST_HEADER = 8192


class MalformedForm(errors.KolbaError):
    status = 400
    slug = "malformed-form"
    title = text.Text(en="The form could not be read", ru="Форму не удалось прочитать")
    detail = text.Text(
        en="Send multipart/form-data with one file in the field `file` ({reason}).",
        ru="Пришлите multipart/form-data с одним файлом в поле `file` ({reason}).",
    )


class FileField:
    """Iterate over it for the bytes of the field `file`. `filename` is known once the first of them has come."""

    def __init__(self, chunks: AsyncIterator[bytes], content_type: str) -> None:
        _, options = multipart.parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise MalformedForm(reason="no boundary")
        self.filename: str | None = None
        self._chunks = chunks
        self._found = 0
        self._ended = False
        self._inside = False
        self._headers: dict[bytes, bytes] = {}
        self._header = (b"", b"")
        self._pieces: list[bytes] = []
        self._parser = python_multipart.MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._take_header_name,
                "on_header_value": self._take_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._take_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises `MalformedForm`."""
        try:
            async for chunk in self._chunks:
                self._parser.write(chunk)
                for piece in self._pieces:
                    yield piece
                self._pieces.clear()
            self._parser.finalize()
        except exceptions.FormParserError as error:
            raise MalformedForm(reason=str(error)[:200]) from None
        if not self._ended:
            raise MalformedForm(reason="it is cut off")
        if self._found != 1:
            raise MalformedForm(reason=f"{self._found} fields of that name")

    def _begin(self) -> None:
        self._headers = {}

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        name, value = self._header
        self._header = (self._bounded(name + data[start:end]), value)

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        name, value = self._header
        self._header = (name, self._bounded(value + data[start:end]))

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = (b"", b"")

    def _end_headers(self) -> None:
        _, options = multipart.parse_options_header(self._headers.get(b"content-disposition"))
        self._inside = options.get(b"name") == _FIELD
        if not self._inside:
            return
        self._found += 1
        filename = options.get(b"filename")
        self.filename = filename.decode("utf-8", "replace") if filename else None

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if self._inside and self._found == 1:
            self._pieces.append(data[start:end])

    def _end_part(self) -> None:
        self._inside = False

    def _end(self) -> None:
        self._ended = True

    def _bounded(self, value: bytes) -> bytes:
        if len(value) > _LONGEST_HEADER:
            raise MalformedForm(reason="a header is too long")
        return value
