"""The history of predictions over HTTP."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import itertools

import pytest

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PEOPLE = ("анна", "boris")
MODELS = ("титаник", "digits")
PROTOCOLS = ("plain", "v2", "mlflow")


def identifier(number):
    milliseconds = int(START.timestamp() * 1000) + number * 1000
    return f"{milliseconds:012x}70008000{number:012x}"


def prediction(number, **changes):
    """One each second."""
    model = number % 3 % 2
    return {
        "id": identifier(number),
        "at": (START + dt.timedelta(seconds=number)).isoformat(),
        "person": PEOPLE[number % 5 % 2],
        "model_id": model * 2 + number % 2 + 1,
        "model": MODELS[model],
        "version": f"V_{number % 2}",
        "protocol": PROTOCOLS[number % 7 % 3],
        "rows": 1,
        "request_id": f"r-{number}",
        "duration_ms": 1.5,
        "input": {"rows": [["a\x00b", 1.5, None, "я"]]},
        "output": [[0, [0.25, 0.75]]],
        **changes,
    }


def add(storage, numbers):
    answer = storage.post("/predictions", json={"predictions": [prediction(n) for n in numbers]})
    assert answer.status_code == 200
    return answer.json()


def numbers_of(answer):
    assert answer.status_code == 200, answer.text
    return [int(one["request_id"][2:]) for one in answer.json()["items"]]


def test_one_comes_back_as_it_went(storage):
    add(storage, [3])
    shown = storage.get(f"/predictions/{identifier(3)}").json()
    sent = prediction(3, price=0, input_truncated=False, images=[])
    assert dt.datetime.fromisoformat(shown.pop("at")) == dt.datetime.fromisoformat(sent.pop("at"))
    assert shown == sent
    missing = storage.get(f"/predictions/{identifier(4)}", headers={"Accept-Language": "ru"})
    assert missing.status_code == 404
    assert missing.json()["type"] == "urn:kolba:problem:unknown-prediction"
    assert identifier(4) in missing.json()["detail"]
    assert storage.get("/predictions/nonsense").status_code == 422


def test_what_arrives_twice_counts_once(storage):
    assert add(storage, range(10)) == {"new": 10, "known": 0}
    assert add(storage, range(10)) == {"new": 0, "known": 10}
    assert add(storage, [*range(5, 15), 14, 14]) == {"new": 5, "known": 7}
    assert add(storage, []) == {"new": 0, "known": 0}
    assert storage.get("/predictions", params={"count": "true"}).json()["total"] == 15


def test_batches_at_once_do_not_count_anything_twice(storage):
    """In opposite orders, which would go round in a circle of locks."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        orders = [range(300), range(299, -1, -1)] * 4
        answers = list(pool.map(lambda order: add(storage, order), orders))
    assert sum(one["new"] for one in answers) == 300
    assert sum(one["known"] for one in answers) == 300 * 7
    assert storage.get("/predictions", params={"count": "true"}).json()["total"] == 300


def test_one_fault_keeps_out_the_whole_batch(storage):
    items = [prediction(0), prediction(1), prediction(2, at="2026-01-01T00:00:00")]
    refused = storage.post("/predictions", json={"predictions": items})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "predictions.2.at"
    assert storage.get("/predictions").json() == {"items": [], "next": None, "total": None}
    items[2] = prediction(2)
    assert storage.post("/predictions", json={"predictions": items}).json()["new"] == 3


def test_a_batch_may_be_larger_than_other_bodies_but_not_boundless(storage):
    large = prediction(0, input="x" * 11_000_000, input_truncated=True)
    assert storage.post("/predictions", json={"predictions": [large]}).json()["new"] == 1
    huge = storage.post("/predictions", content=b" " * 100_000_001)
    assert huge.status_code == 413
    assert huge.json()["type"] == "urn:kolba:problem:body-too-large"


@pytest.mark.parametrize(
    "names",
    [
        names
        for size in range(6)
        for names in itertools.combinations(
            ("person", "model", "model_id", "version", "protocol"), size
        )
    ],
    ids="-".join,
)
def test_every_filter_shows_what_passes_the_newest_first(filled, names):
    """Against the plainest way of doing it, page by page."""
    pattern = prediction(196)
    wanted = {name: pattern[name] for name in names}
    expected = [
        number
        for number in range(199, -1, -1)
        if all(prediction(number)[name] == value for name, value in wanted.items())
    ]
    seen, before = [], None
    while True:
        query = {**wanted, "limit": 7, "count": "true", **({"before": before} if before else {})}
        answer = filled.get("/predictions", params=query)
        seen += numbers_of(answer)
        assert answer.json()["total"] == len(expected)
        before = answer.json()["next"]
        if before is None:
            break
    assert seen == expected
    assert expected


@pytest.mark.parametrize("extra", [{}, {"person": "анна"}], ids=["all", "one"])
def test_a_time_and_a_cursor_bound_the_page(filled, extra):
    def ask(**query):
        answer = filled.get("/predictions", params={**extra, **query, "limit": 1000})
        return [n for n in numbers_of(answer) if n is not None]

    passing = ask()
    since, until = (START + dt.timedelta(seconds=n) for n in (50, 100))
    assert ask(since=since.isoformat()) == [n for n in passing if n >= 50]
    assert ask(until=until.isoformat()) == [n for n in passing if n < 100]
    moscow = dt.timezone(dt.timedelta(hours=3))
    both = {"since": since.isoformat(), "until": until.astimezone(moscow).isoformat()}
    assert ask(**both) == [n for n in passing if 50 <= n < 100]
    assert ask(after=identifier(150)) == [n for n in passing if n > 150]
    assert ask(before=identifier(20)) == [n for n in passing if n < 20]
    assert ask(before=identifier(160), after=identifier(150)) == [
        n for n in passing if 150 < n < 160
    ]
    assert ask(since=until.isoformat(), until=since.isoformat()) == []
    assert ask(since="0001-01-01T00:00:00Z", until="9999-12-31T23:59:59Z") == passing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("since", "2026-01-01T00:00:00"),
        ("until", "now"),
        ("before", "x"),
        ("before", "F" * 32),
        ("after", identifier(1)[:-1]),
        ("after", "' OR 1=1 --"),
        ("model_id", "-1"),
        ("model_id", str(2**63)),
        ("protocol", "soap"),
        ("person", "a\x00b"),
        ("model", "m" * 129),
        ("version", "v\x00"),
        ("count", "perhaps"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(storage, name, value):
    answer = storage.get("/predictions", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith(name)


def test_a_filter_that_nothing_passes_is_an_empty_page(filled):
    for wanted in ({"person": "%"}, {"model": "' OR 1=1 --"}, {"version": "V_0", "model_id": 99}):
        assert numbers_of(filled.get("/predictions", params=wanted)) == []


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request, tmp_path_factory):
    """Two hundred predictions of every kind, which no test changes."""
    serve = request.getfixturevalue("serve_storage")
    with serve(request.param, tmp_path_factory.mktemp("filled")) as client:
        add(client, range(200))
        yield client
