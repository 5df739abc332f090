"""The access matrix: every route and method of the door, asked by nobody, by an expired token, by others, by an admin.

The rows are the door's own OpenAPI document: a route that is added is in the matrix, and one whose path or body it does
not understand fails until it is told. Each route's declared requirement must be what is observed, and what is Anna's
must stay hers: nobody but her and administrators reads or changes any of it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest

OTHERS = ("carl", "rita", "reader")
REFUSED = ("nobody", "expired", "signed out")
OPEN = "nobody in particular"
JSON = {"Content-Type": "application/json"}
V2 = {
    "inputs": [
        {"name": "Sex", "shape": [1], "datatype": "BYTES", "data": ["male"]},
        {"name": "Age", "shape": [1], "datatype": "FP32", "data": [22]},
        {"name": "Fare", "shape": [1], "datatype": "FP32", "data": [7.25]},
    ]
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """How a route is asked."""

    json: Any = None
    content: bytes | None = None
    query: str = ""
    about_anna: bool = False
    """Its body names something of Anna's."""


def drawing(label: int = 1) -> list[list[float]]:
    """A stroke, as 28 rows of 28 numbers."""
    return [
        [float(6 < row < 22 and column == 12 + label) for column in range(28)] for row in range(28)
    ]


def questions(world: Any) -> dict[str, Question]:
    """What cannot be read off the OpenAPI document; every other POST, PUT and PATCH is sent `{}`."""
    things = world.things
    dataset, model = things["dataset_id"], things["model_id"]
    named = world.name
    rows, records = {"rows": [world.row]}, {"dataframe_records": [world.row]}
    return {
        "POST /scenarios/collect-and-store": Question(json={"limit": 20}),
        "POST /scenarios/train-model": Question(
            json={"dataset_id": dataset, "model_type": "KNN"}, about_anna=True
        ),
        "POST /train": Question(json={"dataset_id": dataset, "model_type": "KNN"}, about_anna=True),
        "POST /fine-tune": Question(
            json={"dataset_id": dataset, "model_id": model}, about_anna=True
        ),
        "POST /scenarios/infer-model": Question(
            json={"model_id": model, "data": [world.row]}, about_anna=True
        ),
        "POST /batch-predictions": Question(
            json={"dataset_id": dataset, "model": named}, about_anna=True
        ),
        "POST /predict": Question(json=rows),
        "POST /predict/{model}": Question(json=rows),
        "POST /v2/models/{model}/infer": Question(json=V2),
        "POST /v2/models/{model}/versions/{version}/infer": Question(json=V2),
        "POST /models/{model}/invocations": Question(json=records),
        # The default model is the only one that there is, for whoever asks.
        "POST /invocations": Question(json=records, about_anna=True),
        "POST /user-data": Question(json={"image": drawing(), "label": 3}),
        "POST /images": Question(content=b"not an image"),
        "POST /upload/dataset": Question(content=world.csv, query="?name=new"),
        "POST /files": Question(content=b"text", query="?name=new.txt"),
        "PATCH /datasets/{dataset_id}": Question(json={"description": "mine now"}),
        "PATCH /files/{file_id}": Question(json={"name": "mine-now.txt"}),
        "PATCH /models/{model_id}": Question(json={"description": "mine now"}),
        "PATCH /runs/{run_id}": Question(json={"description": "mine now"}),
        "PATCH /me": Question(json={"display_name": "Somebody"}),
        "PUT /aliases/{model}/{alias}": Question(json={"version": things["version"]}),
        "GET /models/resolve": Question(query=f"?name={named}", about_anna=True),
        "GET /history": Question(query="?person=anna"),
        "GET /history/export": Question(query="?person=anna&format=json"),
        "GET /predictions": Question(query="?person=anna"),
        "GET /predictions/export": Question(query="?person=anna&format=json"),
        "GET /runs": Question(query="?owner=anna"),
        "GET /datasets": Question(query="?owner=anna"),
        "GET /models": Question(query="?owner=anna"),
        "GET /files": Question(query="?owner=anna"),
        "GET /images": Question(query="?owner=anna"),
        "GET /user-data": Question(query="?person=anna"),
        "GET /journal": Question(query="?person=anna"),
    }


