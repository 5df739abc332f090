"""Images over HTTP: kept once, shown safely, gone with the last who has them."""

from __future__ import annotations

import concurrent.futures
import functools
import io
import itertools
import pathlib
import struct
import threading
import zlib

import pytest
from PIL import Image

from kolba.kit.testing import pictures
from kolba.storage.images import service


def post(storage, content, **options):
    return storage.post("/images", content=content, **options)


def make(storage, content):
    answer = post(storage, content)
    assert answer.status_code == 201, answer.text
    return answer.json()


def blobs(folder: pathlib.Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "data/blobs").rglob("*") if path.is_file()]


def opened(answer) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_an_image_comes_back_as_it_went(storage):
    content = pictures.png()
    image = make(storage, content)
    assert image["id"] == pictures.sha256(content)
    assert (image["media_type"], image["width"], image["height"]) == ("image/png", 28, 28)
    assert (image["size_bytes"], image["owner"]) == (len(content), "local")
    path = f"/images/{image['id']}"
    assert storage.get(path).json() == image
    shown = storage.get(f"{path}/content")
    assert shown.content == content
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline;")
    assert shown.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert shown.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "private" in shown.headers["cache-control"]
    assert "immutable" in shown.headers["cache-control"]


def test_what_one_has_is_not_kept_twice(storage, tmp_path):
    small, large = pictures.png(), pictures.png(size=(400, 300))
    assert len(large) > service.INLINE_BYTES
    for content in (small, large):
        first = post(storage, content)
        again = post(storage, content)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert storage.get(f"/images/{first.json()['id']}/content").content == content
    assert storage.get("/images").json()["total"] == 2
    assert blobs(tmp_path) == [large]


def test_a_form_is_read_as_well(storage):
    content = pictures.jpeg()
    answer = storage.post("/images", files={"file": ("a.jpg", content, "image/jpeg")})
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == pictures.sha256(content)
    assert answer.json()["media_type"] == "image/jpeg"
    cut = storage.post("/images", files={"other": ("a.jpg", content, "image/jpeg")})
    assert cut.status_code == 400


def test_they_are_listed_the_newest_first(storage, watch):
    made = []
    for seed in range(5):
        made.append(make(storage, pictures.png(seed))["id"])
        watch.advance(1)
    made.append(make(storage, pictures.jpeg())["id"])
    found = storage.get("/images", params={"limit": 3, "offset": 1}).json()
    assert [one["id"] for one in found["items"]] == made[4:1:-1]
    assert found["total"] == 6
    jpegs = storage.get("/images", params={"media_type": "image/jpeg"}).json()
    assert [one["id"] for one in jpegs["items"]] == made[5:]
    one = storage.get("/images", params={"sha256": made[0]}).json()
    assert [found["id"] for found in one["items"]] == made[:1]
    assert storage.get("/images", params={"sort": "colour"}).status_code == 422


def _bomb() -> bytes:
    """50,000 × 50,000 points in little more than a kilobyte: the header says so, before a pixel is there."""
    header = struct.pack(">II5B", 50_000, 50_000, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b"", 422, "invalid-image"),
        (b"text", 422, "invalid-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "invalid-image"),
        (pictures.saved(Image.new("L", (3, 3)), "GIF"), 422, "invalid-image"),
        (pictures.png(size=(50, 50))[:-100], 422, "invalid-image"),
        (pictures.png()[:20], 422, "invalid-image"),
        (b"\xff\xd8\xff", 422, "invalid-image"),
        (_bomb(), 413, "image-too-large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5 << 20), 413, "image-too-large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(17 << 20), 413, "body-too-large"),
    ],
)
def test_what_is_no_image_is_refused(storage, tmp_path, content, status, slug):
    answer = post(storage, content, headers={"Content-Type": "image/png", "Accept-Language": "ru"})
    assert answer.status_code == status
    assert answer.json()["type"] == f"urn:kolba:problem:{slug}"
    assert storage.get("/images").json()["total"] == 0
    assert blobs(tmp_path) == []


