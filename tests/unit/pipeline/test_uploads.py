"""The image in a request, however it was sent."""

from __future__ import annotations

import pytest

from kolba.pipeline import errors, uploads

IMAGE = b"\x89PNG\r\n--XX\r\n\r\nnot the end"
FORM = "multipart/form-data; boundary=XyZ"


def form(*parts: tuple[str, bytes], boundary: str = "XyZ") -> bytes:
    made = b""
    for head, content in parts:
        made += f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return made + f"--{boundary}--\r\n".encode()


NAMED = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png'


@pytest.mark.parametrize("kind", [None, "image/png", "application/octet-stream"])
def test_a_body_is_the_image_itself(kind: str | None) -> None:
    assert uploads.file_of(IMAGE, kind) == IMAGE


def test_the_field_file_of_a_form_is_it() -> None:
    other = 'Content-Disposition: form-data; name="comment"'
    body = form((other, b"seven"), (NAMED, IMAGE))
    assert uploads.file_of(body, FORM) == IMAGE


@pytest.mark.parametrize(
    "kind",
    [
        'multipart/form-data; boundary="XyZ"',
        "Multipart/Form-Data; charset=utf-8; BOUNDARY=XyZ",
    ],
)
def test_the_boundary_may_be_written_in_any_way(kind: str) -> None:
    assert uploads.file_of(form((NAMED, IMAGE)), kind) == IMAGE


def test_a_name_without_quotes_and_a_preamble_are_understood() -> None:
    body = b"hello\r\n" + form(("content-disposition: form-data; name=file", IMAGE))
    assert uploads.file_of(body, FORM) == IMAGE


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", None),
        (b"", "image/png"),
        (form((NAMED, b"")), FORM),
        (form(('Content-Disposition: form-data; name="image"', IMAGE)), FORM),
        (form(('Content-Disposition: form-data; filename="file"', IMAGE)), FORM),
        (b"--XyZ--\r\n", FORM),
    ],
)
def test_no_image_is_said_so(body: bytes, kind: str | None) -> None:
    with pytest.raises(errors.NoFile):
        uploads.file_of(body, kind)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form((NAMED, IMAGE)), "multipart/form-data"),
        (form((NAMED, IMAGE), boundary="other"), FORM),
        (form((NAMED, IMAGE))[:-20], FORM),
        (b"--XyZ\r\nContent-Disposition: form-data", FORM),
        (b"", FORM),
        (form(*[('Content-Disposition: form-data; name="x"', b"1")] * 100), FORM),
        (b"x--XyZ\r\n" + NAMED.encode() + b"\r\n\r\n1\r\n--XyZ--", FORM),
    ],
)
def test_a_broken_form_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(errors.BrokenForm):
        uploads.file_of(body, kind)
