"""The sources that Kolba comes with, fetched for real: from upstream, or from a package mirror."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import httpx
import pyarrow.ipc
import pytest

from kolba.collector import app, settings
from kolba.contracts import collector_client, sources
from kolba.inference import images
from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers


@pytest.fixture
def collector(tmp_path: pathlib.Path) -> Iterator[httpx.Client]:
    config = kit_settings.load(settings.CollectorSettings, data_dir=tmp_path)
    with (
        servers.running(app.create_app(config)) as server,
        httpx.Client(base_url=server.url, timeout=120) as client,
    ):
        yield client


def info_of(collector: httpx.Client, name: str, missing: Any) -> sources.SourceInfo:
    answer = collector.get("/info", params={"source": name})
    if answer.status_code == 503:
        missing("the internet or a package mirror", answer.json()["detail"])
    assert answer.status_code == 200, answer.text
    return sources.SourceInfo.model_validate(answer.json())


def test_titanic(collector: httpx.Client, server_is_missing: Any) -> None:
    info = info_of(collector, "titanic", server_is_missing)
    assert (info.rows, len(info.columns), info.target) == (891, 12, "Survived")
    gaps = {column.name: column.missing for column in info.columns if column.missing}
    assert gaps == {"Age": 177, "Cabin": 687, "Embarked": 2}
    listed = sources.SourceList.model_validate(collector.get("/sources").json())
    described = next(item for item in listed.items if item.name == "titanic")
    assert list(described.column_descriptions) == [column.name for column in info.columns]
    survived = [row["Survived"] for row in _all_rows(collector)]
    assert (len(survived), sum(survived)) == (891, 342)


def _all_rows(collector: httpx.Client) -> list[dict[str, Any]]:
    answer = collector.get("/batch", params={"size": 1000, "offset": 0}).json()
    return list(answer["rows"])


def test_films(collector: httpx.Client, server_is_missing: Any) -> None:
    info = info_of(collector, "films", server_is_missing)
    assert info.rows == 5000
    assert [column.name for column in info.columns] == ["ID", "Title", "Category", "Plot"]
    assert all(column.missing == 0 for column in info.columns)


def test_mnist(collector: httpx.Client, server_is_missing: Any) -> None:
    info = info_of(collector, "mnist", server_is_missing)
    is_whole = info.rows == 70_000
    names = ["image", "label", "split"] if is_whole else ["image", "label"]
    assert [column.name for column in info.columns] == names
    assert info.columns[0].type == "image"
    assert (info.rows, info.target) == (70_000 if is_whole else 5000, "label")
    table = _arrow(collector, "mnist", size=10_000)
    first, labels = table.column("image")[0].as_py(), table.column("label").to_pylist()
    assert images.digit_of_file(first).shape == (784,)
    assert set(labels) == set(range(10))
    if is_whole:
        assert labels[:10] == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        last = _arrow(collector, "mnist", size=10_000, offset=60_000)
        assert last.column("split").unique().to_pylist() == ["test"]
        assert last.column("label").to_pylist()[:5] == [7, 2, 1, 0, 4]


def _arrow(collector: httpx.Client, source: str, *, size: int, offset: int = 0) -> Any:
    query: dict[str, str | int] = {"source": source, "size": size, "offset": offset}
    answer = collector.get("/batch", params=query, headers={"Accept": collector_client.ARROW})
    assert answer.status_code == 200, answer.text
    return pyarrow.ipc.open_stream(answer.content).read_all()
