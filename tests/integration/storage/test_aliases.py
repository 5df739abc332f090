"""Aliases over HTTP: they move, remember, and go back; and names find versions."""

from __future__ import annotations

import concurrent.futures
import urllib.parse

import pytest

HOSTILE = ["титаник", "1", "a b&c=d#e;f+g", "%2e%2e", "x'; DROP TABLE aliases; --", "{x}"]


@pytest.fixture
def register(storage, watch):
    """Registers a version of a model by name, a second after the one before."""
    dataset = storage.post("/upload/dataset", params={"name": "d"}, content=b"a,b\n1,2\n").json()
    file = storage.post("/files", params={"name": "b"}, content=b"bundle").json()

    def register_one(name="титаник"):
        watch.advance(1)
        answer = storage.post(
            "/models",
            json={
                "name": name,
                "family": "Forest",
                "bundle_file_id": file["id"],
                "bundle_sha256": file["sha256"],
                "dataset_id": dataset["id"],
                "hyperparameters": {},
                "metrics": {},
                "signature": {"columns": []},
                "summary": {"data": {}},
                "owner": "local",
            },
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return register_one


def path(model="титаник", alias="production", end=""):
    return f"/aliases/{urllib.parse.quote(model, safe='')}/{alias}{end}"


def move(storage, model, *, name="титаник", alias="production"):
    answer = storage.put(path(name, alias), json={"version": model["version"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["model_id"] == model["id"]


def roll_back(storage):
    return storage.post(path(end="/rollback"))


def lines(storage):
    """The history, the oldest first: from which version, to which, and whether that was a rollback."""
    items = storage.get(path(end="/history"), params={"sort": "id"}).json()["items"]
    return [(one["from_model_id"], one["to_model_id"], one["rollback"]) for one in items]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_alias_of_any_name_is_made_moved_listed_and_taken_away(storage, register, watch, name):
    first, second = register(name), register(name)
    move(storage, first, name=name)
    made = storage.get(path(name)).json()
    assert made == {
        "model": name,
        "alias": "production",
        "model_id": first["id"],
        "version": first["version"],
        "moved_at": watch.now().isoformat().replace("+00:00", "Z"),
        "moved_by": "local",
    }
    assert storage.put(path(name), json={"model_id": second["id"]}).status_code == 200
    move(storage, first, name=name, alias="canary")
    listed = storage.get("/aliases", params={"model": name, "sort": "alias"}).json()
    assert [one["alias"] for one in listed["items"]] == ["canary", "production"]
    assert storage.get("/aliases", params={"model": "other"}).json()["total"] == 0
    history = storage.get(path(name, end="/history")).json()
    assert history["total"] == 2
    assert history["items"][0]["from_version"] == first["version"]
    assert history["items"][0]["to_version"] == second["version"]
    assert history["items"][0]["person"] == "local"
    assert storage.delete(path(name)).status_code == 204
    assert storage.get(path(name)).status_code == 404
    assert storage.delete(path(name)).status_code == 404
    assert storage.get("/aliases").json()["total"] == 1
    assert storage.get(path(name, end="/history")).json()["total"] == 3


def test_moving_to_where_it_points_is_no_move(storage, register):
    model = register()
    for _ in range(3):
        move(storage, model)
    assert lines(storage) == [(None, model["id"], False)]


def test_a_rollback_goes_back_one_move_and_the_next_goes_further(storage, register):
    a, b, c, d = (register() for _ in range(4))
    for model in (a, b, c):
        move(storage, model)
    assert roll_back(storage).json()["model_id"] == b["id"]
    move(storage, d)
    assert roll_back(storage).json()["model_id"] == b["id"]
    assert roll_back(storage).json()["model_id"] == a["id"]
    refused = roll_back(storage)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:kolba:problem:nothing-to-go-back-to"
    assert [(to, back) for _, to, back in lines(storage)] == [
        (a["id"], False),
        (b["id"], False),
        (c["id"], False),
        (b["id"], True),
        (d["id"], False),
        (b["id"], True),
        (a["id"], True),
    ]
    assert roll_back(storage).status_code == 409
    move(storage, b)
    assert roll_back(storage).json()["model_id"] == a["id"]


def test_a_rollback_brings_back_what_was_taken_away(storage, register):
    model = register()
    assert roll_back(storage).status_code == 404
    move(storage, model)
    storage.delete(path())
    assert roll_back(storage).json()["model_id"] == model["id"]
    assert storage.get(path()).json()["model_id"] == model["id"]


def test_a_model_that_an_alias_points_to_stays(storage, register):
    a, b, c = (register() for _ in range(3))
    for model in (a, b, c):
        move(storage, model)
    refused = storage.delete(f"/models/{c['id']}")
    assert refused.status_code == 409
    assert refused.json()["dependents"][0]["kind"] == "alias"
    assert "титаник/production" in refused.json()["detail"]
    assert storage.delete(f"/models/{b['id']}").status_code == 204
    assert roll_back(storage).json()["model_id"] == a["id"]
    versions = [one["to_version"] for one in storage.get(path(end="/history")).json()["items"]]
    assert versions == [a["version"], c["version"], b["version"], a["version"]]
    assert storage.delete(f"/models/{c['id']}").status_code == 204
    assert roll_back(storage).status_code == 409


def test_a_refused_rollback_changes_nothing(storage, register):
    a, b = register(), register()
    move(storage, a)
    move(storage, b)
    storage.delete(f"/models/{a['id']}")
    for _ in range(2):
        assert roll_back(storage).status_code == 409
    assert lines(storage) == [(None, a["id"], False), (a["id"], b["id"], False)]
    assert storage.get(path()).json()["model_id"] == b["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": "none"}, "version"),
        ({"version": ""}, "version"),
        ({"version": "a\x00"}, "version"),
        ({"model_id": 999}, "model_id"),
        ({"model_id": 0}, "model_id"),
        ({"model_id": 2**63}, "model_id"),
        ({"to": "x"}, "to"),
        ("other", "model_id"),
        ("both", "version"),
    ],
    ids=str,
)
def test_a_move_to_nowhere_is_refused(storage, register, body, field):
    a, b, other = register(), register(), register("other")
    if body == "other":
        body = {"model_id": other["id"]}
    if body == "both":
        body = {"model_id": a["id"], "version": b["version"]}
    refused = storage.put(path(), json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert storage.get("/aliases").json()["total"] == 0
    assert storage.get(path(end="/history")).status_code == 404


@pytest.mark.parametrize("alias", ["Production", "1", "a" * 65, "a.b", "%00", "%20"])
def test_an_alias_has_a_plain_name(storage, register, alias):
    version = register()["version"]
    assert storage.put(path(alias=alias), json={"version": version}).status_code == 422


@pytest.mark.parametrize("model", ["%00", "..%2f..", "a%2Fb", "a%5Cb", "x" * 129, "%E2%80%AE"])
def test_a_name_that_no_model_can_have_is_refused(storage, model):
    answer = storage.put(f"/aliases/{model}/production", json={"version": "v"})
    assert answer.status_code in (404, 422)
    assert storage.get(f"/aliases/{model}/production").status_code in (404, 422)


def test_an_alias_of_an_unknown_model_is_refused_with_names(storage, register):
    register("digits")
    refused = storage.put(path("нет"), json={"version": "v"}, headers={"Accept-Language": "ru"})
    assert refused.status_code == 404
    assert refused.json()["type"] == "urn:kolba:problem:unknown-model-name"
    assert refused.json()["known"] == ["digits"]
    assert "digits" in refused.json()["detail"]


def test_moves_at_once_have_a_line_each(storage, register):
    models = [register() for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda model: move(storage, model), models))
    _assert_a_chain(storage, length=8)


def test_the_same_move_at_once_has_one_line(storage, register):
    model = register()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: move(storage, model), range(8)))
    _assert_a_chain(storage, length=1)


