"""The whole of it as processes, at a start where everyone signs in: what a person does goes through every service."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import httpx
import pytest

from kolba.kit.testing import processes, servers

MODULES = {
    "STORAGE": "kolba.storage",
    "ML_SERVICE": "kolba.ml_service",
    "WORKER": "kolba.ml_service.worker",
    "WEB_MASTER": "kolba.web_master",
}
TABLE = "Survived,Fare\n" + "".join(
    f"{number % 2},{10 * (number % 2) + number % 5}.5\n" for number in range(80)
)


class House:
    def __init__(self, folder: pathlib.Path) -> None:
        self.keys_dir = folder / "keys"
        self.password = folder / "web_master" / "first-admin-password"
        ports = {name: servers.free_port() for name in MODULES}
        self.programs = {name: self._program(name, folder, ports) for name in MODULES}

    def _program(self, name: str, folder: pathlib.Path, ports: dict[str, int]) -> processes.Program:
        told = {
            "PORT": str(ports[name]),
            "DATA_DIR": str(folder / name.lower()),
            "LOG__DIRECTORY": str(folder / "logs"),
            "AUTH__LOCAL_USER": "",
            "AUTH__KEYS_DIR": str(self.keys_dir),
        }
        if name != "STORAGE":
            told["STORAGE_URL"] = f"http://127.0.0.1:{ports['STORAGE']}"
        if name == "WEB_MASTER":
            told["ML_SERVICE_URL"] = f"http://127.0.0.1:{ports['ML_SERVICE']}"
        environment = {f"KOLBA_{name}__{field}": value for field, value in told.items()}
        return processes.Program(MODULES[name], environment, ports[name], folder / f"{name}.out")

    def sign_in(self) -> str:
        """The first administrator's token, once; with a password of their own."""
        web_master = self.programs["WEB_MASTER"].url
        name, password = self.password.read_text("utf-8").split()
        form = {"grant_type": "password", "username": name, "password": password}
        answer = httpx.post(f"{web_master}/auth/token", data=form, timeout=30)
        token = str(answer.json()["access_token"])
        change = {"current": password, "new": "correct horse battery"}
        shown = {"Authorization": f"Bearer {token}"}
        chosen = httpx.post(f"{web_master}/me/password", json=change, headers=shown, timeout=30)
        assert chosen.status_code == 204, chosen.text
        return token


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("house"))
    try:
        for program in built.programs.values():
            program.start()
        yield built
    finally:
        for program in reversed(built.programs.values()):
            program.stop()


@pytest.fixture(scope="module")
def token(house: House) -> str:
    return house.sign_in()


@pytest.fixture
def door(house: House, token: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    url = house.programs["WEB_MASTER"].url
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        yield client


def test_who_signed_in_uploads_trains_and_predicts(house: House, door: httpx.Client) -> None:
    run = _trained(door, _upload(door, "fares"))
    assert (run["state"], run["owner"]) == ("succeeded", "admin")
    answer = door.post("/predict/fares", json={"rows": [{"Fare": 11.5}, {"Fare": 1.5}]})
    assert [one["label"] for one in answer.json()["predictions"]] == [1, 0]
    shipped = processes.until(
        lambda: door.get("/predictions").json()["items"], "the prediction to be shipped"
    )
    assert shipped[0]["id"] == answer.json()["prediction_id"]


def _upload(door: httpx.Client, name: str) -> int:
    uploaded = door.post(
        f"/upload/dataset?name={name}&target=Survived",
        content=TABLE,
        headers={"Content-Type": "text/csv"},
    )
    assert (uploaded.status_code, uploaded.json()["owner"]) == (201, "admin")
    return int(uploaded.json()["id"])


def _trained(door: httpx.Client, dataset: int) -> dict[str, object]:
    wanted = {"dataset_id": dataset, "model_type": "KNN"}
    started = door.post("/scenarios/train-model", json=wanted)
    assert started.status_code == 202, started.text
    run = started.json()["run_id"]
    return processes.until(lambda: _ended(door, run), "the training's end", seconds=120)


def _ended(door: httpx.Client, run_id: int) -> dict[str, object] | None:
    run: dict[str, object] = door.get(f"/runs/{run_id}").json()
    return run if run["state"] in ("succeeded", "failed", "cancelled") else None


@pytest.mark.parametrize("service", ["STORAGE", "ML_SERVICE"])
def test_nobody_passes_by_the_door(house: House, token: str, service: str) -> None:
    for path in ("/runs/1", "/models/1") if service == "STORAGE" else ("/families",):
        address = f"{house.programs[service].url}{path}"
        assert httpx.get(address).status_code == 401
        refused = httpx.get(address, headers={"Authorization": f"Bearer {token}"})
        assert (refused.status_code, refused.json()["reason"]) == (
            401,
            "it was made for something else",
        )


def test_a_service_whose_key_is_taken_away_makes_another_and_works_on(
    house: House, door: httpx.Client
) -> None:
    folder = house.keys_dir / "worker"
    (former,) = folder.iterdir()
    former.unlink()
    processes.until(lambda: any(folder.glob("*.json")), "another key")
    assert not former.exists()
    assert _trained(door, _upload(door, "again"))["state"] == "succeeded"
