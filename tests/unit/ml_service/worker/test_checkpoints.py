"""A checkpoint that cannot be kept or read ends no run, and the run says so."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Sequence
from typing import Any, cast

import pytest

from kolba.contracts import runs
from kolba.kit import errors, text
from kolba.ml_service.worker import checkpoints, places


class Storage:
    """Answers with a problem."""

    def __init__(self, status: int, slug: str) -> None:
        document = {"type": f"urn:kolba:problem:{slug}", "detail": "It says {why}."}
        self._problem = errors.RemoteProblem(service="storage", status=status, document=document)

    async def put_checkpoint(self, *_: object) -> None:
        raise self._problem

    async def checkpoint(self, *_: object) -> bytes | None:
        raise self._problem


def make(
    storage: Storage, told: list[runs.EventData], language: text.Language
) -> checkpoints.Checkpoints:
    async def tell(batch: Sequence[runs.EventData]) -> None:
        told.extend(batch)

    run: Any = dict.fromkeys(runs.Run.model_fields)
    run |= {"id": 1, "kind": "train", "state": "running", "owner": "ann", "parameters": {}}
    run |= {"fraction": 0, "message": "", "attempts": 1, "cancel_requested": False}
    run |= {"created_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
    return checkpoints.Checkpoints(
        runs.Claim(run=runs.Run.model_validate(run), token="token"),
        cast(Any, storage),
        patience_seconds=0,
        tell=tell,
        language=language,
    )


@pytest.fixture
def place(tmp_path: pathlib.Path) -> places.RunDirectory:
    found = places.RunDirectory(tmp_path)
    found.checkpoint.write_bytes(b"x" * 1234)
    return found


@pytest.mark.parametrize(
    ("status", "language", "said"),
    [
        (413, "en", "its 1234 bytes are more than storage's `runs.max_checkpoint_bytes`"),
        (413, "ru", "в ней 1234 байт, больше чем `runs.max_checkpoint_bytes` хранилища"),
        (507, "en", "begins anew: It says {why}."),
    ],
)
async def test_one_that_is_not_kept_is_told_once(
    place: places.RunDirectory, status: int, language: text.Language, said: str
) -> None:
    told: list[runs.EventData] = []
    kept = make(Storage(status, "some"), told, language)
    for _ in range(3):
        await kept.keep(place)
    assert [one.type for one in told] == ["log"]
    assert told[0].message.endswith(said)


async def test_one_that_cannot_be_read_is_told(place: places.RunDirectory) -> None:
    told: list[runs.EventData] = []
    await make(Storage(500, "corrupt-blob"), told, "en").fetch(place)
    assert [one.message for one in told] == [
        "what an earlier attempt has kept cannot be read, so this one begins anew: It says {why}."
    ]
    assert not place.earlier.exists()
