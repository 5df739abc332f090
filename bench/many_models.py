"""Whether a model in use gets slower when there are a thousand models, fifty of them in use.

    python -m bench.many_models [--port-offset 23000] [--models 1000] [--in-use 50] [--seconds 4] [--rounds 5]

Starts a set of its own, trains one small forest, and asks it through the web master from 32 connections. Then the same
bundle is registered under further names, and the rounds go on in turn: alone, and with the others asked beside it.
What the others' requests themselves cost is seen apart, as `beside`: the hot model's share is the figure that counts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson

_KOLBA = pathlib.Path(sys.executable).with_name("kolba")
_CONNECTIONS = 32
_BESIDE_PER_SECOND = 100.0
_HEADERS = {"Content-Type": "application/json"}
_ROW = {
    "Pclass": 3,
    "Sex": "male",
    "Age": 22,
    "SibSp": 1,
    "Parch": 0,
    "Fare": 7.25,
    "Embarked": "S",
}
_QUESTION = orjson.dumps({"rows": [_ROW]})


@contextlib.contextmanager
def running(offset: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        where = ["--data-dir", folder]
        subprocess.run([str(_KOLBA), "up", "-d", *where, "--port-offset", str(offset)], check=True)
        try:
            yield
        finally:
            subprocess.run([str(_KOLBA), "down", *where], check=True)


class House:
    def __init__(self, session: aiohttp.ClientSession, offset: int) -> None:
        self._session = session
        self.door = f"http://127.0.0.1:{8000 + offset}"
        self.storage = f"http://127.0.0.1:{8002 + offset}"

    async def json(self, method: str, url: str, body: Any = None) -> Any:
        data = None if body is None else orjson.dumps(body)
        async with self._session.request(method, url, data=data, headers=_HEADERS) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)

    async def train(self) -> dict[str, Any]:
        """The one model that was really trained, with all that is known of it."""
        await self.json("POST", f"{self.door}/scenarios/collect-and-store", {})
        body = {"dataset_id": 1, "model_type": "RandomForest"}
        run = await self.json("POST", f"{self.door}/scenarios/train-model", body)
        while True:
            found = await self.json("GET", f"{self.door}/runs/{run['run_id']}")
            if found["model_id"]:
                return dict(await self.json("GET", f"{self.storage}/models/{found['model_id']}"))
            await asyncio.sleep(0.1)

    async def register(self, trained: dict[str, Any], name: str) -> None:
        kept = ("family", "bundle_sha256", "dataset_id", "hyperparameters", "metrics", "signature")
        copy = {key: trained[key] for key in kept}
        body = {**copy, "name": name, "bundle_file_id": 1, "summary": {}, "owner": "local"}
        await self.json("POST", f"{self.storage}/models", body)

    async def ask(self, name: str) -> None:
        url = f"{self.door}/predict/{name}"
        async with self._session.post(url, data=_QUESTION, headers=_HEADERS) as answer:
            answer.raise_for_status()
            await answer.read()

    async def measure(self, name: str, seconds: float) -> float:
        """Requests a second from all connections together."""
        until = time.perf_counter() + seconds
        counts = await asyncio.gather(*(self._repeat(name, until) for _ in range(_CONNECTIONS)))
        return sum(counts) / seconds

    async def _repeat(self, name: str, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            await self.ask(name)
            count += 1
        return count

    async def beside(self, names: list[str]) -> None:
        """Ask the others, one after another, at a steady pace, until cancelled."""
        while True:
            for name in names:
                await self.ask(name)
                await asyncio.sleep(1 / _BESIDE_PER_SECOND)


async def compare(options: argparse.Namespace) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        house = House(session, options.port_offset)
        trained = await house.train()
        hot = trained["name"]
        await house.measure(hot, 2.0)
        alone = [await house.measure(hot, options.seconds) for _ in range(options.rounds)]
        others = [f"other-{number}" for number in range(options.models - 1)]
        for name in others:
            await house.register(trained, name)
        used = others[: options.in_use - 1]
        for name in used:
            await house.ask(name)
        crowded = [await house.measure(hot, options.seconds) for _ in range(options.rounds)]
        task = asyncio.create_task(house.beside(used))
        beside = [await house.measure(hot, options.seconds) for _ in range(options.rounds)]
        task.cancel()
        _show(
            options, statistics.median(alone), statistics.median(crowded), statistics.median(beside)
        )


def _show(options: argparse.Namespace, alone: float, crowded: float, beside: float) -> None:
    print(f"one model:                          {alone:7.0f} requests/s")
    print(
        f"{options.models} models, {options.in_use} of them loaded:  {crowded:7.0f} ({crowded / alone:.3f})"
    )
    print(
        f"… and asked {_BESIDE_PER_SECOND:.0f} times a second:     {beside:7.0f} ({beside / alone:.3f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port-offset", type=int, default=23_000)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--in-use", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with running(options.port_offset):
        asyncio.run(compare(options))


if __name__ == "__main__":
    main()