def test_rollbacks_at_once_go_back_one_after_another(storage, register):
    models = [register() for _ in range(6)]
    for model in models:
        move(storage, model)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(lambda _: roll_back(storage).status_code, range(7)))
    assert codes == [200] * 5 + [409] * 2
    _assert_a_chain(storage, length=11)
    assert storage.get(path()).json()["model_id"] == models[0]["id"]


def _assert_a_chain(storage, *, length):
    """Every move begins where the one before ended, and the alias points where the last one did."""
    history = lines(storage)
    assert len(history) == length
    where = None
    for begins, ends, _ in history:
        assert begins == where
        where = ends
    assert storage.get(path()).json()["model_id"] == where


# --- resolving


def resolve(storage, name="титаник", reference=None):
    query = {"name": name, **({} if reference is None else {"reference": reference})}
    return storage.get("/models/resolve", params=query)


def test_a_name_means_production_or_the_newest(storage, register):
    a, b, _ = register(), register(), register("other")
    assert resolve(storage).json() == storage.get(f"/models/{b['id']}").json()
    move(storage, a)
    assert resolve(storage).json()["id"] == a["id"]
    assert resolve(storage, reference=b["version"]).json()["id"] == b["id"]
    assert resolve(storage, reference="production").json()["id"] == a["id"]
    storage.delete(path())
    assert resolve(storage).json()["id"] == b["id"]
    assert resolve(storage, reference="production").status_code == 404


