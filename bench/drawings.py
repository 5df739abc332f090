"""Drawings as people make them, asked of a running set: how many are read rightly, and how soon.

    python -m bench.drawings --mnist FOLDER [--url http://127.0.0.1:8000] [--pictures 500]

MNIST's test digits (FOLDER has its `t10k-*-ubyte` files) are drawn anew on a canvas with smooth strokes: thick or thin,
small in a corner, white on black, on grainy paper, lit from one side, over the canvas's edge. Each is a PNG that one
client sends to `POST /predict` of the web master, where it is decoded, centred, scaled, answered, charged and recorded.
The set needs a model of digits.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import io
import pathlib
import statistics
import time
import urllib.parse

import numpy as np
import numpy.typing as npt
import orjson
from PIL import Image, ImageFilter

from kolba.inference.images import strokes

Picture = npt.NDArray[np.uint8]
_FINE = 8
"""Strokes are drawn at so many pixels for each of MNIST's."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How a digit is put on a canvas."""

    name: str
    pen: float = 0.0
    """So many of MNIST's pixels more on each side of a stroke."""
    scale: int = 7
    """Canvas pixels for each of MNIST's."""
    size: int = 280
    place: tuple[int, int] = (40, 40)
    is_white_on_black: bool = False
    grain: int = 0
    shade: float = 1.0
    """How light the far side is."""


DRAWINGS = (
    Drawing(name="as usual"),
    Drawing(name="thick", pen=0.9),
    Drawing(name="very thick", pen=1.5),
    Drawing(name="thin", pen=-0.4),
    Drawing(name="small in a corner", scale=2, place=(2, 2)),
    Drawing(name="tiny in another corner", scale=1, place=(245, 245)),
    Drawing(name="white on black", is_white_on_black=True),
    Drawing(name="grainy paper", grain=30),
    Drawing(name="lit from one side", shade=0.45),
    Drawing(name="cut by the edge", scale=9, place=(-36, 10)),
    Drawing(name="a large canvas", scale=40, size=1600, place=(200, 200)),
)


def drawn(digit: Picture, how: Drawing, seed: int) -> bytes:
    """`digit` `[28, 28]` as the PNG file of a drawing."""
    side = 28 * _FINE
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    mask = np.asarray(large.filter(ImageFilter.GaussianBlur(0.4 * _FINE))) > 110
    ink = strokes.grown(mask, how.pen * _FINE)
    fine = Image.fromarray(np.rint(ink * 255).astype(np.uint8))
    size = [max(1, length * how.scale // _FINE) for length in fine.size]
    canvas = Image.new("L", (how.size, how.size), 0)
    canvas.paste(fine.resize((size[0], size[1]), Image.Resampling.BOX), how.place[::-1])
    sheet = np.asarray(canvas).astype(np.float64)
    if not how.is_white_on_black:
        sheet = 255 - sheet
    sheet = sheet * np.linspace(1, how.shade, how.size)[None, :]
    sheet += np.random.default_rng(seed).integers(-how.grain, how.grain + 1, sheet.shape)
    holder = io.BytesIO()
    Image.fromarray(sheet.clip(0, 255).astype(np.uint8)).convert("RGBA").save(holder, "PNG")
    return holder.getvalue()


def ask(client: http.client.HTTPConnection, file: bytes) -> tuple[int | None, float]:
    """The answer, None where nothing was seen, and the seconds it took."""
    started = time.perf_counter()
    client.request("POST", "/predict", file, {"Content-Type": "image/png"})
    answer = client.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - started
    if answer.status == 200:
        return int(orjson.loads(content)["predictions"][0]["label"]), seconds
    if orjson.loads(content).get("type", "").endswith("nothing-drawn"):
        return None, seconds
    raise SystemExit(content.decode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=pathlib.Path, required=True)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    pictures = (options.mnist / "t10k-images-idx3-ubyte").read_bytes()
    labels = (options.mnist / "t10k-labels-idx1-ubyte").read_bytes()[8:]
    digits = np.frombuffer(pictures, np.uint8, offset=16).reshape(-1, 28, 28)[: options.pictures]
    address = urllib.parse.urlsplit(options.url)
    client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    print(f"{'drawing':24}{'right':>8}{'median ms':>12}{'p95 ms':>9}")
    for how in DRAWINGS:
        files = [drawn(digit, how, seed) for seed, digit in enumerate(digits)]
        answers = [ask(client, file) for file in files]
        right = sum(found == label for (found, _), label in zip(answers, labels, strict=False))
        times = sorted(1000 * seconds for _, seconds in answers)
        late = times[int(0.95 * len(times))]
        share = 100 * right / len(files)
        print(f"{how.name:24}{share:>7.1f}%{statistics.median(times):>12.2f}{late:>9.2f}")


if __name__ == "__main__":
    main()
