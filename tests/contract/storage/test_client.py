"""The typed client and the service agree."""

from __future__ import annotations

import datetime as dt
import io

import pyarrow as pa
import pyarrow.ipc
import pytest

from kolba.contracts import aliases, models, predictions, runs, storage_client
from kolba.kit import errors, identity, settings
from kolba.kit.http import client
from kolba.kit.testing import pictures, servers
from kolba.storage import app
from kolba.storage import settings as storage_settings


@pytest.fixture
async def storage(tmp_path):
    config = settings.load(
        storage_settings.StorageSettings,
        port=0,
        data_dir=tmp_path,
        log={"directory": None, "standard_output": False},
    )
    # Another service asks: it records what persons of other names did.
    person = identity.Person(name="local", groups=(identity.SERVICE,))
    application = app.create_app(config, authenticator=identity.LocalPerson(person))
    with servers.running(application) as server:
        async with client.ServiceClient("storage", server.url) as http:
            yield storage_client.StorageClient(http)


def _arrow() -> bytes:
    table = pa.table({"a": [1, 2, 3], "b": ["x", "y", None]})
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


async def _pieces(data: bytes):
    for start in range(0, len(data), 100):
        yield data[start : start + 100]


async def _dataset(storage):
    return await storage.create_dataset(
        _pieces(_arrow()), media_type=storage_client.ARROW, name="проба", target="a", source="s"
    )


async def test_data_sets_travel(storage):
    dataset = await _dataset(storage)
    assert await storage.dataset(dataset.id) == dataset
    assert (await storage.list_datasets(name="проба")).items == [dataset]
    assert (await storage.profile(dataset.id)).columns[0].mean == 2
    async with storage.download_dataset(dataset.id) as pieces:
        content = b"".join([piece async for piece in pieces])
    assert content[:4] == b"PAR1"
    with pytest.raises(errors.RemoteProblem) as caught:
        await storage.dataset(999)
    assert caught.value.remote_slug == "unknown-dataset"


async def test_models_travel(storage):
    dataset = await _dataset(storage)
    file = await storage.create_file(b"bundle", name="b.zip", media_type="application/zip")
    model = await storage.register_model(
        models.ModelCreate(
            name="m",
            family="KNN",
            bundle_file_id=file.id,
            bundle_sha256=file.sha256,
            dataset_id=dataset.id,
            hyperparameters={},
            metrics={"accuracy": 0.5},
            signature={},
            summary={},
            owner="local",
        )
    )
    assert await storage.model(model.id) == model
    assert (await storage.list_models(name="m")).total == 1
    assert await storage.download_model(model.id) == b"bundle"


async def test_runs_travel(storage):
    run = await storage.create_run(runs.RunCreate(kind="train", parameters={}, owner="local"))
    claim = await storage.claim_run(runs.ClaimRequest(worker="w"))
    assert claim is not None
    assert claim.run.id == run.id
    assert await storage.claim_run(runs.ClaimRequest(worker="w", wait_seconds=0.1)) is None
    token = claim.token
    beat = await storage.heartbeat(run.id, runs.HeartbeatRequest(token=token))
    assert not beat.cancel_requested
    await storage.append_events(run.id, token, [runs.EventData(type="log", message="hello")])
    told = await storage.events(run.id, after=2)
    assert [one.message for one in told.items] == ["hello"]
    back = await storage.release_run(run.id, runs.Release(token=token))
    assert back.state is runs.State.QUEUED
    with pytest.raises(errors.RemoteProblem) as caught:
        await storage.complete_run(run.id, runs.Completion(token=token, result={}))
    assert caught.value.remote_slug == "lease-lost"
    claim = await storage.claim_run(runs.ClaimRequest(worker="w"))
    assert claim is not None
    await storage.cancel_run(run.id)
    ended = await storage.acknowledge_cancel(run.id, runs.Lease(token=claim.token))
    assert ended.state is runs.State.CANCELLED
    assert (await storage.list_runs(state="cancelled")).total == 1


async def test_checkpoints_travel(storage):
    await storage.create_run(runs.RunCreate(kind="fine-tune", parameters={}, owner="local"))
    claim = await storage.claim_run(runs.ClaimRequest(worker="w", kinds=["fine-tune"]))
    assert claim is not None
    run_id, token = claim.run.id, claim.token
    assert await storage.checkpoint(run_id, token) is None
    content = bytes(range(256)) * 10_000
    await storage.put_checkpoint(run_id, token, content)
    assert await storage.checkpoint(run_id, token) == content
    await storage.complete_run(run_id, runs.Completion(token=token, result={}))
    for late in (storage.checkpoint(run_id, token), storage.put_checkpoint(run_id, token, b"x")):
        with pytest.raises(errors.RemoteProblem) as caught:
            await late
        assert caught.value.remote_slug == "lease-lost"


