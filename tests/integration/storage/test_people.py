"""Who sees, uses and changes what: every kind of thing, every route, every kind of person, on both databases."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kolba.kit import settings
from kolba.kit.testing import people, pictures, servers
from kolba.storage import app
from kolba.storage import settings as storage_settings

MISSING = 999_999
NO_IMAGE = "0" * 64
NO_PREDICTION = "019b76da00007000800000000000ffff"
PEOPLE = {
    "anna": "researcher",
    "ben": "researcher",
    "cleo": "client",
    "dan": "client",
    "root": "admin",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class House:
    clients: dict[str, httpx.Client]

    def __getitem__(self, name: str) -> httpx.Client:
        return self.clients[name]


@contextlib.contextmanager
def opened(folder: pathlib.Path, url: str | None) -> Iterator[House]:
    keys_dir = folder / "keys"
    keys_dir.mkdir()
    config = settings.load(
        storage_settings.StorageSettings,
        port=0,
        data_dir=folder / "data",
        log={"directory": None, "standard_output": False},
        database={"url": url},
        auth={"keys_dir": keys_dir, "local_user": None},
    )
    office = people.Office(keys_dir, folder)
    shown: dict[str, Any] = {name: office.person(name, group) for name, group in PEOPLE.items()}
    shown |= {"worker": office.service("worker"), "nobody": None}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.running(app.create_app(config)))
        made = {
            name: stack.enter_context(httpx.Client(base_url=server.url, timeout=60, auth=auth))
            for name, auth in shown.items()
        }
        yield House(clients=made)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request, tmp_path_factory) -> Iterator[House]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(tmp_path_factory.mktemp(request.param), url) as made:
        yield made


def good(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def upload(client: httpx.Client, name: str, **query: Any) -> dict[str, Any]:
    params = {"name": name, **query}
    content = f"a,b\n1,{name}\n".encode()
    return good(client.post("/upload/dataset", params=params, content=content))


def attach(client: httpx.Client, name: str) -> dict[str, Any]:
    return good(client.post("/files", params={"name": name}, content=name.encode()))


def show(client: httpx.Client, seed: int) -> str:
    return str(good(client.post("/images", content=pictures.png(seed)))["id"])


def model_body(file: dict[str, Any], dataset: int, name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "family": "Forest",
        "bundle_file_id": file["id"],
        "bundle_sha256": file["sha256"],
        "dataset_id": dataset,
        "hyperparameters": {},
        "metrics": {},
        "signature": {"columns": []},
        "summary": {"data": {}},
        **more,
    }


def register(client: httpx.Client, dataset: int, name: str) -> dict[str, Any]:
    file = attach(client, f"{name}-bundle")
    return good(client.post("/models", json=model_body(file, dataset, name)))


def start(client: httpx.Client, **more: Any) -> dict[str, Any]:
    return good(client.post("/runs", json={"kind": "train", "parameters": {}, **more}))


def record(house: House, person: str, number: int) -> str:
    found = f"019b76da00007000800000000000{number:04x}"
    one = {
        "id": found,
        "at": "2026-01-01T00:00:00Z",
        "person": person,
        "model_id": 1,
        "model": "m",
        "version": "v",
        "protocol": "plain",
        "rows": 1,
        "price": 0,
        "request_id": "r",
        "duration_ms": 1.0,
        "input": [1],
        "output": [2],
    }
    good(house["worker"].post("/predictions", json={"predictions": [one]}))
    return found


@pytest.fixture(scope="module")
def things(house: House) -> dict[str, dict[str, Any]]:
    """Anna's: of each kind a private one, and one that is shown to `client`s."""
    anna = house["anna"]
    made: dict[str, dict[str, Any]] = {}
    for kind in ("private", "shared"):
        dataset = upload(anna, f"data-{kind}")
        model = register(anna, dataset["id"], f"model-{kind}")
        good(anna.put(f"/aliases/model-{kind}/production", json={"model_id": model["id"]}))
        file = attach(anna, f"file-{kind}")
        made[kind] = {"dataset": dataset["id"], "model": model["id"], "file": file["id"]}
        made[kind] |= {"name": f"model-{kind}", "version": model["version"]}
    for thing in ("dataset", "model", "file"):
        path = f"/{thing}s/{made['shared'][thing]}"
        shown = good(anna.patch(path, json={"shared_with": "client"}))
        assert shown["shared_with"] == "client"
    made["private"]["run"] = start(anna, parameters={"secret": "of Anna"})["id"]
    made["private"]["prediction"] = record(house, "anna", 1)
    made["private"]["image"] = show(anna, 1)
    return made


