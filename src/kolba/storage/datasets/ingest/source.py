"""What arrived, as checked UTF-8: a readable object for the parser, working while the rest still arrives."""

from __future__ import annotations

import codecs
import re

from kolba.storage.datasets.ingest import encodings, errors, limits, signatures, spool

_READ_BYTES = 1 << 20
_TAIL_BYTES = 256
_C1_CONTROLS = re.compile("[\x80-\x9f]")


class TextSource:
    """Reads a spool from its beginning. Raises `NotText`, `NulByte`, `LineTooLong`, `UndecodableText`.

    The encoding is told by a byte order mark, else it is UTF-8 until a byte says otherwise: when all before it was
    ASCII the text goes on in the single-byte encoding that fits, else the text is refused.
    """

    closed = False

    def __init__(self, arriving: spool.Spool, bounds: limits.Limits) -> None:
        self._spool = arriving
        self._bounds = bounds
        self._offset = 0
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pending = b""
        self._since_newline = 0
        self._newline: bytes | None = None
        self._lines = 1
        self._saw_multibyte = False
        self._is_before_text = True
        self.encoding = encodings.UTF8
        self.has_mark = False
        self.tail = b""
        """The last bytes that were read."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """The spool is its owner's to close."""

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the text in UTF-8, some `size` of them; none at the end."""
        wanted = size if size > 0 else _READ_BYTES
        while True:
            first = self._offset == 0
            raw = self._spool.read(self._offset, wanted)
            self._offset += len(raw)
            if first:
                raw = self._open(raw)
            converted = self._convert(raw, is_last=not raw)
            if self._is_before_text:
                converted = self._pass_over_blank_lines(converted)
            if converted or not raw:
                self._check_lines(converted)
                self.tail = (self.tail + converted[-_TAIL_BYTES:])[-_TAIL_BYTES:]
                return converted

    @property
    def lines(self) -> int:
        """The number of the line at which reading goes on, counted from 1."""
        return self._lines

    def _pass_over_blank_lines(self, block: bytes) -> bytes:
        """The parser takes the first line, blank or not, for the header."""
        text = block.lstrip(b"\r\n")
        self._is_before_text = not text
        self._lines += max(block[: len(block) - len(text)].count(end) for end in (b"\n", b"\r"))
        return text

    def _open(self, raw: bytes) -> bytes:
        signatures.refuse_binary(raw[:64])
        mark = encodings.byte_order_mark(raw)
        if mark is None:
            return raw
        self.encoding, length = mark
        self.has_mark = True
        if self.encoding != encodings.UTF8:
            self._decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        return raw[length:]

    def _convert(self, raw: bytes, *, is_last: bool) -> bytes:
        if self._decoder is not None:
            return self._transcode(raw, is_last=is_last)
        if b"\0" in raw:
            raise errors.NulByte(line=self._line_of(raw, raw.index(b"\0")))
        if not self._pending and raw.isascii():
            return raw
        return self._validate(self._pending + raw, is_last=is_last)

    def _validate(self, raw: bytes, *, is_last: bool) -> bytes:
        """`raw` up to its last whole character, when it is UTF-8; else in the encoding it turns out to be in."""
        try:
            _, used = codecs.utf_8_decode(raw, "strict", is_last)
        except UnicodeDecodeError as error:
            return self._change_encoding(raw, error.start, is_last=is_last)
        self._saw_multibyte = self._saw_multibyte or not raw[:used].isascii()
        self._pending = raw[used:]
        return raw[:used]

    def _change_encoding(self, raw: bytes, position: int, *, is_last: bool) -> bytes:
        if self.has_mark or self._saw_multibyte or not raw[:position].isascii():
            raise errors.UndecodableText(line=self._line_of(raw, position), encoding="UTF-8")
        self.encoding = encodings.guess_single_byte(raw[position:])
        self._decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        self._pending = b""
        return self._transcode(raw, is_last=is_last)

    def _transcode(self, raw: bytes, *, is_last: bool) -> bytes:
        assert self._decoder is not None
        try:
            decoded = self._decoder.decode(raw, is_last)
        except UnicodeDecodeError as error:
            line = self._line_of(raw, error.start)
            raise errors.UndecodableText(line=line, encoding=self.encoding) from None
        self._refuse_controls(decoded)
        return decoded.encode()

    def _refuse_controls(self, decoded: str) -> None:
        if "\0" in decoded:
            raise errors.NulByte(line=self._lines + decoded.count("\n", 0, decoded.index("\0")))
        if self.encoding != "latin-1":
            return
        control = _C1_CONTROLS.search(decoded)
        if control is not None:
            line = self._lines + decoded.count("\n", 0, control.start())
            raise errors.UndecodableText(line=line, encoding="UTF-8, cp1251, latin-1")

    def _line_of(self, raw: bytes, position: int) -> int:
        return self._lines + raw.count(b"\n", 0, position)

    def _check_lines(self, block: bytes) -> None:
        """Raises `LineTooLong`. Hops from line end to line end, `line_bytes` at a time."""
        newline = self._newline or self._find_newline(block)
        limit = self._bounds.line_bytes
        position = -self._since_newline
        while len(block) - position > limit:
            end = block.rfind(newline, max(position, 0), max(position + limit + 1, 0))
            if end < 0:
                line = self._lines + block.count(newline, 0, max(position, 0))
                raise errors.LineTooLong(line=line, limit=limit)
            position = end + 1
        last = block.rfind(newline)
        self._since_newline = (
            len(block) - last - 1 if last >= 0 else self._since_newline + len(block)
        )
        self._lines += block.count(newline)

    def _find_newline(self, block: bytes) -> bytes:
        found = b"\r" if b"\r" in block and b"\n" not in block else b"\n"
        if found in block:
            self._newline = found
        return found


def find_line(text: TextSource, row: str) -> int | None:
    """The number of the first line that `row` begins and fills; None when it is not found."""
    wanted = b"\n" + row.encode()
    carried = b"\n"
    first: int | None = None
    while block := text.read():
        if first is None:
            first = text.lines - block.count(b"\n")
        searched = carried + block
        place = searched.find(wanted)
        while place >= 0 and searched[place + len(wanted) :][:1] not in (b"", b"\r", b"\n"):
            place = searched.find(wanted, place + 1)
        if place >= 0:
            return first + searched.count(b"\n", 0, place + 1) - 1
        kept = min(len(searched), len(wanted))
        first += searched.count(b"\n", 0, len(searched) - kept)
        carried = searched[len(searched) - kept :]
    return None
