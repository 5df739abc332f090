"""Who may use which model at the ML service's own port, which keeps loaded models for everybody."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from kolba.kit.testing import people, processes

MISSING = 999_999
ROW = {"Pclass": 3, "Sex": 1, "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": 2}
PEOPLE = {"anna": "researcher", "ben": "researcher", "cleo": "client", "root": "admin"}
Asked = tuple[str, str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Signed:
    """Clients of the ML service and of storage, by the name of who asks."""

    ml: dict[str, httpx.Client]
    storage: dict[str, httpx.Client]
    passengers: bytes

    def wait(self, run_id: int) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            run = good(self.storage["root"].get(f"/runs/{run_id}"))
            return run if run["state"] in ("succeeded", "failed", "cancelled") else None

        found: dict[str, Any] = processes.until(ended, f"run {run_id} to end")
        assert found["state"] == "succeeded", found
        return found

    def upload(self, who: str, name: str) -> int:
        answer = self.storage[who].post(
            "/upload/dataset", params={"name": name}, content=self.passengers
        )
        return int(good(answer)["id"])

    def train(self, who: str, dataset_id: int, **more: Any) -> dict[str, Any]:
        body = {"dataset_id": dataset_id, "model_type": "LogisticRegression", **more}
        return dict(good(self.ml[who].post("/train", json=body)))

    def share(self, kind: str, number: int, group: str | None) -> None:
        good(self.storage["anna"].patch(f"/{kind}s/{number}", json={"shared_with": group}))


def good(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def signed(
    tmp_path_factory: pytest.TempPathFactory, build_house: Any, some_passengers: str
) -> Iterator[Signed]:
    """Storage, the ML service and a worker that know nobody but by their tokens."""
    folder = tmp_path_factory.mktemp("signed")
    keys_dir = folder / "keys"
    keys_dir.mkdir()

    built = build_house(folder, {"AUTH__KEYS_DIR": str(keys_dir), "AUTH__LOCAL_USER": ""})
    built.ml.environment["KOLBA_ML_SERVICE__SERVING__REVALIDATE_SECONDS"] = "0.2"
    programs = [built.storage, built.ml, built.worker("worker")]
    office = people.Office(keys_dir, folder / "private")
    shown: dict[str, Any] = {name: office.person(name, group) for name, group in PEOPLE.items()}
    shown |= {"service": office.service("web_master"), "nobody": None}
    with contextlib.ExitStack() as stack:
        for program in programs:
            stack.callback(program.stop)
            program.start()

        def clients(url: str) -> dict[str, httpx.Client]:
            return {
                name: stack.enter_context(httpx.Client(base_url=url, timeout=60, auth=auth))
                for name, auth in shown.items()
            }

        yield Signed(
            ml=clients(built.ml.url),
            storage=clients(built.storage.url),
            passengers=some_passengers.encode(),
        )


@pytest.fixture(scope="module")
def made(signed: Signed) -> dict[str, Any]:
    """Anna's data set, run and model, all private."""
    dataset = signed.upload("anna", "passengers")
    run = signed.wait(signed.train("anna", dataset)["id"])
    assert run["owner"] == "anna"
    model = good(signed.storage["anna"].get(f"/models/{run['model_id']}"))
    assert (model["owner"], model["name"]) == ("anna", "passengers")
    ids = {"dataset": dataset, "run": run["id"], "model": model["id"]}
    return {**ids, "name": model["name"], "version": model["version"]}


def nothing() -> dict[str, Any]:
    ids = dict.fromkeys(("dataset", "run", "model"), MISSING)
    return {**ids, "name": "no-such-model", "version": "v0"}


