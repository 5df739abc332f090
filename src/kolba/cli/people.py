"""`kolba user …`: accounts, by whoever may read the web master's database."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich import box, markup, table

from kolba.cli import operating, terminal

app = typer.Typer(help="Make accounts, and say who may come in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The person's name.")]
_MODULE = "kolba.web_master.people.operating"
_COLUMNS = ("name", "shown as", "group", "state", "since")


@app.command()
def add(
    name: Name,
    group: Annotated[
        str | None, typer.Option(help="Else `people.default_group` of the configuration.")
    ] = None,
    display_name: Annotated[str, typer.Option(help="What they are shown as.")] = "",
    data_dir: operating.DataDir = operating.HERE,
) -> None:
    """Make an account. Its password is generated and shown this once."""
    with operating.opened(data_dir, make=True) as opened:
        people = _people(opened)
        shown = _line(display_name)
        with opened.audit.command("kolba user add", "person", name, group=group or ""):
            made = people.add(name, group=group, display_name=shown)
    account = made.account
    terminal.output.print(f"{account.name} was added, in the group {account.group}.", markup=False)
    _show_password(made.password)


@app.command()
def disable(name: Name, data_dir: operating.DataDir = operating.HERE) -> None:
    """Keep somebody out: their sessions end, and a running web master refuses them within a minute."""
    account = _change("kolba user disable", name, data_dir, state="disabled")
    terminal.output.print(f"{account.name} is disabled.", markup=False)


@app.command()
def enable(name: Name, data_dir: operating.DataDir = operating.HERE) -> None:
    """Let somebody in again."""
    account = _change("kolba user enable", name, data_dir, state="active")
    terminal.output.print(f"{account.name} is active.", markup=False)


@app.command()
def group(
    name: Name,
    group: Annotated[str, typer.Argument(help="client, researcher, admin.")],
    data_dir: operating.DataDir = operating.HERE,
) -> None:
    """Put somebody into another group."""
    account = _change("kolba user group", name, data_dir, group=group)
    terminal.output.print(f"{account.name} is in the group {account.group}.", markup=False)


@app.command("reset-password")
def reset_password(name: Name, data_dir: operating.DataDir = operating.HERE) -> None:
    """Generate a new password, shown this once. Their sessions end and their API tokens are revoked."""
    with operating.opened(data_dir) as opened:
        people = _people(opened)
        with opened.audit.command("kolba user reset-password", "person", name):
            made = people.reset_password(name)
    terminal.output.print(f"{made.account.name} has a new password.", markup=False)
    _show_password(made.password)


@app.command("list")
def list_people(data_dir: operating.DataDir = operating.HERE) -> None:
    """Show who there is."""
    with operating.opened(data_dir) as opened:
        operations = operating.load(_MODULE)
        found, _ = operations.people(opened).page(
            operations.Filter(), sort="name", limit=operations.MOST, offset=0
        )
    shown = table.Table(*_COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    for account in found:
        shown.add_row(
            *(markup.escape(one) for one in (account.name, account.display_name, account.group)),
            account.state if account.password_hash else f"{account.state}, cannot sign in",
            f"{account.created_at:%Y-%m-%d}",
        )
    terminal.output.print(shown)


def _people(opened: Any) -> Any:
    """The `accounts.service.People` of a web master's database."""
    return operating.load(_MODULE).people(opened)


def _change(command: str, name: str, data_dir: Any, **wanted: str) -> Any:
    with operating.opened(data_dir) as opened:
        people = _people(opened)
        with opened.audit.command(command, "person", name, **wanted):
            return people.change(name, operating.load(_MODULE).Change(**wanted))


def _line(given: str) -> str:
    line = " ".join(given.split())
    if not line.isprintable() or len(line) > 100:
        raise operating.failed("--display-name: at most 100 characters that can be seen.")
    return line


def _show_password(password: str) -> None:
    terminal.output.print(f"Password, shown this once: {password}", markup=False, soft_wrap=True)
