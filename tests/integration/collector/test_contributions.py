"""`/user-data`: what people contribute, and the source that it is."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import io
import itertools
import pathlib
import struct
import threading
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pyarrow.ipc
import pytest
from PIL import Image, ImageDraw

from kolba.collector.contributions import pictures
from kolba.contracts import collector_client, pages, sources
from kolba.contracts import contributions as contracts
from kolba.inference import images

PREDICTION = "0" * 32


def drawing(seed: int = 0, *, size: int = 100, kind: str = "PNG", mode: str = "L") -> bytes:
    """A stroke on white paper; another seed, another stroke."""
    picture = Image.new("L", (size, size), 255)
    shift = seed * size / 20
    ends = (size * 0.3, size * 0.2, size * 0.4 + shift, size * 0.8)
    ImageDraw.Draw(picture).line(ends, fill=0, width=max(1, size // 12))
    holder = io.BytesIO()
    picture.convert(mode).save(holder, kind)
    return holder.getvalue()


def data_url(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def send(client: httpx.Client, content: bytes, label: Any = 3, **told: Any) -> httpx.Response:
    """As a page does: JSON with a data URL."""
    document = {"image": data_url(content), "label": label, **told}
    return client.post("/user-data", json=document)


def kept(answer: httpx.Response, status: int = 201) -> contracts.Contribution:
    assert answer.status_code == status, answer.text
    return contracts.Contribution.model_validate(answer.json())


def listed(client: httpx.Client, **query: Any) -> pages.Page[contracts.Contribution]:
    answer = client.get("/user-data", params=query)
    assert answer.status_code == 200, answer.text
    return pages.Page[contracts.Contribution].model_validate(answer.json())


def rows(client: httpx.Client) -> list[dict[str, Any]]:
    answer = client.get("/batch", params={"source": contracts.SOURCE, "size": 500, "offset": 0})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


def blobs_in(folder: pathlib.Path) -> int:
    return sum(path.is_file() for path in (folder / "blobs").rglob("*"))


# --- what is taken


def test_a_page_sends_a_data_url(collector: httpx.Client) -> None:
    content = drawing()
    told = {"predicted": 5, "prediction_id": PREDICTION}
    found = kept(send(collector, content, 3, **told))
    assert (found.person, found.label, found.predicted) == ("local", 3, 5)
    assert (found.was_wrong, found.prediction_id) == (True, PREDICTION)
    assert (found.sha256, found.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (found.media_type, found.width, found.height) == ("image/png", 100, 100)
    assert kept(collector.get(f"/user-data/{found.id}"), 200) == found
    answer = collector.get(f"/user-data/{found.id}/content")
    assert answer.content == content
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_program_sends_a_form_with_a_file(collector: httpx.Client) -> None:
    content = drawing(size=300, kind="JPEG", mode="CMYK")
    form = {"label": "7", "predicted": "7", "prediction_id": "", "was_wrong": "false"}
    answer = collector.post("/user-data", files={"file": ("a.jpg", content)}, data=form)
    found = kept(answer)
    assert (found.label, found.was_wrong, found.prediction_id) == (7, False, None)
    assert (found.media_type, found.width) == ("image/jpeg", 300)
    assert collector.get(f"/user-data/{found.id}/content").content == content


@pytest.mark.parametrize("full", [1, 255])
def test_numbers_are_taken_too(collector: httpx.Client, full: int) -> None:
    numbers = [[0] * 28 for _ in range(28)]
    for line in range(6, 22):
        numbers[line][13:15] = [full, full]
    found = kept(collector.post("/user-data", json={"image": numbers, "label": 1}))
    assert (found.width, found.height, found.media_type) == (28, 28, "image/png")
    content = collector.get(f"/user-data/{found.id}/content").content
    assert (images.read(content) == np.rint(images.of_value(numbers) * 255)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_picture_is_taken(collector: httpx.Client, mode: str) -> None:
    if mode == "I;16":
        grey = np.asarray(Image.open(io.BytesIO(drawing()))).astype(np.uint16) * 257
        holder = io.BytesIO()
        Image.fromarray(grey).save(holder, "PNG")
        content = holder.getvalue()
    else:
        content = drawing(mode=mode)
    kept(send(collector, content))
    (row,) = rows(collector)
    plain = images.digit_of_file(drawing())
    assert np.abs(images.digit_of_file(images.file_of(row["image"])) - plain).max() < 0.02


def test_whether_the_model_was_wrong_may_be_all_that_is_known(collector: httpx.Client) -> None:
    assert kept(send(collector, drawing(1))).was_wrong is None
    assert kept(send(collector, drawing(2), was_wrong=True)).was_wrong is True


# --- the same again


def test_the_same_file_again_is_told_anew(collector: httpx.Client, tmp_path: pathlib.Path) -> None:
    first = kept(send(collector, drawing(), 3, predicted=5))
    again = kept(send(collector, drawing(), 5, predicted=5), 200)
    assert (again.id, again.label, again.was_wrong) == (first.id, 5, False)
    assert again.created_at == first.created_at
    assert again.changed_at > first.changed_at
    form = {"label": "6"}
    files = {"file": ("a.png", drawing())}
    assert kept(collector.post("/user-data", files=files, data=form), 200).id == first.id
    assert listed(collector).total == 1
    assert [row["label"] for row in rows(collector)] == [6]
    assert blobs_in(tmp_path) == 1


def test_many_at_once_keep_each_once(collector: httpx.Client, tmp_path: pathlib.Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: send(collector, drawing(n % 4), n % 10), range(24)))
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert sum(answer.status_code == 201 for answer in answers) == 4
    assert listed(collector).total == 4
    assert len(rows(collector)) == blobs_in(tmp_path) == 4


class Slow:
    """Looks at an image once it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, *asked: Any) -> pictures.Picture:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.may_go_on.wait(60)
        self.at_once -= 1
        return look(*asked)