def uses(things: dict[str, Any]) -> list[Asked]:
    """Every way to use or to look at a model."""
    model, name, version = things["model"], things["name"], things["version"]
    return [
        ("GET", f"/models/{model}", None),
        ("POST", "/infer", {"model_id": model, "data": ROW}),
        ("POST", f"/predict/{name}", {"rows": [ROW]}),
        ("POST", f"/predict/{name}@{version}", {"rows": [ROW]}),
        ("POST", f"/models/{name}/invocations", {"dataframe_records": [ROW]}),
        ("POST", f"/v2/models/{name}/infer", tensor()),
        ("POST", f"/v2/models/{name}/versions/{version}/infer", tensor()),
        ("GET", f"/v2/models/{name}", None),
        ("GET", f"/v2/models/{name}/versions/{version}", None),
        ("GET", f"/v2/models/{name}/ready", None),
        ("GET", f"/v2/models/{name}/versions/{version}/ready", None),
        ("GET", f"/models/{name}/ping", None),
        ("POST", f"/v2/repository/models/{name}/load", None),
    ]


def rest(things: dict[str, Any]) -> list[Asked]:
    """What else there is to ask of another's things."""
    training = {"dataset_id": things["dataset"], "model_type": "LogisticRegression"}
    return [
        ("POST", f"/v2/repository/models/{things['name']}/unload", None),
        ("POST", "/batch-predictions", {"model": things["name"], "dataset_id": things["dataset"]}),
        ("POST", "/train", training),
        ("GET", f"/progress/{things['run']}", None),
        ("POST", f"/runs/{things['run']}/cancel", None),
    ]


def tensor() -> dict[str, Any]:
    values = [3, 1, 22, 1, 0, 7.25, 2]
    return {"inputs": [{"name": "X", "shape": [1, 7], "datatype": "FP32", "data": values}]}


def told(answer: httpx.Response, things: dict[str, Any]) -> tuple[int, str]:
    """Without what differs because another thing was asked for."""
    document = answer.json()
    for key in ("request_id", "instance"):
        document.pop(key, None)
    text = str(document)
    for key in ("name", "version"):
        text = text.replace(str(things[key]), f"<{key}>")
    for key in ("dataset", "model", "run"):
        text = text.replace(f" {things[key]}", " <number>")
    return answer.status_code, text


def test_before_and_after_it_is_loaded_a_private_model_is_not_there_for_others(signed, made):
    absent = nothing()
    for is_loaded in (False, True):
        if is_loaded:
            for method, path, body in uses(made):
                assert signed.ml["anna"].request(method, path, json=body).status_code == 200, path
        pairs = zip([*uses(made), *rest(made)], [*uses(absent), *rest(absent)], strict=True)
        for (method, path, body), (_, other, missing) in pairs:
            for who in ("ben", "cleo"):
                hidden = signed.ml[who].request(method, path, json=body)
                unknown = signed.ml[who].request(method, other, json=missing)
                assert hidden.status_code == 404, (who, path, hidden.text)
                assert told(hidden, made) == told(unknown, absent), path


@pytest.mark.parametrize("who", ["root", "service"])
def test_admins_and_services_use_it(signed, made, who):
    for method, path, body in uses(made):
        assert signed.ml[who].request(method, path, json=body).status_code == 200, path
    assert signed.ml[who].get(f"/progress/{made['run']}").status_code == 200


def test_nobody_signs_in_first(signed, made):
    for method, path, body in [*uses(made), *rest(made)]:
        assert signed.ml["nobody"].request(method, path, json=body).status_code == 401, path


@pytest.mark.parametrize(("who", "sees"), [("anna", True), ("ben", False), ("root", True)])
@pytest.mark.parametrize("body", [None, {"ready": True}])
def test_the_index_and_the_list_hold_what_one_may_use(signed, made, who, sees, body):
    good(signed.ml["anna"].post("/infer", json={"model_id": made["model"], "data": ROW}))
    index = good(signed.ml[who].post("/v2/repository/index", json=body))
    listed = good(signed.ml[who].get("/models"))
    for names in ([one["name"] for one in index], [one["name"] for one in listed["items"]]):
        assert (made["name"] in names) == sees


def test_the_default_model_is_the_only_one_that_one_sees(signed, made):
    body = {"dataframe_records": [ROW]}
    assert signed.ml["anna"].post("/invocations", json=body).status_code == 200
    refused = signed.ml["cleo"].post("/invocations", json=body)
    assert refused.status_code == 404
    assert made["name"] not in refused.text


