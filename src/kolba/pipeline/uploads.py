"""The image in a request: the field `file` of a form, or the body itself."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from kolba.kit import text
from kolba.pipeline import errors

_FIELD = "file"
_FORM = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]*))',
    re.IGNORECASE | re.MULTILINE,
)
_MOST_PARTS = 64
_LONGEST_HEAD = 8192


def file_of(body: bytes, content_type: str | None) -> bytes:
    """Raises `errors.NoFile` when there is nothing, `errors.BrokenForm`."""
    boundary = _boundary(content_type[:512]) if content_type else None
    if boundary is None:
        if not body:
            raise errors.NoFile
        return body
    for name, content in _parts(body, boundary):
        if name == _FIELD:
            if not content:
                raise errors.NoFile
            return content
    raise errors.NoFile


@functools.lru_cache(maxsize=256)
def _boundary(content_type: str) -> bytes | None:
    """What parts a form's fields; None where the body is no form."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return None
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _broken("its boundary is not named", "не назван разделитель")
    return (found[1] or found[2]).encode("latin-1")


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents. RFC 2046: between two lines that begin with two hyphens and the boundary."""
    mark = b"--" + boundary
    place = body.find(mark)
    if place != 0 and body[place - 2 : place] != b"\r\n":
        raise _broken("it does not begin with its boundary", "она не начинается с разделителя")
    for _ in range(_MOST_PARTS):
        place += len(mark)
        if body.startswith(b"--", place):
            return
        begins = body.find(b"\r\n\r\n", place, place + _LONGEST_HEAD)
        ends = body.find(b"\r\n" + mark, begins + 2) if begins >= 0 else -1
        if ends < 0:
            raise _broken("it is cut short", "она обрывается")
        yield _name(body[place:begins]), body[begins + 4 : ends]
        place = ends + 2
    raise _broken("it has too many parts", "в ней слишком много частей")


def _name(head: bytes) -> str:
    found = _NAME.search(head)
    return (found[1] or found[2] or b"").decode("utf-8", "replace") if found else ""


def _broken(en: str, ru: str) -> errors.BrokenForm:
    return errors.BrokenForm(reason=text.Text(en=en, ru=ru))
