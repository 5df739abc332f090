"""Data sets over HTTP."""

from __future__ import annotations

import csv as csv_module
import io

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from kolba.contracts import storage_client
from kolba.kit.testing import pictures

CSV = "имя,возраст,город\nОля,31,Тверь\nПётр,,Орёл\nЁж,7,NA\n".encode()


def upload(storage, content=CSV, **query):
    return storage.post(
        "/upload/dataset",
        content=content,
        params={"name": "люди", **query},
        headers={"Content-Type": "text/csv"},
    )


def arrow_stream(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def test_a_csv_becomes_a_described_data_set(storage):
    answer = upload(storage, target="возраст", description="проба")
    assert answer.status_code == 201
    dataset = answer.json()
    assert (dataset["name"], dataset["version"], dataset["rows"]) == ("люди", 1, 3)
    assert [one["type"] for one in dataset["columns"]] == ["text", "integer", "text"]
    assert dataset["target"] == "возраст"
    assert dataset["ingest"]["missing_tokens"] == {"": 1, "NA": 1}
    assert storage.get(f"/datasets/{dataset['id']}").json() == dataset
    profile = storage.get(f"/datasets/{dataset['id']}/profile").json()
    assert profile["columns"][1]["mean"] == 19
    preview = storage.get(f"/datasets/{dataset['id']}/preview", params={"offset": 1, "limit": 1})
    assert preview.json()["rows"] == [["Пётр", None, "Орёл"]]
    assert preview.json()["total"] == 3


def test_both_formats_come_back(storage):
    number = upload(storage).json()["id"]
    csv = storage.get(f"/datasets/{number}/download", params={"format": "csv"})
    rows = list(csv_module.reader(io.StringIO(csv.text)))
    assert rows == [
        ["имя", "возраст", "город"],
        ["Оля", "31", "Тверь"],
        ["Пётр", "", "Орёл"],
        ["Ёж", "7", ""],
    ]
    assert "filename*=UTF-8''%D0" in csv.headers["content-disposition"]
    whole = storage.get(f"/datasets/{number}/download", params={"format": "parquet"})
    assert pq.read_table(io.BytesIO(whole.content)).num_rows == 3


def test_a_form_is_taken_and_names_the_data_set_after_its_file(storage):
    answer = storage.post("/upload/dataset", files={"file": ("Титаник 1912.csv", CSV, "text/csv")})
    assert answer.status_code == 201
    assert answer.json()["name"] == "Титаник 1912"


@pytest.mark.parametrize("filename", ["../../etc/passwd.csv", ".hidden", "a\\b.csv"])
def test_path_tricks_in_a_file_name_are_refused(storage, filename):
    answer = storage.post("/upload/dataset", files={"file": (filename, CSV, "text/csv")})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file.filename"
    assert storage.get("/datasets").json()["total"] == 0


@pytest.mark.parametrize("name", ["../x", "a/b", ".x", "", "a\u202eb", "x" * 129, "a\x00b"])
def test_path_tricks_in_a_name_are_refused(storage, name):
    answer = upload(storage, name=name)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith("name")


def test_a_form_without_a_file_is_refused(storage):
    answer = storage.post("/upload/dataset", files={"other": ("x.csv", CSV)})
    assert answer.status_code in (400, 422)
    assert storage.get("/datasets").json()["total"] == 0


def test_no_name_at_all_is_refused(storage):
    answer = storage.post("/upload/dataset", content=CSV)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:kolba:problem:nameless-upload"


def test_an_unknown_target_is_refused_with_the_columns(storage):
    answer = upload(storage, target="рост")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "target"
    assert "возраст" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "bad", [b"", b"a,b\n", b"a,b\n1\n", b"\x89PNG\r\n\x1a\n123", b"a,a\n1,2\n"]
)
def test_a_bad_table_leaves_nothing(storage, tmp_path, bad):
    answer = upload(storage, content=bad)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "file"
    assert storage.get("/datasets").json() == {"items": [], "total": 0}
    assert list((tmp_path / "data" / "incoming").iterdir()) == []
    assert [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()] == []
    assert upload(storage).json()["version"] == 1


