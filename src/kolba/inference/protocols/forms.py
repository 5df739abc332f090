"""Forms (`multipart/form-data`, RFC 7578) that bring files: small ones, read whole."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from kolba.inference.protocols import errors

MEDIA_TYPE = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]*))',
    re.IGNORECASE | re.MULTILINE,
)
_MOST_PARTS = 1024
_LONGEST_HEAD = 8192
_LONGEST_TYPE = 512


def is_form(content_type: str | None) -> bool:
    return content_type is not None and content_type[: len(MEDIA_TYPE)].lower() == MEDIA_TYPE


def parts(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the fields, in order. Raises `InvalidQuery` where the form is broken."""
    mark = b"--" + _boundary(content_type[:_LONGEST_TYPE])
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


@functools.lru_cache(maxsize=256)
def _boundary(content_type: str) -> bytes:
    """What parts a form's fields."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _broken("its boundary is not named", "не назван разделитель")
    return (found[1] or found[2]).encode("latin-1", "replace")


def _name(head: bytes) -> str:
    found = _NAME.search(head)
    return (found[1] or found[2] or b"").decode("utf-8", "replace") if found else ""


def _broken(en: str, ru: str) -> errors.InvalidQuery:
    return errors.refusal(
        "body",
        f"the form is broken: {en}; send it as curl -F file=@digit.png does",
        f"форма испорчена: {ru}; пришлите её, как curl -F file=@digit.png",
    )
