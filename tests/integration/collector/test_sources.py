from __future__ import annotations

import pathlib

import httpx
import pytest

from kolba.contracts import sources


def test_sources_are_listed_as_configured(collector: httpx.Client) -> None:
    found = sources.SourceList.model_validate(collector.get("/sources").json())
    assert found.default == "people"
    by_name = {item.name: item for item in found.items}
    assert by_name["titanic"].target == "Survived"
    assert by_name["titanic"].title.ru == "Пассажиры «Титаника»"
    assert by_name["titanic"].connectors == ["http", "package"]
    assert by_name["people"].column_descriptions["name"].en == "People"


def test_info_describes_the_columns(collector: httpx.Client) -> None:
    info = sources.SourceInfo.model_validate(collector.get("/info").json())
    assert (info.rows, info.target, info.cursor) == (1000, "height", 0)
    assert info.fetched_from == "https://data.test/people.csv"
    found = [(column.name, column.type, column.missing) for column in info.columns]
    assert found == [("id", "integer", 0), ("name", "text", 0), ("height", "number", 100)]


def test_none_in_reach_says_exactly_that(collector: httpx.Client) -> None:
    answer = collector.get("/info", params={"source": "nowhere"})
    assert answer.status_code == 503
    problem = answer.json()
    assert problem["type"] == "urn:kolba:problem:source-out-of-reach"
    places = [place["place"] for place in problem["places"]]
    assert places == ["https://nowhere.test/a.csv", "file a"]
    assert "nowhere.test" in problem["places"][0]["reason"]
    assert "no file `a`" in problem["places"][1]["reason"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("changed", "SHA-256"),
        ("inside", "127.0.0.1, which is not public"),
        ("sneaky", "inside an allowed directory"),
    ],
)
def test_a_place_that_is_not_what_it_should_be_is_refused(
    collector: httpx.Client, name: str, reason: str, tmp_path: pathlib.Path
) -> None:
    answer = collector.get("/batch", params={"source": name})
    assert answer.status_code == 503
    assert reason in answer.json()["detail"]
    assert list((tmp_path / "tables").iterdir()) == []


def test_a_malformed_file_is_refused_and_read_again_when_it_is_mended(
    collector: httpx.Client, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "ragged.csv").write_bytes(b"a,b\n1,2\n3\n")
    answer = collector.get("/batch", params={"source": "ragged"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:kolba:problem:malformed-source"
    (folder / "ragged.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    rows = collector.get("/batch", params={"source": "ragged"}).json()["rows"]
    assert rows == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_health_and_docs(collector: httpx.Client) -> None:
    assert collector.get("/health").json()["checks"] == {"database": "ok"}
    assert collector.get("/docs").status_code == 200
    paths = collector.get("/openapi.json").json()["paths"]
    assert {"/sources", "/info", "/batch", "/reset", "/journal", "/health"} <= set(paths)