look = pictures.look


def test_images_are_looked_at_one_after_another_and_only_so_many_wait(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, whatever else is asked is answered: they are in nobody's way."""
    slow = Slow()
    monkeypatch.setattr(pictures, "look", slow)
    with (
        serve(contributions={"max_waiting": 45}) as client,
        concurrent.futures.ThreadPoolExecutor(50) as pool,
    ):
        client.timeout = 60
        asked = [pool.submit(send, client, drawing(number % 4)) for number in range(50)]
        refused = [
            one.result() for one in itertools.islice(concurrent.futures.as_completed(asked), 5)
        ]
        assert listed(client).total == 0
        slow.may_go_on.set()
        answers = [one.result() for one in asked]
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert {answer.json()["type"] for answer in refused} == {"urn:kolba:problem:too-busy"}
        assert sum(answer.is_success for answer in answers) == 45
        assert slow.most_at_once == 1
        assert listed(client).total == 4


# --- the source that it is


def test_the_source_grows_and_shrinks(collector: httpx.Client) -> None:
    info = collector.get("/info", params={"source": contracts.SOURCE})
    empty = sources.SourceInfo.model_validate(info.json())
    assert (empty.rows, empty.target) == (0, "label")
    assert [(one.name, one.type) for one in empty.columns] == [
        ("image", "image"),
        ("label", "integer"),
    ]
    assert rows(collector) == []
    numbers = [kept(send(collector, drawing(n), n)).id for n in range(3)]
    assert [row["label"] for row in rows(collector)] == [0, 1, 2]
    collector.delete(f"/user-data/{numbers[1]}")
    assert [row["label"] for row in rows(collector)] == [0, 2]
    assert {tuple(row) for row in rows(collector)} == {("image", "label")}


def test_who_collects_it_gets_one_state_of_it(collector: httpx.Client) -> None:
    numbers = [kept(send(collector, drawing(n), n)).id for n in range(4)]
    query: dict[str, Any] = {"source": contracts.SOURCE, "size": 2}
    sha256 = collector.get("/info", params=query).json()["sha256"]
    found = []
    for offset in (0, 2):
        answer = collector.get("/batch", params={**query, "offset": offset, "sha256": sha256})
        found += [row["label"] for row in answer.json()["rows"]]
        collector.delete(f"/user-data/{numbers[0]}")
        send(collector, drawing(7), 9)
        assert [row["label"] for row in rows(collector)] == [1, 2, 3, 9]
    assert found == [0, 1, 2, 3]


def test_its_images_are_as_a_network_reads_them(collector: httpx.Client) -> None:
    content = drawing(size=1500, mode="RGB")
    kept(send(collector, content))
    answer = collector.get(
        "/batch",
        params={"source": contracts.SOURCE, "size": 1, "offset": 0},
        headers={"Accept": collector_client.ARROW},
    )
    table = pyarrow.ipc.open_stream(answer.content).read_all()
    (image,) = table.column("image").to_pylist()
    assert images.read(image).shape == (28, 28)
    assert len(image) < 1000
    # Read back, it is what the drawing itself would have been, to the rounding of a pixel.
    difference = images.digit_of_file(image) - images.digit_of_file(content)
    assert np.abs(difference).max() <= 0.5 / 255 + 1e-6


def test_it_survives_a_restart(serve: Any) -> None:
    with serve() as client:
        found = kept(send(client, drawing(), 4))
        assert len(rows(client)) == 1
    with serve() as client:
        assert listed(client).items == [found]
        assert [row["label"] for row in rows(client)] == [4]


# --- lists, and who sees what


def test_pages_filters_and_sorting(collector: httpx.Client) -> None:
    for number in range(5):
        kept(send(collector, drawing(number), number, predicted=number % 2))
    page = listed(collector, limit=2, offset=1)
    assert (page.total, [one.label for one in page.items]) == (5, [3, 2])
    assert [one.label for one in listed(collector, sort="label").items] == [0, 1, 2, 3, 4]
    assert [one.label for one in listed(collector, label=4).items] == [4]
    assert {one.label for one in listed(collector, was_wrong=False).items} == {0, 1}


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 10**6}, {"offset": -1}, {"sort": "digit"}, {"label": 10}]
)
def test_a_wrong_query_is_named(collector: httpx.Client, query: dict[str, Any]) -> None:
    answer = collector.get("/user-data", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith(next(iter(query)))


def test_each_sees_and_takes_back_their_own_admins_everybodys(
    asked_by: Callable[[str, str], httpx.Client], tmp_path: pathlib.Path
) -> None:
    anna, ben = asked_by("anna", "client"), asked_by("ben", "researcher")
    root = asked_by("root", "admin")
    of_anna, of_ben = kept(send(anna, drawing(), 1)), kept(send(ben, drawing(), 2))
    assert (of_anna.person, of_ben.person) == ("anna", "ben")
    assert of_anna.id != of_ben.id
    assert blobs_in(tmp_path) == 1
    for client, own, other in ((anna, of_anna, of_ben), (ben, of_ben, of_anna)):
        assert listed(client).items == [own]
        assert listed(client, person=other.person).total == 0
        for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
            answer = client.request(method, f"/user-data/{other.id}{path}")
            assert answer.status_code == 404
            assert answer.json()["type"] == "urn:kolba:problem:unknown-contribution"
    assert listed(root).total == 2
    assert listed(root, person="anna").items == [of_anna]
    # The file stays for as long as somebody has contributed it.
    assert root.delete(f"/user-data/{of_anna.id}").status_code == 204
    assert ben.get(f"/user-data/{of_ben.id}/content").content == drawing()
    assert ben.delete(f"/user-data/{of_ben.id}").status_code == 204
    assert blobs_in(tmp_path) == 0
    assert ben.delete(f"/user-data/{of_ben.id}").status_code == 404


def test_nobody_in_particular_contributes_nothing(
    asked_by: Callable[[str, str], httpx.Client],
) -> None:
    somebody = asked_by("anna", "client")
    with httpx.Client(base_url=somebody.base_url) as nobody:
        for method in ("GET", "POST"):
            assert nobody.request(method, "/user-data").status_code == 401


# --- the journal


def test_the_journal_tells_of_it(collector: httpx.Client) -> None:
    found = kept(send(collector, drawing(), 3))
    send(collector, drawing(), 11)
    collector.delete(f"/user-data/{found.id}")
    entries = collector.get("/journal", params={"source": contracts.SOURCE, "sort": "id"}).json()
    told = [(one["action"], one["outcome"], one["rows"]) for one in entries["items"]]
    assert told == [("contribute", "ok", 1), ("contribute", "failed", None), ("withdraw", "ok", 1)]
    assert entries["items"][0]["size_bytes"] == found.size_bytes
    assert f"contribution {found.id}: label 3" in entries["items"][0]["detail"]


# --- what is not taken


@pytest.mark.parametrize("field", ["label", "predicted"])
@pytest.mark.parametrize("value", [-1, 10, 10**30, 2.5, "three", None, True, [1]])
def test_a_label_outside_the_digits_is_refused(
    collector: httpx.Client, field: str, value: Any
) -> None:
    if (field, value) == ("predicted", None):
        return
    told = {"label": 3, field: value}
    answer = collector.post("/user-data", json={"image": data_url(drawing()), **told})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert listed(collector).total == 0


def test_a_label_outside_the_digits_is_explained_in_both_languages(collector: httpx.Client) -> None:
    document = {"image": data_url(drawing()), "label": 10}
    answer = collector.post("/user-data", json=document, headers={"Accept-Language": "ru"})
    assert answer.json()["errors"][0]["message"] == "должна быть одна из цифр от 0 до 9"


def header_of(width: int, height: int) -> bytes:
    """A PNG file that announces a huge image in some bytes."""
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for kind, part in ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(900))), (b"IEND", b"")):
        checked = kind + part
        content += struct.pack(">I", len(part)) + checked + struct.pack(">I", zlib.crc32(checked))
    return content


