"""What other services expect of the collector, asked by the client that they use."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import AsyncIterator

import pyarrow
import pyarrow.ipc
import pytest

from kolba.collector import app, settings
from kolba.contracts import collector_client
from kolba.kit import errors
from kolba.kit import settings as kit_settings
from kolba.kit.http import client
from kolba.kit.testing import servers

WORDS = {"en": "own", "ru": "свой"}


@pytest.fixture
async def collector(tmp_path: pathlib.Path) -> AsyncIterator[collector_client.CollectorClient]:
    (tmp_path / "files").mkdir()
    rows = "".join(f"{number},{number / 2}\n" for number in range(250))
    (tmp_path / "files" / "own.csv").write_text("n,half\n" + rows)
    place = {"connector": "file", "path": "own.csv"}
    config = kit_settings.load(
        settings.CollectorSettings,
        data_dir=tmp_path,
        sources={"own": {"title": WORDS, "description": WORDS, "places": [place]}},
    )
    with servers.running(app.create_app(config)) as server:
        async with client.ServiceClient("collector", server.url) as http:
            yield collector_client.CollectorClient(http)


async def test_sources_and_info(collector: collector_client.CollectorClient) -> None:
    found = await collector.list_sources()
    assert found.default == "titanic"
    assert "own" in [source.name for source in found.items]
    info = await collector.info("own")
    assert (info.rows, [column.name for column in info.columns]) == (250, ["n", "half"])


async def test_a_whole_source_comes_in_parts_that_fit_together(
    collector: collector_client.CollectorClient,
) -> None:
    parts = [
        pyarrow.ipc.open_stream(part).read_all()
        async for part in collector.batches_arrow("own", total=250, size=100)
    ]
    assert [part.num_rows for part in parts] == [100, 100, 50]
    whole = pyarrow.concat_tables(parts)
    assert whole.column("n").to_pylist() == list(range(250))


async def test_past_the_end_there_is_a_stream_without_rows(
    collector: collector_client.CollectorClient,
) -> None:
    part = await collector.batch_arrow("own", size=10, offset=1000)
    assert pyarrow.ipc.open_stream(part).read_all().num_rows == 0


async def test_a_problem_is_handed_on(collector: collector_client.CollectorClient) -> None:
    with pytest.raises(errors.RemoteProblem) as caught:
        await collector.info("nowhere")
    assert (caught.value.remote_status, caught.value.remote_slug) == (404, "unknown-source")


async def test_a_collection_is_of_one_state_of_a_source_that_changes(
    collector: collector_client.CollectorClient, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "files" / "own.csv"

    async def rows(sha256: str | None) -> list[int]:
        part = await collector.batch_arrow("own", size=500, offset=0, sha256=sha256)
        found: list[int] = pyarrow.ipc.open_stream(part).read_all().column("n").to_pylist()
        return found

    before = await collector.info("own")
    await asyncio.to_thread(file.write_text, "n\n7\n")
    after = await collector.info("own")
    assert (before.rows, after.rows) == (250, 1)
    assert await rows(before.sha256) == list(range(250))
    assert await rows(after.sha256) == await rows(None) == [7]
    for number in range(4):
        await asyncio.to_thread(file.write_text, f"n\n{number}\n" * (number + 1))
        await collector.info("own")
    with pytest.raises(errors.RemoteProblem) as caught:
        await rows(before.sha256)
    assert (caught.value.remote_status, caught.value.remote_slug) == (409, "source-changed")
    with pytest.raises(errors.RemoteProblem) as wrong:
        await rows("0")
    assert wrong.value.remote_status == 422
