"""The pictures of a prediction: what is not fit is left out, and said why."""

from __future__ import annotations

import pytest

from kolba.contracts import predictions as contracts
from kolba.kit.testing import pictures as files
from kolba.storage.predictions import pictures

GOOD = files.png()
HASH = files.sha256(GOOD)


def read(hashes, sent):
    dropped: list[str] = []
    found = pictures.read(hashes, sent, dropped)
    return [one.sha256 for one in found], dropped


def test_what_is_fit_is_taken():
    photograph = files.jpeg()
    sent = [files.base64_of(GOOD), files.base64_of(photograph)]
    assert read([HASH, files.sha256(photograph)], sent) == ([HASH, files.sha256(photograph)], [])
    assert read([], sent)[0] == [HASH, files.sha256(photograph)]
    assert read([HASH], []) == ([HASH], [])


@pytest.mark.parametrize(
    ("hashes", "sent", "why"),
    [
        (["0" * 64], [files.base64_of(GOOD)], "another hash"),
        (["x"], [], "not a SHA-256"),
        ([7], [], "not a SHA-256"),
        ([HASH.upper()], [], "not a SHA-256"),
        ([], ["%%%"], "not base64"),
        ([], [5], "not base64"),
        ([], ["é"], "not base64"),
        ([], [files.base64_of(b"GIF89a")], "not an image"),
        ([], ["A" * (contracts.MAX_PICTURE_BYTES * 4 // 3 + 8)], "too large"),
        ([], [files.base64_of(files.png(size=(1, 5000)))], "too many pixels"),
    ],
)
def test_what_is_not_is_left_out(hashes, sent, why):
    [found, dropped] = read(hashes, sent)
    assert found == []
    assert why in dropped[0]


def test_the_largest_that_may_come_is_taken():
    content = GOOD + bytes(contracts.MAX_PICTURE_BYTES - len(GOOD))
    assert read([], [files.base64_of(content)]) == ([files.sha256(content)], [])
    assert read([], [files.base64_of(content + b"\0")])[1] == ["too large"]


@pytest.mark.parametrize("rubbish", [None, 5, "text", {"a": 1}])
def test_rubbish_is_nothing(rubbish):
    assert read(rubbish, rubbish) == ([], [])