def reads(things: dict[str, Any]) -> list[str]:
    """Of things that can be shared: every path that reads one."""
    dataset, model, file = things["dataset"], things["model"], things["file"]
    name, version = things["name"], things["version"]
    return [
        *(f"/datasets/{dataset}{end}" for end in ("", "/profile", "/preview", "/download")),
        f"/datasets/{dataset}/download?format=parquet",
        *(f"/models/{model}{end}" for end in ("", "/download")),
        *(f"/files/{file}{end}" for end in ("", "/download")),
        f"/models/resolve?name={name}",
        f"/models/resolve?name={name}&reference={version}",
        f"/models/resolve?name={name}&reference=production",
        f"/aliases/{name}/production",
        f"/aliases/{name}/production/history",
    ]


def own_reads(things: dict[str, Any]) -> list[str]:
    """Of things that cannot be shared."""
    run, image = things["run"], f"/images/{things['image']}"
    return [
        f"/runs/{run}",
        f"/runs/{run}/events",
        f"/predictions/{things['prediction']}",
        *(f"{image}{end}" for end in ("", "/content", "/thumbnail", "?owner=anna")),
    ]


def nothing() -> dict[str, Any]:
    """What is not there, under the names of what is."""
    ids = dict.fromkeys(("dataset", "model", "file", "run"), MISSING)
    return {
        **ids,
        "name": "no-such-model",
        "version": "v0",
        "prediction": NO_PREDICTION,
        "image": NO_IMAGE,
    }


def told(answer: httpx.Response, things: dict[str, Any]) -> tuple[Any, ...]:
    """An answer, without what differs because another thing was asked for."""
    document = answer.json()
    for key in ("request_id", "instance"):
        document.pop(key, None)
    text = str(document)
    for key in ("name", "version", "prediction", "image", "dataset", "model", "file", "run"):
        if key in things:
            text = text.replace(str(things[key]), f"<{key}>")
    # numbers of different kinds of things may be equal
    for kind in ("dataset", "model", "file", "run"):
        text = text.replace(f"<{kind}>", "<number>")
    headers = sorted(set(answer.headers) - {"x-request-id", "date"})
    return answer.status_code, text, headers


@pytest.mark.parametrize("who", ["ben", "cleo", "dan"])
def test_what_is_private_answers_others_as_what_is_not_there(house, things, who):
    private, absent = things["private"], nothing()
    asked = zip(
        [*reads(private), *own_reads(private)], [*reads(absent), *own_reads(absent)], strict=True
    )
    for path, other in asked:
        hidden, missing = house[who].get(path), house[who].get(other)
        assert hidden.status_code == 404, path
        assert told(hidden, private) == told(missing, absent), path


@pytest.mark.parametrize("who", ["anna", "root", "worker"])
def test_owner_admin_and_services_see_what_is_private(house, things, who):
    for path in [*reads(things["private"]), *own_reads(things["private"])]:
        assert house[who].get(path).status_code == 200, path


@pytest.mark.parametrize("who", ["anna", "ben", "cleo", "dan", "root", "worker"])
def test_what_is_shared_is_seen_by_the_group_and_whoever_belongs_to_it_too(house, things, who):
    for path in reads(things["shared"]):
        assert house[who].get(path).status_code == 200, path


