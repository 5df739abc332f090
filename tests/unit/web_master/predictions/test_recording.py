"""Recording and shipping: nothing is lost and nothing counts twice."""

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import pathlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import orjson
import pytest

from kolba.contracts import predictions
from kolba.kit import errors
from kolba.kit.db import engine
from kolba.web_master import models as web_master_models
from kolba.web_master.ledger import charging
from kolba.web_master.predictions import coalescer, delivery, recording, repository, shipping


@pytest.fixture
def outbox(tmp_path: pathlib.Path) -> repository.Outbox:
    database = engine.connect(f"sqlite:///{tmp_path / 'outbox.db'}")
    web_master_models.Base.metadata.create_all(database.engine)
    return repository.Outbox(database)


def entry(identifier: str) -> recording.Entry:
    return recording.Entry(
        id=identifier,
        at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        started=time.perf_counter(),
        person="local",
        model_id=1,
        model="titanic",
        version="RandomForest_20261120_120000",
        protocol="plain",
        request_id="r",
        classes=(0, 1),
        input=orjson.Fragment(b'{"rows":[{"Sex":"male"}]}'),
        input_truncated=False,
    )


async def request(identifier: str) -> coalescer.Request:
    return coalescer.Request(
        features=np.zeros((1, 1), np.float32),
        entry=entry(identifier),
        deadline=0.0,
        timeout_seconds=1.0,
    )


class Funds:
    async def refusal(self, person: str, charge: charging.Charge) -> errors.KolbaError:
        raise AssertionError("nothing here costs anything")


@pytest.fixture
def journal(commits: recording.Commits, tmp_path: pathlib.Path) -> Iterator[recording.Journal]:
    with delivery.Marks(tmp_path / "marks") as marks:
        yield recording.Journal(commits, delivery.Deliveries(marks), Funds())


ANSWER = coalescer.Answers(labels=np.array([1]), probabilities=np.array([[0.25, 0.75]]))


@pytest.fixture(params=["in a thread", "in place"])
def commits(
    request: pytest.FixtureRequest, outbox: repository.Outbox
) -> Iterator[recording.Commits]:
    if request.param == "in place":
        with contextlib.closing(repository.InPlace(outbox._database)) as in_place:
            yield recording.CommitInPlace(in_place)
    else:
        with contextlib.closing(recording.GroupCommit(outbox)) as grouped:
            yield grouped


async def test_what_is_recorded_is_a_whole_prediction(
    outbox: repository.Outbox, journal: recording.Journal
) -> None:
    await journal.record([(await request("0" * 32), ANSWER)])
    (stored,), more = outbox.oldest(max_predictions=10, max_bytes=10**7)
    assert not more
    batch = predictions.PredictionBatch.model_validate_json(shipping.document([stored]))
    (prediction,) = batch.predictions
    assert prediction.output == [[1, [0.25, 0.75]]]
    assert prediction.input == {"rows": [{"Sex": "male"}]}
    assert prediction.rows == 1


async def test_pictures_are_recorded_with_their_names(
    outbox: repository.Outbox, journal: recording.Journal
) -> None:
    asked = await request("0" * 32)
    pictures = recording.Pictures.of([b"one", b"two"], rows=5)
    asked.entry = asked.entry._replace(pictures=pictures, input=pictures.as_input())
    await journal.record([(asked, ANSWER), (await request("1" * 32), ANSWER)])
    (stored,), _ = outbox.oldest(max_predictions=10, max_bytes=10**7)
    batch = predictions.PredictionBatch.model_validate_json(shipping.document([stored]))
    drawn, table = batch.predictions
    assert drawn.input == {"images": 5}
    assert drawn.images == [hashlib.sha256(one).hexdigest() for one in (b"one", b"two")]
    assert [base64.b64decode(one) for one in drawn.pictures] == [b"one", b"two"]
    assert (table.images, table.pictures) == ([], [])
    assert b"pictures" not in stored.predictions.split(b"1" * 32)[1]


class Writer:
    """An outbox that does what `write` does."""

    def __init__(self, write: Callable[[Sequence[repository.Batch]], None]) -> None:
        self._write = write

    def append(self, batches: Sequence[repository.Batch]) -> list[repository.Recorded | None]:
        self._write(batches)
        return [None for _ in batches]

    def remove(self, ids: Sequence[int]) -> None:
        raise NotImplementedError

    def settle(self, ids: Sequence[int]) -> None:
        raise NotImplementedError


async def test_those_who_come_during_a_write_share_the_next_one() -> None:
    groups: list[int] = []
    writing = threading.Event()

    def write(batches: Sequence[repository.Batch]) -> None:
        groups.append(len(batches))
        writing.wait(1)

    commits = recording.GroupCommit(Writer(write))
    batch = repository.Batch(documents=[])
    first = asyncio.create_task(commits.commit(batch))
    await asyncio.sleep(0.05)
    others = [asyncio.create_task(commits.commit(batch)) for _ in range(5)]
    await asyncio.sleep(0.05)
    assert not first.done()
    writing.set()
    await asyncio.gather(first, *others)
    commits.close()
    assert groups == [1, 5]


