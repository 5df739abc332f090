"""A step of the demonstration: one line of progress, and the service at fault where it goes wrong."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from rich import status

from kolba.cli import terminal
from kolba.cli.demo import api


class Failed(Exception):
    """A step went wrong."""

    def __init__(self, message: str, *, service: str) -> None:
        super().__init__(message)
        self.service = service


class Step:
    """One line of progress: what is being done, then what came of it."""

    def __init__(self, title: str, spinner: status.Status) -> None:
        self._title = title
        self._spinner = spinner
        self._begun = time.monotonic()

    def say(self, detail: str) -> None:
        """Show how far it is, where the terminal can show something that passes."""
        self._spinner.update(f"{self._title} … {detail}")

    def done(self, outcome: str) -> None:
        seconds = time.monotonic() - self._begun
        terminal.output.print(
            f"[green]✓[/] {self._title}: {outcome} [dim]({seconds:.1f} s)[/]", soft_wrap=True
        )


@contextlib.contextmanager
def stepping(title: str, service: str) -> Iterator[Step]:
    """A step of the story; a refusal within becomes a `Failed` that names the service."""
    with terminal.output.status(f"{title} …") as spinner:
        try:
            yield Step(title, spinner)
        except api.Refused as refusal:
            terminal.output.print(f"[red]✗[/] {title}")
            raise Failed(str(refusal), service=refusal.service or service) from refusal


def follow(
    web_master: api.Api, started: dict[str, Any], step: Step, *, seconds: float
) -> dict[str, Any]:
    """The run that was started, once it has succeeded. Raises `api.Refused` where it has not."""
    for event in web_master.events(started["progress"], seconds=seconds):
        if event.get("message"):
            step.say(event["message"])
    run: dict[str, Any] = web_master.get(started["run"])
    if run["state"] != "succeeded":
        reason = (run["error"] or {}).get("detail", f"the run is {run['state']}")
        raise api.Refused(str(reason))
    return run