def test_nobody_is_told_to_sign_in_whatever_there_is(house, things):
    for path in [*reads(things["shared"]), *reads(nothing()), *own_reads(things["private"])]:
        assert house["nobody"].get(path).status_code == 401, path


@pytest.mark.parametrize(
    ("who", "sees_private"),
    [("anna", True), ("ben", False), ("dan", False), ("root", True), ("worker", True)],
)
def test_lists_and_their_totals_hold_what_one_may_see(house, things, who, sees_private):
    for kind in ("dataset", "model", "file"):
        for filters in ({}, {"owner": "anna"}):
            answer = good(house[who].get(f"/{kind}s", params={"limit": 1000, **filters}))
            ids = {one["id"] for one in answer["items"]}
            assert things["shared"][kind] in ids
            assert (things["private"][kind] in ids) == sees_private
            assert answer["total"] == len(ids)
    aliases = good(house[who].get("/aliases", params={"limit": 1000}))
    models = {one["model"] for one in aliases["items"]}
    assert "model-shared" in models
    assert ("model-private" in models) == sees_private
    assert aliases["total"] == len(aliases["items"])


@pytest.mark.parametrize(
    ("who", "sees"), [("anna", 1), ("ben", 0), ("cleo", 0), ("root", 1), ("worker", 1)]
)
def test_runs_and_predictions_are_ones_own(house, things, who, sees):
    for filters in ({}, {"owner": "anna"}):
        found = good(house[who].get("/runs", params={"limit": 1000, **filters}))
        assert sum(one["id"] == things["private"]["run"] for one in found["items"]) == sees
        assert ("of Anna" in str(found)) == bool(sees)
        assert found["total"] == len(found["items"])
    for filters in ({}, {"owner": "anna"}, {"sha256": things["private"]["image"]}):
        found = good(house[who].get("/images", params={"limit": 1000, **filters}))
        assert sum(one["id"] == things["private"]["image"] for one in found["items"]) == sees
        assert found["total"] == len(found["items"])
    for filters in ({}, {"person": "anna"}, {"model": "m"}):
        found = good(house[who].get("/predictions", params={"count": True, **filters}))
        ids = [one["id"] for one in found["items"]]
        assert (things["private"]["prediction"] in ids) == bool(sees)
        assert found["total"] == len(ids)


def changes(things: dict[str, Any]) -> list[tuple[str, str, dict[str, Any] | None]]:
    found: list[tuple[str, str, dict[str, Any] | None]] = []
    for kind in ("dataset", "model", "file"):
        path = f"/{kind}s/{things[kind]}"
        body = {"name": "x"} if kind == "file" else {"description": "x"}
        found += [("PATCH", path, body), ("PATCH", path, {"shared_with": "admin"})]
        found += [("DELETE", path, None)]
    alias = f"/aliases/{things['name']}/production"
    found += [("PUT", alias, {"version": things["version"]}), ("DELETE", alias, None)]
    return [*found, ("POST", f"{alias}/rollback", None)]


def own_changes(things: dict[str, Any]) -> list[tuple[str, str, dict[str, Any] | None]]:
    path, image = f"/runs/{things['run']}", f"/images/{things['image']}"
    return [
        ("DELETE", image, None),
        ("DELETE", f"{image}?owner=anna&unlink=true", None),
        ("PATCH", path, {"description": "x"}),
        ("POST", f"{path}/cancel", None),
        ("DELETE", path, None),
    ]


def snapshot(house: House, things: dict[str, Any]) -> list[Any]:
    paths = [*reads(things["shared"]), *reads(things["private"]), *own_reads(things["private"])]
    return [house["root"].get(path).content for path in paths if "download" not in path]


@pytest.mark.parametrize("who", ["ben", "cleo", "dan"])
def test_others_change_nothing(house, things, who):
    before = snapshot(house, things)
    private, absent = things["private"], nothing()
    pairs = zip(
        [*changes(private), *own_changes(private)],
        [*changes(absent), *own_changes(absent)],
        strict=True,
    )
    for (method, path, body), (_, other, _) in pairs:
        hidden = house[who].request(method, path, json=body)
        assert hidden.status_code == 404, (method, path, hidden.text)
        missing = house[who].request(method, other, json=body)
        assert told(hidden, private) == told(missing, absent), path
    for method, path, body in changes(things["shared"]):
        refused = house[who].request(method, path, json=body)
        assert refused.status_code == 403, (method, path, refused.text)
    assert snapshot(house, things) == before