def test_one_that_is_not_there_says_so(storage):
    missing = "0" * 64
    for end in ("", "/content", "/thumbnail"):
        answer = storage.get(f"/images/{missing}{end}")
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("unknown-image")
    assert storage.delete(f"/images/{missing}").status_code == 404
    for wrong in ("x", "A" * 64, "0" * 63):
        assert storage.get(f"/images/{wrong}").status_code == 422


@pytest.mark.parametrize(
    ("size", "side"), [(1, 32), (32, 32), (33, 64), (128, 128), (500, 512), (4096, 512)]
)
def test_thumbnails_are_as_large_as_the_next_of_a_few(storage, size, side):
    path = f"/images/{make(storage, pictures.png(size=(900, 600), mode='RGB'))['id']}/thumbnail"
    thumbnail = opened(storage.get(path, params={"size": size}))
    assert thumbnail.size == (side, side * 2 // 3 + (side * 2 % 3 > 1))
    assert thumbnail.format == "PNG"


@pytest.mark.parametrize("size", [0, -1, 5000, "large"])
def test_a_thumbnail_of_no_size_is_refused(storage, size):
    path = f"/images/{make(storage, pictures.png())['id']}/thumbnail"
    assert storage.get(path, params={"size": size}).status_code == 422


def test_a_small_image_is_its_own_thumbnail(storage):
    content = pictures.png()
    path = f"/images/{make(storage, content)['id']}/thumbnail"
    assert storage.get(path).content == content
    assert opened(storage.get(path, params={"size": 32})).size == (28, 28)


def test_thumbnails_are_made_once(storage, monkeypatch):
    path = f"/images/{make(storage, pictures.png(size=(300, 300)))['id']}/thumbnail"
    made = []
    make_one = service.thumbnails.make
    monkeypatch.setattr(
        service.thumbnails, "make", lambda *given: made.append(given) or make_one(*given)
    )
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        shown = {answer.content for answer in pool.map(lambda _: storage.get(path), range(16))}
    assert len(shown) == 1
    assert len(made) == 1
    assert storage.get(path, params={"size": 100}).content in shown
    assert len(made) == 1
    storage.get(path, params={"size": 64})
    assert len(made) == 2


@pytest.mark.parametrize(
    ("content", "size", "mode", "kind"),
    [
        (pictures.png(size=(200, 100), mode="RGBA"), (64, 32), "RGBA", "PNG"),
        (pictures.jpeg((200, 100)), (64, 32), "RGB", "JPEG"),
        (pictures.jpeg((200, 100), "L"), (64, 32), "L", "JPEG"),
        (pictures.jpeg((200, 100), "CMYK"), (64, 32), "RGB", "JPEG"),
        (pictures.saved(Image.new("P", (200, 100)), "PNG"), (64, 32), "RGB", "PNG"),
        (pictures.saved(Image.new("1", (200, 100)), "PNG"), (64, 32), "L", "PNG"),
        (pictures.saved(Image.new("LA", (200, 100)), "PNG"), (64, 32), "RGBA", "PNG"),
        (pictures.saved(Image.new("I;16", (200, 100), 40_000), "PNG"), (64, 32), "L", "PNG"),
    ],
)
def test_every_kind_of_image_has_a_thumbnail(storage, content, size, mode, kind):
    path = f"/images/{make(storage, content)['id']}/thumbnail"
    thumbnail = opened(storage.get(path, params={"size": 64}))
    assert (thumbnail.size, thumbnail.mode, thumbnail.format) == (size, mode, kind)


def test_a_photograph_stands_as_it_was_held(storage):
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: a quarter turn
    path = f"/images/{make(storage, pictures.jpeg((200, 100), exif=turned))['id']}/thumbnail"
    assert opened(storage.get(path, params={"size": 64})).size == (32, 64)


def test_a_browser_that_has_it_is_not_sent_it_again(storage):
    path = f"/images/{make(storage, pictures.png(size=(300, 300)))['id']}"
    for end in ("content", "thumbnail"):
        shown = storage.get(f"{path}/{end}")
        tag = shown.headers["etag"]
        for known in (tag, f'"other", W/{tag}'):
            again = storage.get(f"{path}/{end}", headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        other = storage.get(f"{path}/{end}", headers={"If-None-Match": '"other"'})
        assert other.status_code == 200
    storage.delete(path)
    gone = storage.get(f"{path}/content", headers={"If-None-Match": tag})
    assert gone.status_code == 404


def test_the_bytes_go_with_the_last_who_names_them(storage, tmp_path):
    content = pictures.png(size=(400, 300))
    image = make(storage, content)
    file = storage.post("/files", params={"name": "a.png"}, content=content).json()
    storage.get(f"/images/{image['id']}/thumbnail")
    assert storage.delete(f"/files/{file['id']}").status_code == 204
    assert storage.get(f"/images/{image['id']}/content").content == content
    assert storage.delete(f"/images/{image['id']}").status_code == 204
    assert storage.get(f"/images/{image['id']}").status_code == 404
    assert blobs(tmp_path) == []
    again = make(storage, content)
    assert opened(storage.get(f"/images/{again['id']}/thumbnail")).size == (128, 96)
    storage.delete(f"/images/{again['id']}")
    file = storage.post("/files", params={"name": "a.png"}, content=content).json()
    assert storage.get(f"/files/{file['id']}/download").content == content


def test_many_at_once_are_kept_once(storage):
    content = pictures.png()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(storage, content).status_code, range(16)))
    assert sorted(answers) == [200] * 15 + [201]
    assert storage.get("/images").json()["total"] == 1