def animation() -> bytes:
    frames = [Image.new("L", (28, 28), grey) for grey in (0, 255)]
    holder = io.BytesIO()
    frames[0].save(holder, "GIF", save_all=True, append_images=frames[1:])
    return holder.getvalue()


def blank(grey: int, mode: str = "L") -> bytes:
    holder = io.BytesIO()
    Image.new("L", (280, 280), grey).convert(mode).save(holder, "PNG")
    return holder.getvalue()


def transparent() -> bytes:
    holder = io.BytesIO()
    Image.new("RGBA", (280, 280), (0, 0, 0, 0)).save(holder, "PNG")
    return holder.getvalue()


REFUSED = {
    "text": (b"a,b\n1,2\n", 422, "invalid-image"),
    "empty": (b"", 422, "invalid-image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 422, "invalid-image"),
    "truncated": (drawing()[:-30], 422, "invalid-image"),
    "gif": (animation(), 422, "invalid-image"),
    "huge": (header_of(50_000, 50_000), 413, "image-too-large"),
    "bytes": (drawing() + bytes(4 * 2**20), 413, "image-too-large"),
    "blank": (blank(255), 422, "nothing-drawn"),
    "black": (blank(0), 422, "nothing-drawn"),
    "transparent": (transparent(), 422, "nothing-drawn"),
    "one-pixel": (header_of(1, 1), 422, None),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("as_form", [False, True], ids=["json", "form"])
def test_what_is_no_drawing_is_refused(
    collector: httpx.Client, tmp_path: pathlib.Path, name: str, as_form: bool
) -> None:
    content, status, slug = REFUSED[name]
    if as_form:
        files = {"file": ("a.png", content)}
        answer = collector.post("/user-data", files=files, data={"label": "1"})
    else:
        answer = send(collector, content)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["errors"][0]["field"] == ("file" if as_form else "image")
    assert slug is None or problem["type"] == f"urn:kolba:problem:{slug}"
    assert listed(collector).total == 0
    assert blobs_in(tmp_path) == 0


NO_NUMBERS = [
    [],
    [[]],
    [[0] * 28] * 27,
    [[0] * 27] * 28,
    [[0] * 28] * 28,
    [[-1] * 28] * 28,
    [[256] * 28] * 28,
    [["a"] * 28] * 28,
    [[True] * 28] * 28,
    "data:text/html;base64,AAAA",
    "data:image/png,plain",
    "%%%",
    5,
    None,
    {"a": 1},
]


@pytest.mark.parametrize("image", NO_NUMBERS)
def test_numbers_and_texts_that_are_no_image_are_refused(
    collector: httpx.Client, image: Any
) -> None:
    answer = collector.post("/user-data", json={"image": image, "label": 1})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("image")
    assert listed(collector).total == 0


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"was_wrong": True, "predicted": 3}, "was_wrong"),
        ({"was_wrong": False, "predicted": 4}, "was_wrong"),
        ({"was_wrong": "yes"}, "was_wrong"),
        ({"prediction_id": "1"}, "prediction_id"),
        ({"prediction_id": "../etc" + "0" * 26}, "prediction_id"),
        ({"person": "somebody else"}, "person"),
    ],
)
def test_what_does_not_fit_is_refused(
    collector: httpx.Client, told: dict[str, Any], field: str
) -> None:
    answer = send(collector, drawing(), 3, **told)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_other_forms_are_refused(collector: httpx.Client) -> None:
    given = {"content": drawing(), "headers": {"Content-Type": "image/png"}}
    answer = collector.post("/user-data", **given)
    assert answer.status_code == 415
    assert "image/png" in answer.json()["detail"]
    for body in (b"", b"{", b"[]", b"NaN", b'{"image": "", "label": NaN}', b'{"label": 1}'):
        headers = {"Content-Type": "application/json"}
        answer = collector.post("/user-data", content=body, headers=headers)
        assert answer.status_code in (400, 422), body
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\n", b"no form"):
        assert collector.post("/user-data", content=body, headers=broken).status_code in (400, 422)
    answer = collector.post("/user-data", files={"other": ("a", drawing())}, data={"label": "1"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file"
    answer = collector.post("/user-data", files={"file": ("a", drawing())})
    assert answer.json()["errors"][0]["field"] == "label"


def test_a_body_without_end_is_refused(collector: httpx.Client) -> None:
    answer = collector.post("/user-data", files={"file": ("a", bytes(11_000_000))})
    assert answer.status_code == 413


def test_one_person_has_so_many_and_no_more(serve: Any) -> None:
    with serve(contributions={"max_per_person": 2}) as client:
        for number in range(2):
            kept(send(client, drawing(number)))
        answer = send(client, drawing(3))
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:kolba:problem:contributions-full"
        assert "max_per_person" in answer.json()["detail"]
        # One that is there may be told anew, and another takes the place of one that goes.
        number = kept(send(client, drawing(1), 9), 200).id
        client.delete(f"/user-data/{number}")
        kept(send(client, drawing(3)))


@pytest.mark.parametrize("setting", ["max_bytes_per_person", "max_bytes"])
def test_so_many_bytes_and_no_more(serve: Any, setting: str, tmp_path: pathlib.Path) -> None:
    limit = len(drawing(0)) + len(drawing(1))
    with serve(contributions={setting: limit}) as client:
        kept(send(client, drawing(0)))
        kept(send(client, drawing(1)))
        answer = send(client, drawing(2))
        assert answer.status_code == 409
        assert setting in answer.json()["detail"]
        assert blobs_in(tmp_path) == 2


def test_an_image_may_be_limited_further(serve: Any) -> None:
    with serve(contributions={"max_image_bytes": len(drawing()) - 1}) as client:
        answer = send(client, drawing())
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:kolba:problem:image-too-large"