def test_owner_and_admin_change_share_and_delete(house):
    for who in ("anna", "root"):
        dataset = upload(house["anna"], "to-change")["id"]
        path = f"/datasets/{dataset}"
        assert good(house[who].patch(path, json={"description": who}))["description"] == who
        assert good(house[who].patch(path, json={"shared_with": "client"}))["owner"] == "anna"
        assert house["cleo"].get(path).status_code == 200
        assert good(house[who].patch(path, json={"target": None}))["shared_with"] == "client"
        assert good(house[who].patch(path, json={"shared_with": None}))["shared_with"] is None
        assert house["cleo"].get(path).status_code == 404
        assert house[who].delete(path).status_code == 204


@pytest.mark.parametrize("group", ["service", "nobody", "", "Client", "x" * 1000, 5, ["client"]])
def test_a_group_that_there_is_not_cannot_be_shared_with(house, things, group):
    path = f"/datasets/{things['private']['dataset']}"
    answer = house["anna"].patch(path, json={"shared_with": group})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "shared_with"
    assert good(house["anna"].get(path))["shared_with"] is None


def test_sharing_a_model_does_not_share_its_data_nor_its_file(house):
    dataset = upload(house["anna"], "kept-data")["id"]
    model = register(house["anna"], dataset, "given-away")
    good(house["anna"].patch(f"/models/{model['id']}", json={"shared_with": "client"}))
    assert house["cleo"].get(f"/models/{model['id']}/download").status_code == 200
    assert house["cleo"].get(f"/datasets/{dataset}").status_code == 404
    files = good(house["cleo"].get("/files", params={"name": "given-away-bundle"}))
    assert files == {"items": [], "total": 0}