def test_the_web_masters_batches_are_no_persons_business(signed, made):
    path = f"/models/{made['model']}/batch"
    for who in ("anna", "ben", "root"):
        assert signed.ml[who].post(path, content=b"x").status_code == 403
    assert signed.ml["nobody"].post(path, content=b"x").status_code == 401
    assert signed.ml["service"].post(path, content=b"x").status_code == 422


def eventually(signed: Signed, who: str, status: int, model_id: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        answer = signed.ml[who].post("/infer", json={"model_id": model_id, "data": ROW})
        if answer.status_code == status:
            return
        assert time.monotonic() < deadline, f"still {answer.status_code}: {answer.text}"
        time.sleep(0.05)


def test_what_is_shared_is_used_but_not_unloaded_by_others_until_it_is_taken_back(signed, made):
    signed.share("model", made["model"], "client")
    for method, path, body in uses(made):
        assert signed.ml["cleo"].request(method, path, json=body).status_code == 200, path
    unload = f"/v2/repository/models/{made['name']}/unload"
    assert signed.ml["cleo"].post(unload).status_code == 403
    assert signed.ml["cleo"].get(f"/models/{made['name']}/ping").status_code == 200
    signed.share("model", made["model"], None)
    eventually(signed, "cleo", 404, made["model"])
    assert signed.ml["anna"].post(unload).status_code == 200
    assert signed.ml["anna"].post(f"/v2/repository/models/{made['name']}/load").status_code == 200


def test_a_model_of_anothers_data_is_ones_own_and_called_so(signed, made):
    signed.share("dataset", made["dataset"], "researcher")
    try:
        refused = signed.ml["ben"].post(
            "/train",
            json={
                "dataset_id": made["dataset"],
                "model_type": "LogisticRegression",
                "name": "passengers",
            },
        )
        assert (refused.status_code, refused.json()["type"][-10:]) == (403, "name-taken")
        queued = signed.train("ben", made["dataset"])
        assert queued["result_name"] == "passengers-ben"
        run = signed.wait(queued["id"])
    finally:
        signed.share("dataset", made["dataset"], None)
    model = good(signed.storage["ben"].get(f"/models/{run['model_id']}"))
    assert (model["name"], model["owner"]) == ("passengers-ben", "ben")
    assert good(signed.ml["ben"].post("/predict/passengers-ben", json={"rows": [ROW]}))
    assert signed.ml["anna"].get(f"/models/{model['id']}").status_code == 404
    batch = good(
        signed.ml["root"].post(
            "/batch-predictions", json={"model": "passengers-ben", "dataset_id": made["dataset"]}
        )
    )
    answers = signed.wait(batch["id"])["result"]
    assert good(signed.storage["root"].get(f"/datasets/{answers['dataset_id']}"))["owner"] == "root"


@pytest.mark.parametrize("kind", ["/train", "/batch-predictions"])
def test_a_key_makes_one_run_however_often_it_comes(signed, made, kind):
    body: dict[str, Any] = {"dataset_id": made["dataset"]}
    body |= {"model": made["name"]} if "batch" in kind else {"model_type": "LogisticRegression"}
    headers = {"Idempotency-Key": f"key-of{kind}"}
    first, again = (good(signed.ml["anna"].post(kind, json=body, headers=headers)) for _ in "12")
    assert first["id"] == again["id"]
    assert first["reference"] == f"key-of{kind}"
    other = good(signed.ml["anna"].post(kind, json=body, headers={"Idempotency-Key": f"2{kind}"}))
    assert other["id"] != first["id"]
    taken = signed.ml["root"].post(kind, json=body, headers=headers)
    assert (taken.status_code, taken.json()["type"][-15:]) == (409, "reference-taken")
    bad = signed.ml["anna"].post(kind, json=body, headers={"Idempotency-Key": "a b"})
    assert bad.status_code == 422
