import asyncio
import importlib
import os
import pathlib
import subprocess
import sys

import orjson
import pytest

from kolba.kit import errors
from kolba.kit import settings as kit_settings
from kolba.ml_service import settings as ml_settings
from kolba.ml_service.worker import delivery, events, nursery, workshop
from kolba.ml_service.worker import processors as processing
from kolba.ml_service.worker import settings as worker_settings


async def test_a_call_is_tried_again_while_storage_is_away() -> None:
    failures: list[Exception] = [
        errors.ServiceUnavailable(service="storage"),
        errors.RemoteProblem(service="storage", status=500, document={}),
    ]

    async def call() -> str:
        if failures:
            raise failures.pop(0)
        return "done"

    assert await delivery.persist(call) == "done"


@pytest.mark.parametrize("slug", ["lease-lost", "run-finished"])
async def test_a_lost_lease_is_no_reason_to_try_again(slug: str) -> None:
    async def call() -> None:
        document = {"type": f"urn:kolba:problem:{slug}"}
        raise errors.RemoteProblem(service="storage", status=409, document=document)

    with pytest.raises(delivery.LeaseLost):
        await delivery.persist(call)


@pytest.mark.parametrize("status", [404, 422, 507])
async def test_what_cannot_be_mended_is_raised(status: int) -> None:
    async def call() -> None:
        raise errors.RemoteProblem(service="storage", status=status, document={})

    with pytest.raises(errors.RemoteProblem):
        await delivery.persist(call)


async def test_a_damaged_blob_is_not_asked_for_for_ever() -> None:
    async def call() -> None:
        document = {"type": "urn:kolba:problem:corrupt-blob"}
        raise errors.RemoteProblem(service="storage", status=500, document=document)

    async with asyncio.timeout(30):
        with pytest.raises(errors.RemoteProblem):
            await delivery.persist(call)


async def nothing() -> None:
    """Keeps no checkpoint."""


async def test_a_checkpoint_is_kept_after_the_events_before_it() -> None:
    reader = asyncio.StreamReader()
    order: list[str] = []
    kept = asyncio.Event()

    async def send(batch) -> None:
        order.extend(event.message for event in batch)

    async def keep() -> None:
        order.append("kept")
        kept.set()

    reader.feed_data(b'{"type": "log", "message": "1"}\n{"type": "checkpoint"}\n')
    pumping = asyncio.create_task(events.pump(reader, send, keep))
    async with asyncio.timeout(30):
        await kept.wait()
    reader.feed_data(b'{"type": "log", "message": "2"}\n')
    reader.feed_eof()
    await pumping
    assert order == ["1", "kept", "2"]


async def test_of_many_checkpoints_that_have_gathered_the_last_is_kept() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b'{"type": "checkpoint"}\n' * 20 + b'{"type": "log"}\n' * 300)
    kept = 0

    async def send(_) -> None: ...

    async def keep() -> None:
        nonlocal kept
        kept += 1

    reader.feed_eof()
    await events.pump(reader, send, keep)
    assert kept <= 2


async def test_events_come_in_order_and_whole_through_a_slow_receiver() -> None:
    reader = asyncio.StreamReader()
    for number in range(500):
        reader.feed_data(orjson.dumps({"type": "log", "message": str(number)}) + b"\n")
    reader.feed_data(b"not an event\n{}\n")
    reader.feed_eof()
    received: list[str] = []
    batches = 0

    async def send(batch) -> None:
        nonlocal batches
        batches += 1
        await asyncio.sleep(0.001)
        received.extend(event.message for event in batch)

    await events.pump(reader, send, nothing)
    assert received == [str(number) for number in range(500)]
    assert batches < 100


async def test_a_receiver_that_fails_ends_the_pump() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b'{"type": "log"}\n')

    async def send(_) -> None:
        raise delivery.LeaseLost

    with pytest.raises(delivery.LeaseLost):
        await events.pump(reader, send, nothing)


async def test_a_receiver_that_fails_behind_a_full_queue_ends_the_pump_too() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b'{"type": "log"}\n' * 5000)

    async def send(_) -> None:
        await asyncio.sleep(0.2)  # meanwhile the queue fills up
        raise delivery.LeaseLost

    async with asyncio.timeout(30):
        with pytest.raises(delivery.LeaseLost):
            await events.pump(reader, send, nothing)


@pytest.mark.parametrize(
    ("quota", "processors"),
    [("max 100000", None), ("150000 100000", 2), ("50000 100000", 1), ("nonsense", None)],
)
def test_a_containers_quota_bounds_the_processors(
    tmp_path: pathlib.Path, quota: str, processors: int | None
) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    whole = len(os.sched_getaffinity(0))
    assert processing.available(file) == min(whole, processors or whole)
    assert processing.available(tmp_path / "absent") == whole


def test_a_blocked_module_is_as_if_it_were_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [nursery.Absent(["antigravity"]), *sys.meta_path])
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("antigravity")


HEAVY = ["sklearn", "skl2onnx", "onnx", "onnxruntime", "pandas", "pyarrow", "scipy", "torch"]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        # The ML service decodes requests to arrays from its first moment on, so numpy is not heavy to it.
        ("kolba.ml_service.__main__", HEAVY),
        ("kolba.ml_service.worker.__main__", [*HEAVY, "numpy"]),
    ],
)
def test_a_service_starts_without_the_heavy_libraries(module: str, heavy: list[str]) -> None:
    code = f"import sys, {module}; print([one for one in {heavy} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", [ml_settings.MlServiceSettings, worker_settings.WorkerSettings])
def test_the_packaged_configuration_is_complete(kind: type[kit_settings.ServiceSettings]) -> None:
    config = kit_settings.load(kind)
    assert config.port in (8003, 8004)


def test_a_living_workers_folder_is_let_be_and_a_dead_ones_removed(tmp_path: pathlib.Path) -> None:
    dead = tmp_path / "worker-dead"
    dead.mkdir()
    (dead / "lock").touch()
    with workshop.opened(tmp_path) as first, workshop.opened(tmp_path) as second:
        assert first.is_dir()
        assert second.is_dir()
        assert not dead.exists()
    assert list(tmp_path.iterdir()) == []