@pytest.mark.parametrize("who", ["ben", "cleo", "root"])
def test_the_owner_is_who_asks_whatever_a_body_says(house, things, who):
    dataset = things["shared"]["dataset"]
    file = attach(house[who], "claimed")
    bodies = {
        "/runs": {"kind": "train", "parameters": {}, "owner": "anna"},
        "/models": model_body(file, dataset, f"claimed-{who}", owner="anna"),
    }
    for path, body in bodies.items():
        refused = house[who].post(path, json=body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["type"].endswith("owner-given")
        mine = good(house[who].post(path, json={**body, "owner": who}))
        assert mine["owner"] == who
    for query in ({"owner": "anna"}, {"shared_with": "admin"}):
        found = upload(house[who], f"mine-{who}", **query)
        assert (found["owner"], found["shared_with"]) == (who, None)
    assert good(house["worker"].post("/runs", json=bodies["/runs"]))["owner"] == "anna"


def test_nobody_makes_things_of_what_they_may_not_see(house, things):
    private = things["private"]
    for field, number in (("dataset_id", private["dataset"]), ("model_id", private["model"])):
        body = {"kind": "predict", "parameters": {}}
        hidden = house["ben"].post("/runs", json={**body, field: number})
        missing = house["ben"].post("/runs", json={**body, field: MISSING})
        assert (hidden.status_code, missing.status_code) == (422, 422)
        assert told(hidden, {"dataset": number}) == told(missing, {"dataset": MISSING})
    own = attach(house["ben"], "own-bundle")
    theirs = good(house["anna"].get(f"/files/{private['file']}"))
    for file, dataset in ((own, private["dataset"]), (theirs, things["shared"]["dataset"])):
        refused = house["ben"].post("/models", json=model_body(file, dataset, "stolen"))
        assert refused.status_code == 422, refused.text
    shared = good(house["anna"].get(f"/files/{things['shared']['file']}"))
    body = model_body(shared, things["shared"]["dataset"], "stolen")
    assert house["ben"].post("/models", json=body).status_code == 403


def test_what_others_depend_on_says_so_and_not_more(house):
    dataset = upload(house["anna"], "wanted")["id"]
    good(house["anna"].patch(f"/datasets/{dataset}", json={"shared_with": "client"}))
    register(house["ben"], dataset, "bens-secret-model")
    refused = house["anna"].delete(f"/datasets/{dataset}")
    assert refused.status_code == 409
    assert "bens-secret" not in refused.text
    assert (refused.json()["dependents"], refused.json()["others"]) == ([], 1)
    assert "bens-secret" in house["root"].delete(f"/datasets/{dataset}").text


WORKERS_ROUTES = (
    ("/runs/claim", {"worker": "w"}),
    *((f"/runs/{{run}}/{verb}", {"token": "t"}) for verb in ("heartbeat", "release", "cancelled")),
    ("/runs/{run}/events", {"token": "t", "events": []}),
    ("/runs/{run}/complete", {"token": "t", "result": {}}),
    ("/runs/{run}/fail", {"token": "t", "error": {}}),
    ("/predictions", {"predictions": []}),
)


@pytest.mark.parametrize(("path", "body"), WORKERS_ROUTES)
def test_what_services_tell_storage_no_person_does(house, things, path, body):
    asked = path.format(run=things["private"]["run"])
    for who in ("anna", "cleo", "root"):
        assert house[who].post(asked, json=body).status_code == 403
    assert house["nobody"].post(asked, json=body).status_code == 401
    if "claim" not in asked:
        assert house["worker"].post(asked, json=body).status_code in (200, 204, 409)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_checkpoints_are_between_workers(house, things, method):
    asked = f"/runs/{things['private']['run']}/checkpoint"
    expected = {"anna": 403, "cleo": 403, "root": 403, "nobody": 401, "worker": 409}
    for who, status in expected.items():
        assert house[who].request(method, asked, content=b"x").status_code == status, who


def test_the_same_image_is_each_ones_own(house):
    content = pictures.png(seed=77)
    path = f"/images/{pictures.sha256(content)}"
    for who in ("anna", "ben"):
        # Not even that another has it is told.
        assert house[who].get(path).status_code == 404
        assert house[who].post("/images", content=content).status_code == 201
        assert good(house[who].get(path))["owner"] == who
    assert house["ben"].get(path, params={"owner": "anna"}).status_code == 404
    owners = {one["owner"] for one in good(house["root"].get("/images"))["items"]}
    assert {"anna", "ben"} <= owners
    assert house["ben"].delete(path).status_code == 204
    assert house["ben"].get(path).status_code == 404
    assert house["anna"].get(f"{path}/content").content == content
    assert house["root"].delete(path, params={"owner": "anna"}).status_code == 204
    assert house["anna"].get(path).status_code == 404


# --- names ------------------------------------------------------------------------------------------------------


def test_a_data_sets_name_is_whose_used_it_first(house):
    assert upload(house["anna"], "iris")["version"] == 1
    for client in (house["ben"], house["worker"]):
        refused = client.post("/upload/dataset", params={"name": "iris"}, content=b"a\n1\n")
        expected = 403 if client is house["ben"] else 201
        assert refused.status_code == expected, refused.text
    assert house["ben"].get("/datasets", params={"name": "iris"}).json()["total"] == 0
    refused = house["ben"].post("/upload/dataset", params={"name": "iris"}, content=b"a\n1\n")
    assert refused.json()["type"].endswith("name-taken")
    assert "another name" in refused.json()["detail"]
    own = upload(house["ben"], "iris", if_taken="rename")
    assert (own["name"], own["version"], own["owner"]) == ("iris-ben", 1, "ben")
    assert upload(house["ben"], "iris", if_taken="rename")["version"] == 2
    assert upload(house["root"], "iris")["name"] == "iris"
    assert upload(house["anna"], "iris")["version"] == 4


def test_a_file_that_happens_to_have_a_taken_name_gets_its_own(house):
    upload(house["anna"], "wine")
    form = {"file": ("wine.csv", b"a\n1\n", "text/csv")}
    assert good(house["ben"].post("/upload/dataset", files=form))["name"] == "wine-ben"


def test_a_name_stays_its_first_users_when_the_last_version_is_gone(house):
    gone = upload(house["anna"], "once")
    good(house["anna"].delete(f"/datasets/{gone['id']}"))
    refused = house["ben"].post("/upload/dataset", params={"name": "once"}, content=b"a\n1\n")
    assert refused.status_code == 403


def test_a_models_name_is_whose_used_it_first(house, things):
    dataset = things["shared"]["dataset"]
    register(house["anna"], dataset, "best")
    file = attach(house["ben"], "bundle")
    body = model_body(file, dataset, "best")
    refused = house["ben"].post("/models", json=body)
    assert (refused.status_code, refused.json()["type"][-10:]) == (403, "name-taken")
    assert good(house["root"].get("/models", params={"name": "best"}))["total"] == 1
    alias = house["ben"].put("/aliases/best/production", json={"version": "v"})
    missing = house["ben"].put("/aliases/worst/production", json={"version": "v"})
    assert (alias.status_code, missing.status_code) == (404, 404)


def test_of_many_who_use_a_name_at_once_one_gets_it(house):
    who = ["anna", "ben", "cleo", "dan"] * 2

    def use(name: str) -> int:
        params = {"name": "contested"}
        return house[name].post("/upload/dataset", params=params, content=b"a\n1\n").status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(use, who))
    winners = {name for name, status in zip(who, statuses, strict=True) if status == 201}
    assert len(winners) == 1
    assert sorted(statuses) == [201] * 2 + [403] * 6