async def test_images_travel(storage):
    content = pictures.png(size=(300, 300))
    image = await storage.create_image(content)
    assert await storage.create_image(content) == image
    assert await storage.image(image.id) == image
    assert (await storage.list_images(media_type="image/png")).items == [image]
    assert await storage.download_image(image.id) == content
    one = predictions.RecordedPrediction(
        id="019b76da24007000800000000000000a",
        at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        person="local",
        model_id=1,
        model="digits",
        version="v",
        protocol="plain",
        rows=1,
        request_id="r",
        duration_ms=1.0,
        input={"images": 1},
        output=[],
        images=[pictures.sha256(pictures.png())],
        pictures=[pictures.base64_of(pictures.png())],
    )
    document = predictions.PredictionBatch(predictions=[one]).model_dump_json().encode()
    await storage.add_predictions(document)
    [shown] = (await storage.list_predictions(has_images=True)).items
    assert shown.images == one.images
    assert await storage.download_image(shown.images[0]) == pictures.png()
    with pytest.raises(errors.RemoteProblem) as caught:
        await storage.delete_image(shown.images[0])
    assert caught.value.remote_slug == "image-in-history"
    await storage.delete_image(shown.images[0], unlink=True)
    await storage.delete_image(image.id)
    assert (await storage.list_images()).total == 0


async def test_a_refusal_reaches_the_sender_of_a_large_table(storage):
    with pytest.raises(errors.RemoteProblem) as caught:
        await storage.create_dataset(
            _pieces(b"rubbish" * 10_000), media_type=storage_client.ARROW, name="x"
        )
    assert caught.value.remote_slug == "unreadable-table"


async def _model(storage, name):
    dataset = await _dataset(storage)
    file = await storage.create_file(b"bundle", name="b", media_type="application/zip")
    return await storage.register_model(
        models.ModelCreate(
            name=name,
            family="Forest",
            bundle_file_id=file.id,
            bundle_sha256=file.sha256,
            dataset_id=dataset.id,
            hyperparameters={},
            metrics={},
            signature={},
            summary={},
            owner="local",
        )
    )


@pytest.mark.parametrize("name", ["титаник", "1", "a b&c=d#e;f+g", "%2e%2e", "100%"])
async def test_aliases_move_and_go_back(storage, name):
    first, second = await _model(storage, name), await _model(storage, name)
    assert await storage.resolve_model(name) == second
    await storage.move_alias(name, "production", aliases.AliasMove(version=first.version))
    assert await storage.resolve_model(name) == first
    assert await storage.resolve_model(name, second.version) == second
    await storage.move_alias(name, "production", aliases.AliasMove(model_id=second.id))
    assert (await storage.roll_back_alias(name, "production")).model_id == first.id
    found = await storage.alias(name, "production")
    assert (await storage.list_aliases(model=name)).items == [found]
    changes = await storage.alias_history(name, "production", limit=1)
    assert (changes.total, changes.items[0].rollback) == (3, True)
    await storage.delete_alias(name, "production")
    with pytest.raises(errors.RemoteProblem) as caught:
        await storage.resolve_model(name, "production")
    assert caught.value.remote_slug == "unknown-version"


async def test_predictions_arrive_and_are_found(storage):
    one = predictions.Prediction(
        id="019b76da24007000800000000000000a",
        at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        person="анна",
        model_id=1,
        model="титаник",
        version="v",
        protocol="v2",
        rows=1,
        request_id="r",
        duration_ms=1.5,
        input=[[1]],
        output=[[0, [1.0]]],
    )
    recorded = predictions.RecordedPrediction(**one.model_dump())
    document = predictions.PredictionBatch(predictions=[recorded]).model_dump_json().encode()
    assert await storage.add_predictions(document) == predictions.Accepted(new=1, known=0)
    assert await storage.add_predictions(document) == predictions.Accepted(new=0, known=1)
    assert await storage.prediction(one.id) == one
    page = await storage.list_predictions(person="анна", until="2026-01-01T00:00:01Z")
    assert (page.items, page.next) == ([one], None)
