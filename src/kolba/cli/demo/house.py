"""`kolba init` (`./init.sh`): a house with people in it, ready to be looked at.

Every step asks first whether it is done, so that a second call changes nothing, and one that broke off goes on.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from kolba.cli import operating, terminal
from kolba.cli.demo import api, steps, story
from kolba.cli.embedded import control, layout

ADMIN, RESEARCHER, CLIENT = "demo-admin", "demo-researcher", "demo-client"
GROUPS = {ADMIN: "admin", RESEARCHER: "researcher", CLIENT: "client"}
CREDITS = 1000
PRICE = 1
"""Credits for each row that the demonstration's model answers."""
FAMILY = "RandomForest"
PASSWORDS = "demo-passwords"


def run(places: layout.Layout, *, port_offset: int) -> int:
    """Start the set of `places` where it does not run, and fill it; the exit code. It runs on."""
    try:
        state = _a_set(places, port_offset)
        _fill(places, state)
    except steps.Failed as failure:
        terminal.complain(f"{failure.service}: {failure}")
        terminal.complain(f"Its log is {places.log_file(failure.service)}")
        return 1
    except (control.StartFailed, OSError) as failure:
        terminal.complain(failure)
        return 1
    return 0


def _a_set(places: layout.Layout, port_offset: int) -> layout.SetState:
    try:
        state = control.running(places)
    except control.NotRunning:
        with steps.stepping("Starting the services", "launcher") as step:
            launcher = control.start(places, port_offset=port_offset)
            try:
                state = control.wait_until_well(places, launcher)
            except (control.StartFailed, KeyboardInterrupt):
                control.stop(places)
                raise
            step.done(f"{len(state.programs)} services are up")
    else:
        terminal.output.print(f"Kolba is already running on {places.data_dir}; using it.")
    return state


@dataclasses.dataclass(frozen=True, kw_only=True)
class People:
    """The three of them, signed in."""

    admin: api.Api
    researcher: api.Api
    client: api.Api


def _fill(places: layout.Layout, state: layout.SetState) -> None:
    kept = Passwords(places.data_dir / PASSWORDS)
    new = _add_people(places, kept)
    with _signed_in(state, kept) as people:
        model = _shared_model(people.client)
        if model is None:
            model = _make_model(people)
        _give_credits(people, model)
        _predict(people, model)
    address = state.program("web_master").address
    terminal.output.print(f"Kolba is up with the demonstration: [bold]{address}[/bold]")
    for name, password in new.items():
        terminal.output.print(f"  {name:<18}{password}", markup=False)
    terminal.output.print(f"The passwords are in {kept.path}", markup=False, soft_wrap=True)


class Passwords:
    """The file that only its owner can read: a name and a password in each line."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        if not self.path.exists():
            return {}
        lines = self.path.read_text("utf-8").splitlines()
        return dict(line.split() for line in lines)

    def add(self, name: str, password: str) -> None:
        """Replace the file at once, so that none is lost half-way."""
        beside = self.path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        content = {**self.read(), name: password}
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name} {password}\n" for name, password in content.items())
        beside.replace(self.path)


def _add_people(places: layout.Layout, kept: Passwords) -> dict[str, str]:
    """Those that were added now, with their passwords."""
    missing = [name for name in GROUPS if name not in kept.read()]
    new: dict[str, str] = {}
    if not missing:
        return new
    with steps.stepping("Adding people", "web_master") as step:
        with operating.opened(places.data_dir) as opened:
            people = operating.load("kolba.web_master.people.operating").people(opened)
            for name in missing:
                with opened.audit.command("kolba init", "person", name):
                    new[name] = _password_of(people, name)
                kept.add(name, new[name])
        step.done(", ".join(missing))
    return new


def _password_of(people: Any, name: str) -> str:
    """A new account's; or, where a former call broke off before it was written down, another."""
    made = (
        people.reset_password(name, must_change_password=False)
        if people.is_known(name)
        else people.add(name, group=GROUPS[name], must_change_password=False)
    )
    return str(made.password)


@contextlib.contextmanager
def _signed_in(state: layout.SetState, kept: Passwords) -> Iterator[People]:
    """All three, as long as the block lasts. Raises `steps.Failed` where one has another password by now."""
    door = api.Api(state.program("web_master").address)
    signed: dict[str, api.Api] = {}
    with steps.stepping("Signing them in", "web_master") as step:
        for name, password in kept.read().items():
            try:
                signed[name] = door.sign_in(name, password)
            except api.Refused as refusal:
                what = f"{name} cannot sign in with the password in {kept.path}: {refusal}"
                raise api.Refused(what, service=refusal.service) from refusal
        step.done("the passwords are right")
    try:
        yield People(admin=signed[ADMIN], researcher=signed[RESEARCHER], client=signed[CLIENT])
    finally:
        for one in signed.values():
            one.sign_out()


def _shared_model(client: api.Api) -> dict[str, Any] | None:
    """What the researcher has shared with the client already."""
    found = client.get("/models?limit=1000")["items"]
    mine = [one for one in found if one["owner"] == RESEARCHER and one["shared_with"] == "client"]
    return max(mine, key=lambda one: int(one["id"]), default=None)


def _make_model(people: People) -> dict[str, Any]:
    dataset_id = story.collect_and_store(people.researcher)
    trained = story.train(people.researcher, dataset_id, FAMILY)
    with steps.stepping("Sharing it with the clients", "storage") as step:
        path = f"/models/{trained.model_id}"
        model: dict[str, Any] = people.researcher.change("PATCH", path, {"shared_with": "client"})
        step.done(f"{model['name']} {model['version']}")
    return model


def _give_credits(people: People, model: dict[str, Any]) -> None:
    if people.client.get("/balance/transfers?limit=1")["total"]:
        return
    with steps.stepping("Giving the client credits", "web_master") as step:
        people.admin.change("PUT", f"/prices/models/{model['name']}", {"price": PRICE})
        wish = {"amount": CREDITS, "memo": "for the demonstration"}
        balance = people.admin.post(f"/people/{CLIENT}/top-ups", wish)["balance"]
        step.done(f"{balance} credits, {PRICE} for each prediction of {model['name']}")


def _predict(people: People, model: dict[str, Any]) -> None:
    if people.client.get("/history?limit=1")["total"]:
        return
    with steps.stepping("Predicting as the client", "ml_service") as step:
        wish = {"model_id": model["id"], "data": story.PASSENGER}
        answer = people.client.post("/scenarios/infer-model", wish)["predictions"][0]
        left = people.client.get("/balance")["balance"]
        step.done(f"Survived = {answer['label']}; {left} credits are left")
