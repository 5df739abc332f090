"""Somebody who signs in and pays: what a department's Kolba does for every prediction."""

from __future__ import annotations

import json
import pathlib
import secrets
import urllib.parse
from typing import Any

from bench.common import processes
from bench.serving import door

ADMIN, CLIENT = "bench-admin", "bench-client"
CREDITS = 1_000_000_000


def prepare(address: str, data: pathlib.Path, model: str) -> dict[str, str]:
    """Give `model` a price, and somebody credits and a token; the headers with which they ask.

    The model is the local person's, and is shared with the group of clients. Raises `processes.NotStarted`.
    """
    admin = _enter(address, ADMIN, _password(data, ADMIN, "admin"))
    client = _enter(address, CLIENT, _password(data, CLIENT, "client"))
    found = door.ask(f"{address}/models?name={urllib.parse.quote(model)}")["items"][0]
    _send("PATCH", f"{address}/models/{found['id']}", {"shared_with": "client"}, {})
    _send("PUT", f"{address}/prices/models/{urllib.parse.quote(model)}", {"price": 1}, admin)
    _send("POST", f"{address}/people/{CLIENT}/top-ups", {"amount": CREDITS}, admin)
    wish = {"name": "bench", "scopes": ["predict"]}
    token = _send("POST", f"{address}/me/tokens", wish, client)["token"]
    return {"Authorization": f"Bearer {token}"}


def _password(data: pathlib.Path, name: str, group: str) -> str:
    """Of a new account, as the command shows it this once."""
    said = door.command("user", "add", name, "--group", group, "--data-dir", data)
    _, found, password = said.partition("Password, shown this once: ")
    if not found:
        raise processes.NotStarted(f"no password in what `kolba user add` says: {said}")
    return password.split()[0]


def _enter(address: str, name: str, first: str) -> dict[str, str]:
    """Signed in, with a password of their own in the place of the one that was made for them."""
    headers = _sign_in(address, name, first)
    wish = {"current": first, "new": secrets.token_urlsafe(20)}
    _send("POST", f"{address}/me/password", wish, headers)
    return headers


def _sign_in(address: str, name: str, password: str) -> dict[str, str]:
    form = urllib.parse.urlencode(
        {"grant_type": "password", "username": name, "password": password}
    )
    answer = door.ask(f"{address}/auth/token", form.encode(), "application/x-www-form-urlencoded")
    return {"Authorization": f"Bearer {answer['access_token']}"}


def _send(method: str, url: str, wish: Any, headers: dict[str, str]) -> Any:
    return door.ask(url, json.dumps(wish).encode(), headers=headers, method=method)
