"""The hash of a body: however it is cut into pieces, and whatever a form's boundary is."""

from __future__ import annotations

import hashlib
import random

import pytest

from kolba.web_master.idempotency import errors, hashing, service

FORM = b"--%(b)s\r\nContent-Disposition: form-data; name=file\r\n\r\na,b\n1,2--%(b)\r\n\r\n--%(b)s--\r\n"


def form(boundary: str) -> tuple[bytes, str]:
    body = FORM.replace(b"%(b)s", boundary.encode())
    return body, f'multipart/form-data; boundary="{boundary}"'


def test_a_plain_body_has_its_own_hash() -> None:
    found = hashing.of(b"abc", "application/json")
    assert found == hashing.Digest(sha256=hashlib.sha256(b"abc").hexdigest(), size=3)


def test_the_same_form_sent_anew_has_the_same_hash() -> None:
    found = {hashing.of(*form(boundary)) for boundary in ("x", "-" * 24 + "7f3a", "a" * 70)}
    assert len(found) == 1


def test_another_file_in_a_form_has_another_hash() -> None:
    body, kind = form("b-1")
    assert hashing.of(body, kind) != hashing.of(body.replace(b"1,2", b"1,3"), kind)


@pytest.mark.parametrize("kind", ["application/json", form("zz-zz")[1]])
def test_pieces_make_no_difference(kind: str) -> None:
    body = form("zz-zz")[0] * 3
    whole = hashing.of(body, kind)
    for seed in range(50):
        chosen = random.Random(seed)
        made = hashing.BodyHash(kind)
        start = 0
        while start < len(body):
            stop = start + chosen.randint(0, 7)
            made.update(body[start:stop])
            start = stop
        assert made.digest() == whole


@pytest.mark.parametrize("given", ["x", "8e03978e-40d5-43dd-bc93-6894a57f9324", "~" * 255])
def test_a_key_is_read_with_or_without_quotes(given: str) -> None:
    assert service.read_key(given) == service.read_key(f'"{given}"') == given


@pytest.mark.parametrize("given", ["", " ", "a b", "é", "\x7f", "x" * 256, '""' + "x" * 256])
def test_what_is_no_key_is_refused(given: str) -> None:
    with pytest.raises(errors.InvalidKey):
        service.read_key(given)