def finish(house: House, run: dict[str, Any], dataset: int, asked: str) -> dict[str, Any]:
    """Let a worker take up every run there is until it has this one, and register its model."""
    while True:
        claim = good(house["worker"].post("/runs/claim", json={"worker": "w", "kinds": ["train"]}))
        if claim["run"]["id"] == run["id"]:
            break
    file = attach(house["worker"], "made")
    body = model_body(file, dataset, asked, run_id=run["id"])
    headers = {"Kolba-Lease": claim["token"]}
    made = good(house["worker"].post("/models", json=body, headers=headers))
    owner = good(house["root"].get(f"/files/{file['id']}"))["owner"]
    assert owner == made["owner"] == run["owner"]
    return made


def test_a_run_keeps_the_name_of_its_result(house, things):
    dataset = things["shared"]["dataset"]
    makes = {"kind": "model", "name": "promised"}
    run = start(house["anna"], dataset_id=dataset, makes=makes)
    assert run["result_name"] == "promised"
    refused = house["ben"].post("/runs", json={"kind": "train", "parameters": {}, "makes": makes})
    assert refused.status_code == 403
    renamed = start(house["ben"], dataset_id=dataset, makes={**makes, "if_taken": "rename"})
    assert renamed["result_name"] == "promised-ben"
    assert finish(house, run, dataset, "promised")["name"] == "promised"
    assert finish(house, renamed, dataset, "promised")["name"] == "promised-ben"


def test_a_run_without_a_kept_name_takes_nobodys(house, things):
    dataset = things["shared"]["dataset"]
    register(house["anna"], dataset, "annas-own")
    forged = start(house["ben"], dataset_id=dataset, parameters={"name": "annas-own"})
    made = finish(house, forged, dataset, "annas-own")
    assert (made["name"], made["owner"]) == ("annas-own-ben", "ben")


def test_an_admin_adds_a_version_by_a_run_too(house, things):
    dataset = things["shared"]["dataset"]
    register(house["anna"], dataset, "looked-after")
    makes = {"kind": "model", "name": "looked-after"}
    run = start(house["root"], dataset_id=dataset, makes=makes)
    made = finish(house, run, dataset, "looked-after")
    assert (made["name"], made["owner"]) == ("looked-after", "root")
    # Anna's name, but not her version
    assert house["anna"].get(f"/models/{made['id']}").status_code == 404


