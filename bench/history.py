"""`python -m bench.history`: the history of a million predictions, filled and then asked for over HTTP.

Prints what filling costs, and for every filter how long the first page takes (the median and the worst of some calls).
`--url postgresql+psycopg://…` measures that database instead of SQLite.
"""

from __future__ import annotations

import argparse
import datetime as dt
import pathlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from kolba.contracts import predictions as contracts
from kolba.kit import clock, identity, logs, settings
from kolba.kit.blobs import memory
from kolba.kit.db import engine, migrations
from kolba.kit.testing import servers
from kolba.storage import app
from kolba.storage import settings as storage_settings
from kolba.storage.catalog import shelf
from kolba.storage.predictions import documents, service

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
WHO_SEES_ALL = identity.LocalPerson(identity.Person(name="bench", groups=(identity.SERVICE,)))
PROTOCOLS = ("plain", "v2", "mlflow")
ROW = [3, "male", 22.0, 1, 0, 7.25, "S"]
COLUMNS = ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="kolba-bench-") as folder:
        config = settings.load(
            storage_settings.StorageSettings,
            port=0,
            data_dir=pathlib.Path(folder),
            log={"directory": None, "standard_output": False},
            database={"url": given.url},
        )
        logs.configure(config.service, config.log)
        fill(config, given.count)
        with (
            servers.running(app.create_app(config, authenticator=WHO_SEES_ALL)) as server,
            httpx.Client(base_url=server.url, timeout=120) as client,
        ):
            ask(client, given.count, given.calls)


def fill(config: storage_settings.StorageSettings, count: int) -> None:
    """Deliver `count` predictions as the outbox does, but for HTTP."""
    url = config.database.url_in(config.data_dir, config.service)
    database = engine.connect(url, config.database)
    migrations.upgrade(database, app.MIGRATIONS)
    kept = shelf.Shelf(memory.MemoryBlobStore())  # for pictures, of which there are none here
    history = service.Predictions(database=database, shelf=kept, watch=clock.SystemClock())
    read_seconds = kept_seconds = wall_seconds = 0.0
    for batch in _batches(count):
        began, wall = time.process_time(), time.perf_counter()
        arrived = documents.read(batch)
        read = time.process_time()
        history.add(arrived)
        kept_seconds += time.process_time() - read
        read_seconds += read - began
        wall_seconds += time.perf_counter() - wall
    database.close()
    print(f"{count} predictions kept: {count / wall_seconds:,.0f} a second;", end=" ")
    print(f"CPU {read_seconds / count * 1e6:.1f} µs each to read and check,", end=" ")
    print(f"{kept_seconds / count * 1e6:.1f} µs to insert")


def ask(client: httpx.Client, count: int, calls: int) -> None:
    """Time the first page for every filter."""
    slowest = 0.0
    for query in _queries(count):
        seconds = []
        for _ in range(calls):
            began = time.perf_counter()
            answer = client.get("/predictions", params=query)
            seconds.append(time.perf_counter() - began)
            answer.raise_for_status()
        shown = orjson.loads(answer.content)
        slowest = max(slowest, *seconds) if "count" not in query else slowest
        label = " ".join(f"{name}={value}" for name, value in query.items()) or "(no filter)"
        print(
            f"{statistics.median(seconds) * 1e3:8.1f} ms (worst {max(seconds) * 1e3:6.1f})  "
            f"{len(shown['items']):4} items  {label}"
        )
    print(f"the slowest page without a count: {slowest * 1e3:.1f} ms")


def _queries(count: int) -> Iterator[dict[str, Any]]:
    """Every set of filters, over the busiest, over a rare one, and over one that nothing passes."""
    busy = {
        "person": "busy",
        "model": "model-0",
        "model_id": 1,
        "version": "V_0",
        "protocol": "plain",
    }
    names = list(busy)
    for chosen in range(2 ** len(names)):
        yield {name: busy[name] for bit, name in enumerate(names) if chosen >> bit & 1}
    yield {"person": "person-7"}
    yield {"person": "person-7", "model": "model-3"}
    yield {"person": "person-7", "protocol": "mlflow"}
    yield {"person": "busy", "version": "V_999"}
    yield {"model": "model-0", "version": "V_3"}
    middle = START + dt.timedelta(milliseconds=count // 2)
    for extra in ({}, {"person": "busy"}, {"model": "model-0"}, {"protocol": "v2"}):
        yield {**extra, "until": middle.isoformat()}
        yield {**extra, "since": middle.isoformat()}
        yield {**extra, "since": START.isoformat(), "until": middle.isoformat()}
        yield {**extra, "before": _id(count // 2, 0)}
    yield {"model": "model-0", "limit": 1000}
    yield {"protocol": "plain", "limit": 1000}
    yield {"count": "true"}
    yield {"model": "model-0", "count": "true"}


def _batches(count: int) -> Iterator[bytes]:
    for first in range(0, count, contracts.MAX_BATCH):
        numbers = range(first, min(first + contracts.MAX_BATCH, count))
        yield orjson.dumps({"predictions": [_prediction(number) for number in numbers]})


def _prediction(number: int) -> dict[str, Any]:
    """One each millisecond: half of one busy person, half of 200 others; half of one model, half of 49 others."""
    model = 0 if number % 2 else number % 49 + 1
    person = "busy" if number % 4 < 2 else f"person-{number % 199}"
    return {
        "id": _id(number, number),
        "at": START + dt.timedelta(milliseconds=number),
        "person": person,
        "model_id": model + 1,
        "model": f"model-{model}",
        "version": f"V_{model}",
        "protocol": PROTOCOLS[number % 3],
        "rows": 1,
        "request_id": f"{number:032x}",
        "duration_ms": 1.25,
        "input": {"columns": COLUMNS, "rows": [ROW]},
        "output": [[0, [0.87654, 0.12346]]],
    }


def _id(number: int, rest: int) -> str:
    """A UUIDv7 of the prediction's millisecond."""
    milliseconds = int(START.timestamp() * 1000) + number
    return f"{milliseconds:012x}7{rest % 0xFFF:03x}8{rest:015x}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.history", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="how many predictions")
    parser.add_argument("--calls", type=int, default=5, help="of each filter")
    parser.add_argument("--url", help="of a database; without it a SQLite file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
