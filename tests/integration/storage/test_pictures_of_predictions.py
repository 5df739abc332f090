"""Predictions that were made about pictures."""

from __future__ import annotations

import pytest

from kolba.contracts import predictions as contracts
from kolba.kit.testing import pictures

IDS = [f"019b76da24007000800000000000{number:04x}" for number in range(40)]


def prediction(number, *shown, **changes):
    return {
        "id": IDS[number],
        "at": "2026-01-01T00:00:00Z",
        "person": "local",
        "model_id": 1,
        "model": "digits",
        "version": "CNN_20260101_000000",
        "protocol": "plain",
        "rows": 1,
        "request_id": f"r-{number}",
        "duration_ms": 1.5,
        "input": {"images": len(shown)},
        "output": [[0, [0.25, 0.75]]],
        "images": [pictures.sha256(one) for one in shown],
        "pictures": [pictures.base64_of(one) for one in shown],
        **changes,
    }


def add(storage, *sent):
    answer = storage.post("/predictions", json={"predictions": list(sent)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def images_of(storage, number):
    return storage.get(f"/predictions/{IDS[number]}").json()["images"]


def kept(storage, **query):
    return storage.get("/images", params=query).json()["total"]


def test_pictures_become_images_of_whoever_asked(storage):
    first, second, third = (pictures.png(seed) for seed in range(3))
    sent = [
        prediction(0, first, second),
        prediction(1, second, second, person="anna"),
        prediction(2),
        prediction(3, third),
    ]
    assert add(storage, *sent) == {"new": 4, "known": 0}
    assert images_of(storage, 0) == [pictures.sha256(first), pictures.sha256(second)]
    assert images_of(storage, 1) == [pictures.sha256(second)] * 2
    assert images_of(storage, 2) == []
    assert kept(storage) == 4
    assert kept(storage, owner="anna") == 1
    image = storage.get(f"/images/{pictures.sha256(second)}", params={"owner": "anna"}).json()
    assert (image["owner"], image["width"], image["media_type"]) == ("anna", 28, "image/png")
    listed = storage.get("/predictions").json()["items"]
    assert [len(one["images"]) for one in listed] == [1, 0, 2, 2]
    assert "pictures" not in listed[0]
    shown = storage.get(f"/images/{pictures.sha256(second)}/content")
    assert shown.content == second


def test_those_with_pictures_are_found(storage):
    picture = pictures.png()
    for number in range(9):
        add(storage, prediction(number, *([picture] if number % 3 == 0 else [])))

    def found(**query):
        answer = storage.get("/predictions", params={"count": "true", **query}).json()
        numbers = [int(one["request_id"][2:]) for one in answer["items"]]
        return numbers, answer["total"]

    assert found(has_images="true") == ([6, 3, 0], 3)
    assert found(has_images="false") == ([8, 7, 5, 4, 2, 1], 6)
    assert found(has_images="true", person="local", limit=2) == ([6, 3], 3)
    assert found(has_images="true", person="anna") == ([], 0)


def test_what_arrives_twice_counts_once(storage):
    sent = [prediction(number, pictures.png(number % 2)) for number in range(6)]
    assert add(storage, *sent[:4]) == {"new": 4, "known": 0}
    assert add(storage, *sent) == {"new": 2, "known": 4}
    assert kept(storage) == 2
    assert images_of(storage, 5) == [pictures.sha256(pictures.png(1))]


GOOD = pictures.png(7)


@pytest.mark.parametrize(
    "change",
    [
        {"pictures": ["not base64!"]},
        {"pictures": [pictures.base64_of(b"text")]},
        {"pictures": [pictures.base64_of(pictures.png()[:15])]},
        {"pictures": [pictures.base64_of(pictures.png(size=(300, 300)))], "images": []},
        {"pictures": [pictures.base64_of(pictures.png(size=(1, 5000)))], "images": []},
        {"images": ["0" * 64]},
        {"images": ["nonsense"], "pictures": []},
        {"images": 5, "pictures": {"a": 1}},
        {"images": [None], "pictures": [7]},
        {"images": ["0" * 64], "pictures": []},
        {"images": None, "pictures": None},
    ],
)
def test_a_bad_picture_is_left_out_and_never_the_prediction(storage, change):
    sent = [prediction(0, GOOD, **change), prediction(1, GOOD)]
    assert add(storage, *sent) == {"new": 2, "known": 0}
    assert images_of(storage, 0) == []
    assert images_of(storage, 1) == [pictures.sha256(GOOD)]
    assert kept(storage) == 1


def test_the_good_ones_of_a_prediction_stay(storage):
    hashes = [pictures.sha256(GOOD), "0" * 64, pictures.sha256(GOOD)]
    files = [pictures.base64_of(GOOD), pictures.base64_of(GOOD), pictures.base64_of(GOOD)]
    add(storage, prediction(0, images=hashes, pictures=files))
    assert images_of(storage, 0) == [pictures.sha256(GOOD)] * 2


def test_no_more_than_some_are_kept(storage):
    many = [pictures.png(seed) for seed in range(contracts.MAX_PICTURES + 3)]
    add(storage, prediction(0, *many))
    assert images_of(storage, 0) == [pictures.sha256(one) for one in many[:-3]]
    assert kept(storage) == contracts.MAX_PICTURES


def test_an_image_that_one_has_can_be_named_alone(storage):
    image = storage.post("/images", content=GOOD).json()["id"]
    named = {"images": [image], "pictures": []}
    add(storage, prediction(0, **named), prediction(1, **named, person="anna"))
    assert images_of(storage, 0) == [image]
    assert images_of(storage, 1) == []


def test_an_image_stays_while_predictions_show_it(storage):
    first, second = pictures.png(1), pictures.png(2)
    add(storage, prediction(0, first, second, first), prediction(1, first))
    path = f"/images/{pictures.sha256(first)}"
    refused = storage.delete(path)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("image-in-history")
    assert refused.json()["count"] == 2
    assert storage.delete(path, params={"unlink": "true"}).status_code == 204
    assert storage.get(path).status_code == 404
    assert images_of(storage, 0) == [pictures.sha256(second)]
    assert images_of(storage, 1) == []
    assert storage.get("/predictions", params={"count": "true"}).json()["total"] == 2


def test_a_deleted_picture_does_not_come_back_with_a_batch_sent_again(storage):
    sent = prediction(0, GOOD)
    add(storage, sent)
    storage.delete(f"/images/{pictures.sha256(GOOD)}", params={"unlink": "true"})
    assert add(storage, sent) == {"new": 0, "known": 1}
    assert images_of(storage, 0) == []
    assert kept(storage) == 0


def test_anothers_picture_of_the_same_bytes_is_untouched(storage):
    add(storage, prediction(0, GOOD), prediction(1, GOOD, person="anna"))
    path = f"/images/{pictures.sha256(GOOD)}"
    storage.delete(path, params={"unlink": "true", "owner": "local"})
    assert storage.get(f"{path}/content").content == GOOD
    assert images_of(storage, 1) == [pictures.sha256(GOOD)]
    storage.delete(path, params={"unlink": "true"})
    assert storage.get(f"{path}/content").status_code == 404


def test_a_large_batch_is_kept_whole(storage):
    """More than one statement holds."""
    sent = [
        {**prediction(0, pictures.png(number)), "id": f"{IDS[0][:-6]}{number:06x}"}
        for number in range(1200)
    ]
    assert add(storage, *sent) == {"new": 1200, "known": 0}
    assert add(storage, *sent) == {"new": 0, "known": 1200}
    assert kept(storage) == 1200
    listed = storage.get("/predictions", params={"limit": 1000}).json()["items"]
    assert all(len(one["images"]) == 1 for one in listed)