def test_the_reader_s_language_is_spoken(storage):
    answer = storage.post(
        "/upload/dataset", params={"name": "x"}, content=b"", headers={"Accept-Language": "ru"}
    )
    assert "Пришлите" in answer.json()["detail"]


def test_versions_count_and_never_come_back(storage):
    first, second = upload(storage).json(), upload(storage, content=CSV + "Я,1,К\n".encode()).json()
    assert (first["version"], second["version"]) == (1, 2)
    assert storage.delete(f"/datasets/{second['id']}").status_code == 204
    assert upload(storage).json()["version"] == 3


def test_only_the_description_changes(storage):
    number = upload(storage).json()["id"]
    path = f"/datasets/{number}"
    changed = storage.patch(path, json={"description": "новое", "target": "город"}).json()
    assert (changed["description"], changed["target"]) == ("новое", "город")
    assert storage.patch(path, json={"target": None}).json()["target"] is None
    assert storage.patch(path, json={"target": "нет"}).status_code == 422
    assert storage.patch(path, json={"rows": 5}).status_code == 422
    assert storage.patch("/datasets/999", json={"description": ""}).status_code == 404


def test_equal_bytes_are_kept_until_the_last_name_goes(storage):
    first, second = upload(storage).json(), upload(storage, name="другие").json()
    assert first["sha256"] == second["sha256"]
    storage.delete(f"/datasets/{first['id']}")
    assert storage.get(f"/datasets/{second['id']}/preview").status_code == 200
    storage.delete(f"/datasets/{second['id']}")
    assert storage.get(f"/datasets/{second['id']}/preview").status_code == 404


def test_lists_are_filtered_sorted_and_paged(storage, watch):
    for name in ("b", "a", "c", "a"):
        watch.advance(1)
        upload(storage, name=name)
    found = storage.get("/datasets", params={"sort": "name", "limit": 2}).json()
    assert found["total"] == 4
    assert [(one["name"], one["version"]) for one in found["items"]] == [("a", 1), ("a", 2)]
    rest = storage.get("/datasets", params={"sort": "name", "limit": 2, "offset": 2}).json()
    assert [one["name"] for one in rest["items"]] == ["b", "c"]
    assert storage.get("/datasets", params={"name": "a"}).json()["total"] == 2
    assert storage.get("/datasets").json()["items"][0]["name"] == "a"
    refused = storage.get("/datasets", params={"sort": "rubbish"})
    assert refused.status_code == 422
    assert storage.get("/datasets", params={"limit": 100_000}).status_code == 422
    assert storage.get("/datasets", params={"offset": 2**60}).status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "999"])
def test_an_unknown_data_set_is_said_so(storage, number):
    for path in ("", "/preview", "/profile", "/download"):
        assert storage.get(f"/datasets/{number}{path}").status_code in (404, 422)


def test_several_arrow_streams_are_one_data_set(storage):
    part = pa.table({"a": pa.array([1, None], pa.int32()), "б": ["x", "y"]})
    answer = storage.post(
        "/datasets",
        params={"name": "arrow", "source": "titanic", "target": "a"},
        content=arrow_stream(part) * 3,
        headers={"Content-Type": storage_client.ARROW},
    )
    assert answer.status_code == 201
    assert answer.json()["rows"] == 6
    assert answer.json()["source"] == "titanic"
    assert answer.json()["columns"][0] == {"name": "a", "type": "integer", "missing": 3}