HELD_BY_ANNA = re.compile(
    r"\{(dataset_id|file_id|model_id|run_id|prediction_id|image_id|contribution_id|model|alias|version|token_id"
    r"|session_id)\}"
)
MISSING = {404}
MISSING_IN_A_BODY = {404, 422}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    template: str
    requires: str
    path: str
    """With Anna's things in it."""
    question: Question

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def is_about_anna(self) -> bool:
        return self.question.about_anna or bool(HELD_BY_ANNA.search(self.template))

    @property
    def is_about_oneself(self) -> bool:
        """Not even an administrator has anything to do there for another."""
        return self.template.startswith(("/me", "/auth"))


LAST = ("password-reset", "/auth/session", "sign-out")
"""These end sessions, the asker's own at the very end."""


def routes(world: Any) -> list[Route]:
    """Every route, what deletes last, and in an order in which deleting can succeed."""
    document = world.door.get("/openapi.json").json()
    known = questions(world)
    found = []
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            found.append(
                Route(
                    method=method.upper(),
                    template=template,
                    requires=operation["x-requires"],
                    path=template.format(**world.things),
                    question=known.pop(f"{method.upper()} {template}", Question()),
                )
            )
    assert known == {}, "the matrix asks what the door does not have"
    return sorted(found, key=_place)


def _place(route: Route) -> tuple[int, bool, bool]:
    ends = [place for place, part in enumerate(LAST, 1) if part in route.template]
    return max(ends, default=0), route.method == "DELETE", "model" not in route.template


def status_of(world: Any, who: str, route: Route) -> tuple[int, str]:
    """The status, and what was said (of a stream that does not end: nothing)."""
    asked = route.question
    options: dict[str, Any] = {"headers": dict(world.actors[who].headers)}
    if asked.content is not None:
        options["content"] = asked.content
    elif asked.json is not None or route.method in ("POST", "PUT", "PATCH"):
        options["json"] = asked.json or {}
    with world.door.stream(route.method, route.path + asked.query, **options) as answer:
        is_endless = answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, "" if is_endless else answer.read().decode("latin-1")


def may(world: Any, who: str, route: Route) -> bool:
    """Whether the route's requirement lets somebody signed in through, by the configuration."""
    requires, _, in_person = route.requires.partition(", ")
    kind, _, name = requires.partition(": ")
    if kind in (OPEN, "signed in"):
        return True
    actor = world.actors[who]
    if actor.scopes is not None and (in_person or name not in actor.scopes):
        return False
    granted = {"right": world.rights, "scenario": world.scenarios}[kind][name]
    return not {actor.group, *world.groups[actor.group]}.isdisjoint(granted)


def fault(world: Any, who: str, route: Route) -> str | None:
    """What is wrong with a cell of the matrix."""
    status, said = status_of(world, who, route)
    cell = f"{who}: {route.name} ({route.requires}) answered {status} {said[:300]}"
    if status >= 500 and "/ready" not in route.template and "ping" not in route.template:
        return cell
    if who in REFUSED and route.requires != OPEN:
        return None if status == 401 else cell
    if who not in REFUSED and not may(world, who, route):
        return None if status == 403 else cell
    if status in (401, 403):
        return cell
    if who in OTHERS:
        return cell if _leak(world, route, status, said) else None
    is_missed = status == 404 and route.is_about_anna and not route.is_about_oneself
    return cell if who == "root" and is_missed and route.method != "DELETE" else None


def _leak(world: Any, route: Route, status: int, said: str) -> bool:
    expected = MISSING_IN_A_BODY if route.question.about_anna else MISSING
    if route.is_about_anna and status not in expected:
        return True
    is_named = world.name in route.path + route.question.query + str(route.question.json)
    return world.secret in said or (not is_named and world.name in said)