class Slow:
    """Does its work once it is let."""

    def __init__(self, work):
        self.work = work
        self.may_go_on = threading.Event()
        self.at_once = self.most_at_once = 0

    def __call__(self, *given):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.may_go_on.wait(60)
        self.at_once -= 1
        return self.work(*given)


def wait_in_line(slow, asked, storage):
    """More than Starlette has threads are asked for at once, and 5 more than may wait; then, whatever else is asked."""
    with concurrent.futures.ThreadPoolExecutor(len(asked)) as pool:
        waiting = [pool.submit(one) for one in asked]
        try:
            first = itertools.islice(concurrent.futures.as_completed(waiting, 60), 5)
            refused = [one.result() for one in first]
            assert storage.get("/images", timeout=10).status_code == 200
            assert storage.post("/runs/claim", json={"worker": "w"}, timeout=10).is_success
        finally:
            slow.may_go_on.set()
        answers = [one.result() for one in waiting]
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert {answer.json()["type"] for answer in refused} == {"urn:kolba:problem:too-busy"}
    assert sum(answer.is_success for answer in answers) == len(asked) - 5
    assert slow.most_at_once == 1


def test_images_are_looked_at_one_after_another_and_in_nobodys_way(
    make_settings, serving_storage, monkeypatch
):
    slow = Slow(service.images.read)
    monkeypatch.setattr(service.images, "read", slow)
    with serving_storage(make_settings(images={"max_waiting": 45})) as storage:
        contents = [pictures.png(number) for number in range(50)]
        wait_in_line(slow, [functools.partial(post, storage, one) for one in contents], storage)
        assert storage.get("/images").json()["total"] == 45


def test_thumbnails_are_made_one_after_another_and_in_nobodys_way(
    make_settings, serving_storage, monkeypatch
):
    slow = Slow(service.thumbnails.make)
    monkeypatch.setattr(service.thumbnails, "make", slow)
    with serving_storage(make_settings(images={"max_waiting": 45})) as storage:
        made = [make(storage, pictures.png(number, (40, 40)))["id"] for number in range(50)]
        paths = [f"/images/{one}/thumbnail?size=32" for one in made]
        wait_in_line(slow, [functools.partial(storage.get, one) for one in paths], storage)