async def test_a_write_that_fails_fails_its_group_and_only_that() -> None:
    outcomes: list[Exception | None] = [OSError("disk full"), None]

    def write(_: Sequence[repository.Batch]) -> None:
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    commits = recording.GroupCommit(Writer(write))
    batch = repository.Batch(documents=[])
    with pytest.raises(OSError, match="disk full"):
        await commits.commit(batch)
    await commits.commit(batch)
    commits.close()


class Storage:
    """Takes predictions by their id; can be away, or take them and fail to say so."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.away = False
        self.answer_lost = False
        self.refuses = ""

    async def deliver(self, document: bytes) -> None:
        if self.away:
            raise errors.ServiceUnavailable(service="storage")
        if self.refuses and self.refuses.encode() in document:
            raise errors.RemoteProblem(service="storage", status=422, document={})
        for prediction in orjson.loads(document)["predictions"]:
            self.known[prediction["id"]] = self.known.get(prediction["id"], 0) + 1
        if self.answer_lost:
            self.answer_lost = False
            raise errors.ServiceUnavailable(service="storage")


PACE = shipping.Pace(
    interval_seconds=0.01, max_predictions=3, max_bytes=10**6, max_backoff_seconds=0.05
)


async def test_the_outbox_empties_in_order_and_in_bounded_deliveries(
    outbox: repository.Outbox, commits: recording.Commits, journal: recording.Journal
) -> None:
    for number in range(8):
        await journal.record([(await request(f"{number:032x}"), ANSWER)])
    storage = Storage()
    shipper = shipping.Shipper(outbox, commits, storage.deliver, PACE)
    assert await shipper.ship()
    assert sorted(storage.known) == [f"{number:032x}" for number in range(3)]
    await shipper.ship_all()
    assert len(storage.known) == 8
    assert outbox.waiting() == 0


async def test_a_delivery_is_bounded_in_bytes_but_holds_a_whole_trip(
    outbox: repository.Outbox, commits: recording.Commits, journal: recording.Journal
) -> None:
    for number in range(4):
        await journal.record([(await request(f"{number:032x}"), ANSWER)])
    (first, *_), _ = outbox.oldest(max_predictions=10, max_bytes=10**6)
    for bytes_of, expected in ((2, 2), (0.5, 1)):
        size = int(len(first.predictions) * bytes_of) + 1
        found, more = outbox.oldest(max_predictions=10, max_bytes=size)
        assert (len(found), more) == (expected, True)


async def test_predictions_wait_while_storage_is_away_and_arrive_when_it_is_back(
    outbox: repository.Outbox, commits: recording.Commits, journal: recording.Journal
) -> None:
    storage = Storage()
    storage.away = True
    task = asyncio.create_task(shipping.Shipper(outbox, commits, storage.deliver, PACE).run())
    await journal.record([(await request("a" * 32), ANSWER)])
    await asyncio.sleep(0.1)
    assert outbox.waiting() == 1
    storage.away, storage.answer_lost = False, True
    for _ in range(500):
        if not outbox.waiting():
            break
        await asyncio.sleep(0.01)
    assert outbox.waiting() == 0
    task.cancel()
    # It was delivered twice, because the first answer was lost: storage knows it by its id.
    assert storage.known == {"a" * 32: 2}


async def test_what_storage_refuses_is_set_aside_and_the_rest_arrives(
    outbox: repository.Outbox, commits: recording.Commits, journal: recording.Journal
) -> None:
    for number in range(5):
        await journal.record([(await request(f"{number:032x}"), ANSWER)])
    storage = Storage()
    storage.refuses = f"{2:032x}"
    await shipping.Shipper(outbox, commits, storage.deliver, PACE).ship_all()
    assert sorted(storage.known) == [f"{number:032x}" for number in (0, 1, 3, 4)]
    assert outbox.waiting() == 1


@pytest.mark.parametrize("status", [401, 403, 404, 421, 429, 503])
async def test_a_refusal_that_is_not_about_the_data_sets_nothing_aside(
    outbox: repository.Outbox, commits: recording.Commits, journal: recording.Journal, status: int
) -> None:
    await journal.record([(await request("a" * 32), ANSWER)])

    async def refuse(_: bytes) -> None:
        raise errors.RemoteProblem(service="storage", status=status, document={})

    with pytest.raises(errors.RemoteProblem):
        await shipping.Shipper(outbox, commits, refuse, PACE).ship_all()
    storage = Storage()
    await shipping.Shipper(outbox, commits, storage.deliver, PACE).ship_all()
    assert storage.known == {"a" * 32: 1}


async def test_the_log_is_copied_aside_while_storage_is_away(
    outbox: repository.Outbox,
    commits: recording.Commits,
    journal: recording.Journal,
    tmp_path: pathlib.Path,
) -> None:
    storage = Storage()
    storage.away = True
    shipper = shipping.Shipper(outbox, commits, storage.deliver, PACE)
    log = tmp_path / "outbox.db-wal"
    begun = log.stat().st_size  # what making the tables wrote
    for _ in range(300):
        await journal.record([(await request("a" * 32), ANSWER)])
        with contextlib.suppress(errors.ServiceUnavailable):
            await shipper.ship_all()
    assert log.stat().st_size < begun + 100_000