def test_an_alias_wins_over_a_version_of_that_name(storage, register):
    a, b = register(), register()
    storage.put(path(alias="x"), json={"version": a["version"]})
    assert resolve(storage, reference="x").json()["id"] == a["id"]
    assert resolve(storage, reference=b["version"]).json()["id"] == b["id"]


def test_what_is_not_found_is_answered_with_what_there_is(storage, register):
    empty = resolve(storage, "нет")
    assert empty.status_code == 404
    assert empty.json()["known"] == []
    a, b = register("{x}"), register("{x}")
    storage.put(path("{x}", "canary"), json={"version": a["version"]})
    unknown = resolve(storage, "нет")
    assert unknown.json()["type"] == "urn:kolba:problem:unknown-model-name"
    assert unknown.json()["known"] == ["{x}"]
    lost = resolve(storage, "{x}", "staging")
    assert lost.status_code == 404
    assert lost.json()["type"] == "urn:kolba:problem:unknown-version"
    assert lost.json()["versions"] == [b["version"], a["version"]]
    assert lost.json()["aliases"] == ["canary"]
    assert "staging" in lost.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"name": ""},
        {"name": "../x"},
        {"name": "a\x00"},
        {"name": "x", "reference": ""},
        {"name": "x", "reference": "a\x00"},
        {"name": "x", "reference": "r" * 97},
    ],
    ids=str,
)
def test_a_reference_that_makes_no_sense_is_refused(storage, query):
    assert storage.get("/models/resolve", params=query).status_code == 422


def expecting(storage, model, expected, **more):
    return storage.put(
        path(), json={"model_id": model["id"], "expected_model_id": expected, **more}
    )


def test_a_move_can_insist_on_where_the_alias_points(storage, register):
    a, b, c = (register() for _ in range(3))
    assert expecting(storage, a, b["id"]).json()["type"] == "urn:kolba:problem:alias-moved"
    assert storage.get(path()).status_code == 404
    assert expecting(storage, a, 0).status_code == 200
    assert expecting(storage, b, 0).status_code == 409
    assert expecting(storage, b, a["id"], reason="не хуже прежней").status_code == 200
    refused = expecting(storage, c, a["id"])
    assert refused.status_code == 409
    assert b["version"] in refused.json()["detail"]
    assert expecting(storage, b, a["id"]).status_code == 200  # it has arrived: the same call again
    assert lines(storage) == [(None, a["id"], False), (a["id"], b["id"], False)]
    newest = storage.get(path(end="/history")).json()["items"][0]
    assert newest["reason"] == "не хуже прежней"
    storage.delete(path())
    assert expecting(storage, c, b["id"]).status_code == 409
    assert expecting(storage, c, 0).status_code == 200


def test_of_many_that_expect_the_same_one_moves_it(storage, register):
    first, *others = (register() for _ in range(7))
    move(storage, first)
    with concurrent.futures.ThreadPoolExecutor(len(others)) as pool:
        answers = list(pool.map(lambda one: expecting(storage, one, first["id"]), others))
    assert sorted(one.status_code for one in answers) == [200] + [409] * (len(others) - 1)
    winner = next(one.json()["model_id"] for one in answers if one.status_code == 200)
    assert storage.get(path()).json()["model_id"] == winner
    assert lines(storage) == [(None, first["id"], False), (first["id"], winner, False)]


@pytest.mark.parametrize(
    "wrong",
    [{"expected_model_id": -1}, {"reason": "x" * 501}, {"reason": "a\0b"}, {"by": ""}],
)
def test_what_is_said_of_a_move_is_checked(storage, register, wrong):
    model = register()
    answer = storage.put(path(), json={"model_id": model["id"], **wrong})
    assert answer.status_code == 422
