"""Files of images become a table: IDX, rows of pixels, and the PNG files that both are made into."""

from __future__ import annotations

import pathlib
import struct
from typing import Any

import numpy as np
import pytest

from kolba.collector import settings
from kolba.collector.sources import errors, formats, parsing, png, tables
from kolba.inference import images

SPLIT = settings.IdxFormat.model_validate(
    {
        "kind": "idx",
        "parts": [
            {"images": "train_images", "labels": "train_labels", "split": "train"},
            {"images": "test_images", "labels": "test_labels", "split": "test"},
        ],
    }
)
PLAIN = settings.IdxFormat.model_validate(
    {"kind": "idx", "parts": [{"images": "images", "labels": "labels"}]}
)


def pictures(count: int, *, seed: int = 0, side: tuple[int, int] = (28, 28)) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (count, *side), dtype=np.uint8)


def idx(array: Any, *, kind: int = 8, shape: tuple[int, ...] | None = None) -> bytes:
    sizes = array.shape if shape is None else shape
    return (
        bytes([0, 0, kind, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + array.tobytes()
    )


@pytest.fixture
def read(tmp_path: pathlib.Path) -> Any:
    def run(file_format: Any, **contents: bytes) -> Any:
        files = {}
        for role, content in contents.items():
            files[role] = tmp_path / role
            files[role].write_bytes(content)
        return formats.read(files, file_format, source="own", max_columns=9)

    return run


@pytest.mark.parametrize("side", [(28, 28), (1, 1), (3, 70)])
def test_pixels_are_the_same_after_the_way_through_a_file(side: tuple[int, int]) -> None:
    given = pictures(5, side=side)
    found = [images.read(content) for content in png.encode_all(given)]
    assert [one.tolist() for one in found] == given.tolist()


def test_idx_files_become_files_of_images_labels_and_what_they_are_for(read: Any) -> None:
    train, test = pictures(5000, seed=1), pictures(3, seed=2)
    labels = np.arange(5000, dtype=np.uint8) % 10
    table = read(
        SPLIT,
        train_images=idx(train),
        train_labels=idx(labels),
        test_images=idx(test),
        test_labels=idx(labels[:3]),
    )
    types = {field.name: parsing.type_name(field.type) for field in table.schema}
    assert types == {"image": "image", "label": "integer", "split": "text"}
    assert table.column("label").to_pylist() == [*labels.tolist(), 0, 1, 2]
    assert table.column("split").to_pylist() == ["train"] * 5000 + ["test"] * 3
    found = table.column("image").to_pylist()
    for position, expected in ((0, train[0]), (4999, train[4999]), (5002, test[2])):
        assert images.read(found[position]).tolist() == expected.tolist()


def test_without_a_split_there_is_no_such_column(read: Any) -> None:
    table = read(PLAIN, images=idx(pictures(2)), labels=idx(np.array([3, 4], dtype=np.uint8)))
    assert table.column_names == ["image", "label"]


GOOD = pictures(3)
LABELS = idx(np.array([1, 2, 3], dtype=np.uint8))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x08", "not an IDX file"),
        (b"a,b\n1,2\n" * 9, "not an IDX file"),
        (idx(GOOD, kind=13), "not an IDX file"),
        (LABELS, "not an IDX file"),
        (idx(GOOD)[:-1], "announces 2352 bytes and has 2351"),
        (idx(GOOD) + b"\0", "announces 2352 bytes and has 2353"),
        (idx(GOOD, shape=(2**32 - 1, 28, 28)), "announces 3367254359"),
        (idx(GOOD[:0]), "has no images"),
        (idx(GOOD[:, :, :0]), "has no images"),
        (idx(pictures(1, side=(1, 1025))), "larger ones than 1024"),
        (idx(GOOD[:2]), "has 2 images, `labels` has 3 labels"),
    ],
)
def test_a_damaged_file_of_images_is_refused(read: Any, content: bytes, said: str) -> None:
    with pytest.raises(errors.MalformedSource, match=said) as caught:
        read(PLAIN, images=content, labels=LABELS)
    assert "Файл источника `own`" in caught.value.render_detail("ru")
    assert "images` is" not in caught.value.render_detail("ru")


PIXELS = settings.PixelsFormat(kind="pixels", height=2, width=3)


def test_rows_of_pixels_become_files_of_images(read: Any) -> None:
    table = read(PIXELS, data=b"0,1,2,3,4,5,7\n255,0,255,0,255,0,0\n")
    assert table.column_names == ["image", "label"]
    assert table.column("label").to_pylist() == [7, 0]
    found = [images.read(one).tolist() for one in table.column("image").to_pylist()]
    assert found == [[[0, 1, 2], [3, 4, 5]], [[255, 0, 255], [0, 255, 0]]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"0,1,2,3,4,5\n",
        b"0,1,2,3,4,5,6,7\n",
        b"0,1,2,3,4,5,7\n0,1,2\n",
        b"0,1,2,3,4,256,7\n",
        b"0,1,2,3,4,-1,7\n",
        b"0,1,2,3,4,0.5,7\n",
        b"0,1,2,3,4,,7\n",
        b"0,1,2,3,4,x,7\n",
        b"0,1,2,3,4,5,seven\n",
        b"a,b,c,d,e,f,label\n0,1,2,3,4,5,7\n",
        b"\0\0\x08\3" * 40,
    ],
)
def test_rows_that_are_no_pixels_are_refused(read: Any, content: bytes) -> None:
    with pytest.raises(errors.MalformedSource):
        read(PIXELS, data=content)


def test_json_shows_images_as_data_urls(read: Any) -> None:
    table = read(PIXELS, data=b"0,1,2,3,4,5,7\n")
    (row,) = tables.to_rows(table)
    assert row["label"] == 7
    assert row["image"].startswith("data:image/png;base64,")
    assert images.read(images.file_of(row["image"])).tolist() == [[0, 1, 2], [3, 4, 5]]
