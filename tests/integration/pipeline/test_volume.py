"""Tensors through a shared folder: what lies there, and what becomes of a folder that is full or cannot be written."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import resource
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import pytest

from kolba.kit.testing import processes
from kolba.pipeline import errors, exchange
from kolba.pipeline.check import stencil


def slug(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def test_a_digit_comes_through_and_nothing_is_left(volume: Any) -> None:
    for digit in range(10):
        answer = volume.finalize(stencil.png(digit))
        assert answer.json()["digit"] == digit
        assert "volume-write" in answer.headers["server-timing"]
    assert volume.left() == []


async def test_requests_of_one_id_get_each_its_own_answer(volume: Any) -> None:
    url = f"{volume.postprocess.url}/finalize"
    digits = [1, 7] * 20
    async with httpx2.AsyncClient(timeout=30) as client:
        answers = await asyncio.gather(
            *(
                client.post(url, content=stencil.digit_png(one), headers={"X-Request-Id": "same"})
                for one in digits
            )
        )
    assert [answer.json()["digit"] for answer in answers] == digits
    assert volume.left() == []


async def test_under_load_nothing_is_lost_and_nothing_left(volume: Any) -> None:
    load = volume.load()
    await load.run(1.5)
    assert load.failures == []
    assert volume.left() == []


def test_what_a_killed_preprocess_left_is_swept_away(volume: Any) -> None:
    orphan = volume.exchange / "orphan.npy"
    orphan.write_bytes(b"x")
    old = time.time() - 60
    os.utime(orphan, (old, old))
    processes.until(lambda: not orphan.exists(), "the orphan to be swept")


def test_a_damaged_file_of_another_is_refused(volume: Any) -> None:
    (volume.exchange / "objects.npy").write_bytes(_objects())
    answer = httpx2.post(f"{volume.models[0].url}/predict", json={"path": "objects"})
    (volume.exchange / "objects.npy").unlink()
    assert (answer.status_code, slug(answer)) == (422, "bad-tensor")


def _objects() -> bytes:
    """A file that numpy would unpickle, if it were let."""
    return (
        b"\x93NUMPY\x01\x00\x76\x00"
        + (b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(0x75) + b"\n")
        + b"cos\nsystem\n(S'true'\ntR."
    )


def test_a_folder_that_is_gone_is_told_and_is_used_again_when_it_is_back(volume: Any) -> None:
    aside = volume.exchange.with_name("aside")
    volume.exchange.rename(aside)
    try:
        answer = volume.finalize()
        assert (answer.status_code, slug(answer)) == (503, "exchange-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert volume.finalize(**{"Accept-Language": "ru"}).json()["title"] == (
            "Общий том недоступен"
        )
        health = httpx2.get(f"{volume.preprocess.url}/health").json()
        assert health["status"] == "degraded"
    finally:
        aside.rename(volume.exchange)
    assert volume.finalize().status_code == 200


def test_a_file_that_may_not_grow_is_a_full_volume(volume: Any) -> None:
    assert volume.preprocess.process is not None
    pid = volume.preprocess.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        answer = volume.finalize()
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert (answer.status_code, slug(answer)) == (507, "exchange-full")
    assert volume.left() == []
    assert volume.finalize().status_code == 200


@contextlib.contextmanager
def mounted(folder: pathlib.Path, options: str) -> Iterator[pathlib.Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system to try this with")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_volume_without_space_keeps_nothing_back(tmp_path: pathlib.Path) -> None:
    content = np.zeros(784, np.float32).tobytes()
    with mounted(tmp_path / "full", "size=8k") as folder:
        shared = exchange.Exchange(folder)
        (folder / "filler").write_bytes(bytes(6000))
        with pytest.raises(errors.ExchangeFull), shared.left("a", content * 2):
            pass
        assert [path.name for path in folder.iterdir()] == ["filler"]
        (folder / "filler").unlink()
        with shared.left("a", content) as name:
            assert shared.read(name) == content


def test_a_volume_without_room_for_names_is_full_too(tmp_path: pathlib.Path) -> None:
    with mounted(tmp_path / "full", "nr_inodes=2") as folder:
        shared = exchange.Exchange(folder)
        with pytest.raises(errors.ExchangeFull), shared.left("a", b"x"):
            pass
        assert list(folder.iterdir()) == []


def test_a_read_only_volume_is_told(tmp_path: pathlib.Path) -> None:
    with mounted(tmp_path / "fixed", "ro") as folder:
        shared = exchange.Exchange(folder)
        with (
            pytest.raises(errors.ExchangeUnavailable, match=r"[Rr]ead-only"),
            shared.left("a", b"x"),
        ):
            pass
        assert "ead-only" in (shared.trouble() or "")
