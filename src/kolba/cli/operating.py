"""What the commands on the web master's own database share: opening it, and saying what went wrong.

Loading that much takes most of a second, so it happens only when such a command runs.
"""

from __future__ import annotations

import contextlib
import importlib
import pathlib
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from kolba.cli import terminal

DataDir = Annotated[
    pathlib.Path,
    typer.Option("--data-dir", envvar="KOLBA_DATA_DIR", help="Where the set keeps everything."),
]
HERE = pathlib.Path("data")


def load(module: str) -> Any:
    """Import what only one command needs, so that the others start without it."""
    return importlib.import_module(module)


def failed(message: object) -> typer.Exit:
    """Say what went wrong; to be raised."""
    terminal.complain(message)
    return typer.Exit(1)


@contextlib.contextmanager
def opened(data_dir: pathlib.Path, *, make: bool = False) -> Iterator[Any]:
    """`kolba.web_master.operating.Opened`, of the set in `data_dir`. What is refused is shown and ends the command."""
    operating = load("kolba.web_master.operating")
    errors = load("kolba.kit.errors")
    try:
        with operating.opened(data_dir.absolute(), make=make) as found:
            yield found
    except (operating.NotThere, ValueError) as error:
        raise failed(error) from None
    except errors.KolbaError as error:
        fields = [one.render("en") for one in error.fields]
        shown = [str(error), *(f"{one['field']}: {one['message']}" for one in fields)]
        raise failed("\n".join(shown)) from None