def snapshot(world: Any) -> dict[str, Any]:
    """All that is Anna's, as she sees it."""
    things = world.things
    paths = [
        *(f"/{kind}s/{things[f'{kind}_id']}" for kind in ("dataset", "file", "model", "run")),
        f"/predictions/{things['prediction_id']}",
        f"/aliases/{world.name}/production",
        f"/aliases/{world.name}/production/history",
        f"/user-data/{things['contribution_id']}",
        f"/images/{things['image_id']}",
        "/user-data",
        "/images",
        "/datasets?owner=anna",
        "/files?owner=anna",
        "/models?owner=anna",
        "/runs?owner=anna",
        "/predictions",
        "/history",
        "/balance",
        "/me",
        "/me/tokens",
        "/auth/sessions",
    ]
    return {path: without(VOLATILE, world.made("anna", "GET", path)) for path in paths}


VOLATILE = "last_used_at"


def without(name: str, found: Any) -> Any:
    if isinstance(found, list):
        return [without(name, one) for one in found]
    if isinstance(found, dict):
        return {key: without(name, value) for key, value in found.items() if key != name}
    return found


def faults(world: Any, *who: str) -> Iterator[str]:
    for route in routes(world):
        for one in who:
            found = fault(world, one, route)
            if found is not None:
                yield found


@pytest.fixture(autouse=True)
def _signed_in(world: Any) -> None:
    world.sign_in()


@pytest.mark.parametrize("who", REFUSED)
def test_who_has_not_signed_in_is_told_to(world: Any, who: str) -> None:
    assert "\n".join(faults(world, who)) == ""


def test_nobody_reads_or_changes_what_is_anothers(world: Any) -> None:
    before = snapshot(world)
    assert "\n".join(faults(world, *OTHERS)) == ""
    assert snapshot(world) == before


ASSIGNED: dict[str, Any] = {
    "owner": "root",
    "person": "root",
    "by": "root",
    "group": "admin",
    "groups": ["admin"],
    "role": "admin",
    "is_admin": True,
    "scopes": ["people"],
    "balance": 10**6,
    "available": 10**6,
    "held": -(10**6),
    "price": 0,
    "state": "succeeded",
    "id": 1,
}
"""What nobody may say of themselves or of their things."""


def everybodys(world: Any) -> dict[str, Any]:
    """Whose things there are, how often, and how much everybody has; as an administrator sees it."""
    counted: dict[str, Any] = {}
    for kind in ("datasets", "files", "models", "runs"):
        page = world.made("root", "GET", f"/{kind}?owner=root&limit=1000")
        counted[kind] = [one["id"] for one in page["items"]]
    counted["predictions"] = world.made("root", "GET", "/predictions?person=root")["items"]
    counted["history"] = world.made("root", "GET", "/history?person=root")["total"]
    for one in world.made("root", "GET", "/people")["items"]:
        found = world.made("root", "GET", f"/people/{one['name']}/balance")
        counted[one["name"]] = (one["group"], found["balance"], found["held"], found["available"])
    assert len(counted) > len(("anna", "carl", "rita", "root"))
    return counted


def assigning(world: Any) -> Iterator[tuple[Route, str, dict[str, Any]]]:
    for route in routes(world):
        sends_json = route.question.content is None and route.method in ("POST", "PUT", "PATCH")
        for field, value in ASSIGNED.items() if sends_json else ():
            document = {**(route.question.json or {}), field: value}
            yield route, field, {"json": document}


def test_nobody_says_of_themselves_what_is_not_theirs_to_say(world: Any) -> None:
    before = everybodys(world)
    mine = world.made("anna", "GET", f"/datasets/{world.things['dataset_id']}")
    found = []
    for route, field, options in assigning(world):
        for who in ("carl", "anna"):
            answer = world.ask(who, route.method, route.path, **options)
            said = answer.text
            if answer.status_code >= 500 or '"owner":"root"' in said or '"person":"root"' in said:
                found.append(f"{who}: {route.name} with {field}: {answer.status_code} {said[:200]}")
    assert "\n".join(found) == ""
    assert everybodys(world) == before
    now = world.made("anna", "GET", f"/datasets/{world.things['dataset_id']}")
    assert {**now, "description": ""} == {**mine, "description": ""}


def test_an_administrator_sees_and_changes_everything(world: Any) -> None:
    """The last one: at its end what nothing depends on is gone."""
    assert "\n".join(faults(world, "root")) == ""
    assert world.ask("admin", "GET", f"/files/{world.things['file_id']}").status_code == 404