def test_names_and_aliases_lead_each_to_what_they_see(house, things):
    dataset = things["shared"]["dataset"]
    first, second = (register(house["anna"], dataset, "two-faced") for _ in range(2))
    alias = "/aliases/two-faced/production"
    good(house["anna"].put(alias, json={"model_id": second["id"]}))
    good(house["anna"].put(alias, json={"model_id": first["id"]}))
    resolve = "/models/resolve?name=two-faced"
    assert house["cleo"].get(resolve).status_code == 404
    good(house["anna"].patch(f"/models/{second['id']}", json={"shared_with": "client"}))
    assert good(house["anna"].get(resolve))["id"] == first["id"]
    assert good(house["cleo"].get(resolve))["id"] == second["id"]
    assert house["cleo"].get(alias).status_code == 404
    unknown = house["cleo"].get(f"{resolve}&reference=nothing").json()
    assert (unknown["versions"], unknown["aliases"]) == ([second["version"]], [])
    good(house["anna"].put(alias, json={"model_id": second["id"]}))
    moves = good(house["cleo"].get(f"{alias}/history"))
    assert [one["to_model_id"] for one in moves["items"]] == [second["id"]]
    assert good(house["anna"].get(f"{alias}/history"))["total"] == 3
    refused = house["cleo"].put(alias, json={"model_id": second["id"]})
    assert refused.status_code == 403


# --- references -------------------------------------------------------------------------------------------------


def test_a_reference_makes_one_run_however_often_it_comes(house):
    body = {"kind": "train", "parameters": {}, "reference": "once-only"}

    def ask(_: int) -> int:
        return int(good(house["anna"].post("/runs", json=body))["id"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(ask, range(20)))
    assert len(ids) == 1
    listed = good(house["anna"].get("/runs", params={"reference": "once-only"}))
    assert ([one["id"] for one in listed["items"]], listed["total"]) == (list(ids), 1)
    assert good(house["anna"].get(f"/runs/{ids.pop()}/events"))["items"][0]["sequence"] == 1


def test_anothers_reference_is_taken_and_tells_nothing(house):
    start(house["anna"], reference="annas-key", parameters={"secret": 1})
    body = {"kind": "train", "parameters": {}, "reference": "annas-key"}
    for who in ("ben", "root"):
        refused = house[who].post("/runs", json=body)
        assert (refused.status_code, refused.json()["type"][-15:]) == (409, "reference-taken")
        assert "secret" not in refused.text
    assert good(house["ben"].get("/runs", params={"reference": "annas-key"}))["total"] == 0
    again = {**body, "owner": "anna"}
    assert good(house["worker"].post("/runs", json=again))["parameters"] == {"secret": 1}


@pytest.mark.parametrize("reference", ["", " ", "a b", "x" * 256, "ключ", "a\n", 5])
def test_a_reference_is_what_a_header_carries(house, reference):
    body = {"kind": "train", "parameters": {}, "reference": reference}
    assert house["anna"].post("/runs", json=body).status_code == 422


def test_only_a_service_moves_an_alias_in_anothers_name(house, things):
    anna, worker = house["anna"], house["worker"]
    first, second = (register(anna, things["private"]["dataset"], "moved-for") for _ in range(2))
    alias = "/aliases/moved-for/production"
    good(anna.put(alias, json={"model_id": first["id"], "by": "anna"}))
    refused = anna.put(alias, json={"model_id": second["id"], "by": "ben"})
    assert refused.status_code == 422
    good(worker.put(alias, json={"model_id": second["id"], "by": "anna", "reason": "better"}))
    found = good(anna.get(f"{alias}/history"))["items"]
    assert [(one["person"], one["reason"]) for one in found] == [("anna", "better"), ("anna", "")]
    assert good(anna.get(alias))["moved_by"] == "anna"