def test_parquet_is_taken_and_nan_is_missing(storage):
    table = pa.table(
        {"a": [1.0, float("nan"), 3.0], "d": pa.array(["x", "y", "x"]).dictionary_encode()}
    )
    answer = storage.post(
        "/datasets",
        params={"name": "p"},
        content=parquet(table),
        headers={"Content-Type": storage_client.PARQUET},
    )
    assert answer.status_code == 201
    assert answer.json()["columns"] == [
        {"name": "a", "type": "number", "missing": 1},
        {"name": "d", "type": "text", "missing": 0},
    ]


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        (storage_client.ARROW, b"rubbish", 422),
        (storage_client.ARROW, b"", 422),
        (storage_client.PARQUET, b"PAR1rubbish", 422),
        (storage_client.PARQUET, parquet(pa.table({"a": [[1]]})), 422),
        (storage_client.PARQUET, parquet(pa.table({"a": pa.array([], pa.int64())})), 422),
        ("text/csv", CSV, 415),
        ("", CSV, 415),
    ],
)
def test_a_bad_typed_table_leaves_nothing(storage, tmp_path, media_type, content, status):
    answer = storage.post(
        "/datasets", params={"name": "p"}, content=content, headers={"Content-Type": media_type}
    )
    assert answer.status_code == status
    assert storage.get("/datasets").json()["total"] == 0
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


def test_half_an_arrow_stream_is_refused(storage):
    whole = arrow_stream(pa.table({"a": list(range(10_000))}))
    answer = storage.post(
        "/datasets",
        params={"name": "p"},
        content=whole[: len(whole) // 2],
        headers={"Content-Type": storage_client.ARROW},
    )
    assert answer.status_code == 422


def drawings(rows: int = 3) -> pa.Table:
    return pa.table(
        {"image": [pictures.png(number) for number in range(rows)], "label": range(rows)}
    )


def keep(storage, table, **query):
    return storage.post(
        "/datasets",
        content=parquet(table),
        params={"name": "digits", **query},
        headers={"Content-Type": storage_client.PARQUET},
    )


def test_a_table_of_images_is_kept_shown_and_described(storage):
    table = drawings()
    answer = keep(storage, table, target="label")
    assert answer.status_code == 201, answer.text
    dataset = answer.json()
    assert [one["type"] for one in dataset["columns"]] == ["image", "integer"]
    path = f"/datasets/{dataset['id']}"
    preview = storage.get(f"{path}/preview", params={"limit": 1}).json()
    shown = f"data:image/png;base64,{pictures.base64_of(pictures.png(0))}"
    assert preview["rows"] == [[shown, 0]]
    described = storage.get(f"{path}/profile").json()["columns"][0]
    assert (described["type"], described["distinct"]) == ("image", 3)
    assert described["top_values"] == [{"value": "28×28 PNG", "count": 3}]
    csv = storage.get(f"{path}/download").text
    assert list(csv_module.reader(io.StringIO(csv)))[1] == [shown, "0"]
    kept = storage.get(f"{path}/download", params={"format": "parquet"}).content
    assert pq.read_table(io.BytesIO(kept)).to_pydict() == table.to_pydict()


def test_images_are_nothing_to_predict(storage, tmp_path):
    refused = keep(storage, drawings(), target="image")
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("image-as-target")
    assert storage.get("/datasets").json()["total"] == 0
    dataset = keep(storage, drawings()).json()["id"]
    assert storage.patch(f"/datasets/{dataset}", json={"target": "image"}).status_code == 422
    assert storage.patch(f"/datasets/{dataset}", json={"target": "label"}).status_code == 200


@pytest.mark.parametrize(("language", "said"), [("en", "row 2"), ("ru", "в строке 2")])
def test_what_is_no_image_is_told_with_its_row(storage, tmp_path, language, said):
    table = pa.table({"image": [pictures.png(), b"GIF89a..."]})
    answer = storage.post(
        "/datasets",
        content=parquet(table),
        params={"name": "digits"},
        headers={"Content-Type": storage_client.PARQUET, "Accept-Language": language},
    )
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("not-an-image")
    assert said in answer.json()["detail"]
    assert storage.get("/datasets").json()["total"] == 0
    assert not any(path.is_file() for path in (tmp_path / "data/blobs").rglob("*"))
