"""Compressed bodies: read within the limit, refused with what to do."""

from __future__ import annotations

import gzip
import zlib

import pytest

from kolba.kit import errors
from kolba.kit.http import inflating

BODY = b'{"rows": [1, 2, 3]}' * 10


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        (" GZIP ", gzip.compress(BODY, mtime=0)),
        ("gzip", gzip.compress(BODY[:7], mtime=0) + gzip.compress(BODY[7:], mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
        ("", BODY),
    ],
)
async def test_what_was_compressed_comes_back(encoding: str, sent: bytes) -> None:
    assert await inflating.inflate(sent, encoding, len(BODY)) == BODY


@pytest.mark.parametrize(
    "sent",
    [
        gzip.compress(b"0" * 50_000_000, mtime=0),
        gzip.compress(BODY, mtime=0) + gzip.compress(b"0" * 5_000_000, mtime=0),
        b"".join(gzip.compress(b"0" * 500, mtime=0) for _ in range(10)),
    ],
    ids=["bomb", "bomb behind a small one", "many small ones"],
)
async def test_more_than_the_limit_is_refused(sent: bytes) -> None:
    with pytest.raises(errors.BodyTooLarge):
        await inflating.inflate(sent, "gzip", 1000)


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)[:-1]),
        ("gzip", gzip.compress(BODY, mtime=0) + b"rest"),
        ("gzip", BODY),
        ("deflate", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)[:-4] + b"0000"),
    ],
)
async def test_damaged_data_is_refused(encoding: str, sent: bytes) -> None:
    with pytest.raises(inflating.BrokenEncoding) as caught:
        await inflating.inflate(sent, encoding, 10_000)
    assert caught.value.status == 400


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 5000])
async def test_other_encodings_are_refused_with_those_that_are_not(encoding: str) -> None:
    with pytest.raises(inflating.UnsupportedEncoding) as caught:
        await inflating.inflate(BODY, encoding, 10_000)
    assert caught.value.status == 415
    assert caught.value.headers == {"Accept-Encoding": "gzip, deflate"}
    assert len(str(caught.value)) < 300


async def test_very_many_empty_parts_are_refused() -> None:
    """Each costs time and adds nothing, so that a bound on the size alone would not stop them."""
    sent = gzip.compress(b"", mtime=0) * 5_000
    with pytest.raises(inflating.BrokenEncoding):
        await inflating.inflate(sent, "gzip", 10_000_000)
