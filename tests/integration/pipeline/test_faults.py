"""Replicas that die, drain and come back; versions that come and go; storage that is away."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from kolba.kit.testing import processes
from kolba.pipeline.check import stencil


async def test_a_replica_killed_under_load_loses_no_request(chain: Any) -> None:
    load = chain.load()
    calling = asyncio.create_task(load.run(60.0))
    await asyncio.sleep(1.0)
    chain.models[0].kill()
    await asyncio.sleep(1.0)
    await asyncio.to_thread(chain.models[0].start)
    before = load.answered.get("model-0", 0)
    while load.answered.get("model-0", 0) == before:  # it has work again
        assert not calling.done()
        await asyncio.sleep(0.05)
    load.stop()
    await calling
    assert load.failures == []


async def test_a_stopped_replica_that_hangs_is_given_up(chain: Any) -> None:
    chain.models[0].send(signal.SIGSTOP)
    try:
        load = chain.load()
        await load.run(3.0, callers=4)
    finally:
        chain.models[0].send(signal.SIGCONT)
    assert load.failures == []
    assert load.answered["model-1"] > 0


async def test_a_replica_told_to_stop_drains(chain: Any) -> None:
    """It says that it is not ready while it goes on answering, and loses nothing."""
    model = chain.models[0]
    model.stop()
    model.start(KOLBA_MODEL__HTTP__DRAIN_SECONDS="1.5")
    load = chain.load()
    calling = asyncio.create_task(load.run(4.0))
    await asyncio.sleep(1.0)
    model.send(signal.SIGTERM)
    async with httpx2.AsyncClient(base_url=model.url) as client:
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["reason"]) == (503, "draining")
        tensor = {"tensor": [[0.0] * 28] * 28}
        answer = await client.post("/predict", json=tensor)
        assert answer.status_code == 200
        assert answer.headers["x-draining"] == "true"
    assert await asyncio.to_thread(model.wait) in (0, -signal.SIGTERM)
    await asyncio.to_thread(model.start)
    await calling
    assert load.failures == []


async def test_all_replicas_away_for_a_moment_is_waited_for(chain: Any) -> None:
    for model in chain.models:
        model.stop()
    asked = asyncio.create_task(asyncio.to_thread(chain.finalize, **{"X-Deadline-Ms": "30000"}))
    await asyncio.sleep(0.2)
    for model in chain.models:
        await asyncio.to_thread(model.start)
    assert (await asked).json()["digit"] == 7


def test_a_deadline_that_passes_is_told(chain: Any) -> None:
    for model in chain.models:
        model.send(signal.SIGSTOP)
    try:
        answer = chain.finalize(**{"X-Deadline-Ms": "300"})
    finally:
        for model in chain.models:
            model.send(signal.SIGCONT)
    assert answer.status_code == 504
    assert answer.json()["type"] == "urn:kolba:problem:deadline-passed"


async def test_production_moves_under_load_and_the_chain_follows(chain: Any) -> None:
    first = chain.finalize().json()["version"]
    second_id = chain.register(stencil.bundle(sharpness=0.4))
    load = chain.load()
    calling = asyncio.create_task(load.run(3.0))
    await asyncio.sleep(0.5)
    second = await asyncio.to_thread(chain.promote, second_id)
    await asyncio.to_thread(chain.wait_for, second)
    await calling
    assert load.failures == []
    assert chain.finalize().json()["version"] == second != first


def test_a_version_that_is_no_digits_model_is_not_served(chain: Any) -> None:
    """What is served goes on, and `/health` says why."""
    before = chain.finalize().json()["version"]
    bad = chain.register(stencil.bundle(side=14))
    chain.promote(bad)
    model = chain.models[0]

    def is_degraded() -> bool:
        chain.finalize()
        health = httpx2.get(f"{model.url}/health").json()
        return "28×28" in str(health["checks"]["model"])

    processes.until(is_degraded, "the health check to tell")
    assert chain.finalize().json()["version"] == before


def test_a_version_that_is_refused_a_second_time_is_told_of_again(chain: Any) -> None:
    """The alias went back in between, and all was well."""
    good = chain.register(stencil.bundle(sharpness=0.45))
    bad = chain.register(stencil.bundle(side=12))

    def is_told(said: bool) -> bool:
        chain.finalize()
        checks = httpx2.get(f"{chain.models[0].url}/health").json()["checks"]
        return bool(("28×28" in checks["model"]) == said)

    for _ in range(2):
        chain.wait_for(chain.promote(good))
        processes.until(lambda: is_told(False), "the health check to be well")
        chain.promote(bad)
        processes.until(lambda: is_told(True), "the health check to tell")
    chain.wait_for(chain.promote(good))


def test_storage_away_changes_nothing(chain: Any) -> None:
    chain.promote(chain.register(stencil.bundle(sharpness=0.3)))
    chain.finalize()
    chain.storage.stop()
    try:
        for _ in range(5):
            assert chain.finalize().json()["digit"] == 7
        health = httpx2.get(f"{chain.models[0].url}/health").json()
        assert health["status"] == "degraded"
        assert httpx2.get(f"{chain.models[0].url}/ready").status_code == 200
    finally:
        chain.storage.start()


@pytest.fixture
def empty(chain: Any) -> Iterator[Any]:
    """Without a version in production."""
    held = httpx2.get(f"{chain.storage.url}/aliases/digits/production").json()["model_id"]
    httpx2.delete(f"{chain.storage.url}/aliases/digits/production").raise_for_status()
    try:
        yield chain
    finally:
        chain.wait_for(chain.promote(held))


def test_no_model_yet_is_told_and_a_first_one_taken_up_at_once(empty: Any) -> None:
    chain = empty

    def is_gone() -> bool:
        return bool(chain.finalize().status_code == 503)

    processes.until(is_gone, "the version to go")
    answer = chain.finalize(**{"Accept-Language": "ru"})
    document = answer.json()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert document["type"] == "urn:kolba:problem:no-model-yet"
    assert document["title"] == "Модели ещё нет"
    assert "POST http://localhost:8000/train" in document["detail"]
    assert httpx2.get(f"{chain.models[0].url}/ready").json()["reason"] == "no model yet"
    assert httpx2.get(f"{chain.models[0].url}/health").json()["status"] == "ok"
    version = chain.promote(chain.register(stencil.bundle(sharpness=0.25)))
    assert chain.finalize().json()["version"] == version


def test_a_damaged_bundle_is_never_served(chain: Any) -> None:
    """Its hash is not the registered one: storage's file was changed behind its back."""
    before = chain.finalize().json()["version"]
    content = stencil.bundle(sharpness=0.35)
    new = chain.register(content)
    blobs = [
        path
        for path in (chain.folder / "storage").rglob("*")
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    ]
    assert blobs
    for path in blobs:
        path.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
    chain.promote(new)

    def is_told() -> bool:
        assert chain.finalize().json()["version"] == before
        checks = httpx2.get(f"{chain.models[0].url}/health").json()["checks"]
        return bool(checks["model"] != "ok")

    processes.until(is_told, "the health check to tell")
