"""The chain's answers, and what it says of bad input."""

from __future__ import annotations

import io
import struct
import time
import zlib
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from kolba.pipeline.check import stencil

HOPS = {
    "postprocess",
    "network-preprocess",
    "preprocess",
    "decode",
    "network-model",
    "model",
    "model-wait",
    "model-run",
}


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def drawn(digit: int = 4, mode: str = "L") -> Image.Image:
    return Image.fromarray(stencil.picture(digit)).convert(mode)


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def huge_png() -> bytes:
    """50,000 × 50,000 in less than a kilobyte."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    content = zlib.compress(b"\0" * 1000)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def deep() -> bytes:
    grey = np.asarray(drawn(4)).astype(np.uint16) * 257
    return saved(Image.fromarray(grey))


def transparent() -> bytes:
    ink = 255 - np.asarray(drawn(4))
    sheet = np.zeros((*ink.shape, 4), np.uint8)
    sheet[..., 3] = ink
    return saved(Image.fromarray(sheet, "RGBA"))


@pytest.mark.parametrize("digit", range(10))
def test_every_digit_is_told(chain: Any, digit: int) -> None:
    files = {"file": ("digit.png", stencil.png(digit), "image/png")}
    answer = httpx2.post(f"{chain.postprocess.url}/finalize", files=files)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["digit"] == document["label"] == digit
    assert list(document["probabilities"]) == [str(one) for one in range(10)]
    assert sum(document["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert document["probability"] == max(document["probabilities"].values())
    assert document["instance"] in {"model-0", "model-1"}
    assert document["model"] == "digits"
    assert document["version"].startswith("Stencil_")


@pytest.mark.parametrize(
    "content",
    [
        saved(drawn(), "JPEG", quality=95),
        saved(drawn(mode="CMYK"), "JPEG", quality=95),
        saved(drawn(mode="RGB").rotate(0)),
        saved(drawn(mode="P")),
        deep(),
        transparent(),
        stencil.digit_png(4),
    ],
    ids=["JPEG", "CMYK", "colours", "palette", "16 bit", "transparent", "28×28"],
)
def test_every_kind_of_picture_is_read(chain: Any, content: bytes) -> None:
    answer = chain.finalize(content)
    assert answer.status_code == 200, answer.text
    assert answer.json()["digit"] == 4


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b"", 422, "no-file"),
        (b"a text", 422, "invalid-image"),
        (stencil.png(4)[:-40], 422, "invalid-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0'/></svg>", 422, "invalid-image"),
        (huge_png(), 413, "image-too-large"),
        (
            saved(drawn(1), "GIF", save_all=True, append_images=[drawn(2)]),
            422,
            "invalid-image",
        ),
        (
            saved(drawn(1), "PNG", save_all=True, append_images=[drawn(2)]),
            422,
            "invalid-image",
        ),
        (saved(Image.new("L", (1, 1), 255)), 422, "nothing-drawn"),
        (saved(Image.new("L", (280, 280), 255)), 422, "nothing-drawn"),
        (saved(Image.new("L", (28, 28), 0)), 422, "nothing-drawn"),
        (b"\x89PNG\r\n\x1a\n" + bytes(4_800_000), 413, "image-too-large"),
        (bytes(6_000_000), 413, "body-too-large"),
    ],
    ids=[
        "nothing",
        "a text",
        "truncated",
        "SVG",
        "50,000 pixels",
        "an animation",
        "an animated PNG",
        "one pixel",
        "an empty canvas",
        "all black",
        "many bytes",
        "more bytes",
    ],
)
def test_bad_input_is_told_in_both_languages(
    chain: Any, content: bytes, status: int, slug: str
) -> None:
    answers = {
        language: chain.finalize(content, **{"Accept-Language": language})
        for language in ("en", "ru")
    }
    for language, answer in answers.items():
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        document = answer.json()
        assert document["type"] == f"urn:kolba:problem:{slug}"
        assert document["request_id"] == answer.headers["x-request-id"]
    assert answers["en"].json()["title"] != answers["ru"].json()["title"]


def test_a_request_id_goes_through_all_and_its_hops_add_up(chain: Any) -> None:
    chain.finalize()
    began = time.perf_counter()
    answer = chain.finalize(**{"X-Request-Id": "mine-1"})
    whole = (time.perf_counter() - began) * 1000
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "mine-1"
    parts = dict(part.split(";dur=") for part in answer.headers["server-timing"].split(", "))
    assert set(parts) == HOPS
    assert 0 < sum(map(float, parts.values())) < whole
    instance = answer.json()["instance"]
    assert "mine-1" in {line.get("request_id") for line in chain.log_of("preprocess")}
    lines = [line for line in chain.log_of(instance) if line.get("request_id") == "mine-1"]
    assert [line["instance"] for line in lines] == [instance]


def test_the_tensor_alone_is_answered_in_both_forms(chain: Any) -> None:
    url = f"{chain.preprocess.url}/process?only=tensor"
    plain = httpx2.post(url, content=stencil.png(3)).json()
    assert plain["shape"] == [28, 28]
    answer = httpx2.post(url, content=stencil.png(3), headers={"Accept": "application/x-npy"})
    assert answer.headers["content-type"] == "application/x-npy"
    array = np.load(io.BytesIO(answer.content), allow_pickle=False)
    np.testing.assert_allclose(array, np.array(plain["tensor"], np.float32))
    for kind, content in (
        ("application/x-npy", answer.content),
        ("application/octet-stream", array.tobytes()),
    ):
        headers = {"Content-Type": kind, "X-Tensor-Shape": "28,28"}
        said = httpx2.post(f"{chain.models[0].url}/predict", content=content, headers=headers)
        assert int(np.argmax(said.json()["probabilities"])) == 3
    both = [plain["tensor"], plain["tensor"]]
    said = httpx2.post(f"{chain.models[0].url}/predict", json={"tensor": both})
    assert np.argmax(said.json()["probabilities"], axis=1).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("told", "status", "slug"),
    [
        ({"json": {"tensor": [[1, 2], [3]]}}, 422, "bad-tensor"),
        ({"json": {"tensor": [[2] * 28] * 28}}, 422, "bad-tensor"),
        ({"json": []}, 422, "bad-tensor"),
        ({"json": {"tensor": [[0] * 784] * 300}}, 413, "too-many-images"),
        ({"content": b"{"}, 400, "malformed-body"),
        ({"json": {"path": "../storage/storage.db"}}, 422, "bad-tensor-path"),
        ({"json": {"path": ["a"]}}, 422, "bad-tensor-path"),
        ({"json": {"path": "absent"}}, 404, "unknown-tensor"),
        ({"content": b"", "headers": {"X-Deadline-Ms": "never"}}, 400, "bad-deadline"),
    ],
)
def test_bad_tensors_are_refused(chain: Any, told: Any, status: int, slug: str) -> None:
    answer = httpx2.post(f"{chain.models[0].url}/predict", **told)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:kolba:problem:{slug}"


def test_each_says_how_it_is(chain: Any) -> None:
    for program in (*chain.models, chain.preprocess, chain.postprocess):
        assert httpx2.get(f"{program.url}/health").json()["status"] == "ok"
        assert httpx2.get(f"{program.url}/ready").json() == {"ready": True, "reason": None}
        assert httpx2.get(f"{program.url}/docs").status_code == 200
        (path,) = [
            path
            for path in httpx2.get(f"{program.url}/openapi.json").json()["paths"]
            if path in ("/finalize", "/process", "/predict")
        ]
        assert httpx2.get(f"{program.url}{path}").status_code == 405
    chain.finalize()
    metrics = httpx2.get(f"{chain.models[1].url}/metrics").text
    assert 'kolba_pipeline_images_total{instance="model-1",service="model"}' in metrics
    assert 'kolba_pipeline_model_info{instance="model-1",model="digits"' in metrics
    assert "process_cpu_seconds_total" in metrics


async def test_two_replicas_share_the_load_and_their_logs_show_it(chain: Any) -> None:
    load = chain.load()
    await load.run(2.0)
    assert load.failures == []
    first, second = sorted(load.answered.values())
    assert first > second / 3, load.answered
    for name in ("model-0", "model-1"):
        assert any(line.get("instance") == name for line in chain.log_of(name))
