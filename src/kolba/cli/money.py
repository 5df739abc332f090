"""`kolba credits …` and `kolba ledger …`: who has how much, and whether the books are right."""

from __future__ import annotations

import pathlib
from typing import Annotated, Any

import typer

from kolba.cli import operating, terminal

app = typer.Typer(help="Give people credits, and see what they have.", no_args_is_help=True)
ledger = typer.Typer(help="Prove that the books are right; print statements.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The person's name.")]
_MODULE = "kolba.web_master.ledger.operating"
_BY = "operator"


@app.command("top-up")
def top_up(
    name: Name,
    amount: Annotated[int, typer.Argument(help="Credits: a whole number.")],
    memo: Annotated[str, typer.Option(help="What for; the person sees it.")] = "",
    data_dir: operating.DataDir = operating.HERE,
) -> None:
    """Give a person credits."""
    with operating.opened(data_dir) as opened:
        balances = _balances(opened, name)
        with opened.audit.command("kolba credits top-up", "person", name, amount=amount):
            found = balances.give(name, amount, memo=" ".join(memo.split())[:500], by=_BY)
    terminal.output.print(f"{name} has {found.balance} credits, {found.available} available.")


@app.command()
def balance(name: Name, data_dir: operating.DataDir = operating.HERE) -> None:
    """Show what a person has, and what of it is held for runs under way."""
    with operating.opened(data_dir) as opened:
        found = _balances(opened, name).look(name)
    terminal.output.print(
        f"{name} has {found.balance} credits: {found.available} available, {found.held} held."
    )


@ledger.command()
def verify(data_dir: operating.DataDir = operating.HERE) -> None:
    """Prove that every balance is the sum of its transfers; list what is wrong and exit with 1 otherwise."""
    with operating.opened(data_dir) as opened:
        proof = operating.load(_MODULE).prove(opened.database)
    seen = f"{proof.people} accounts, {proof.transfers} transfers, {proof.holds} holds"
    if not proof.is_sound:
        for fault in proof.faults:
            typer.echo(fault)
        raise operating.failed(f"The books are WRONG in {len(proof.faults)} places, of {seen}.")
    terminal.output.print(f"The books are right: {seen}.")
    for name, amount in proof.sums:
        terminal.output.print(f"  {name:<10}{amount:>20}")


@ledger.command()
def statement(
    name: Name,
    since: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Such as 2026-03-14T09:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Before this.")] = None,
    output: Annotated[
        pathlib.Path | None, typer.Option("--output", "-o", help="A file; else the terminal.")
    ] = None,
    data_dir: operating.DataDir = operating.HERE,
) -> None:
    """Write a person's transfers as CSV, the oldest first, with the balance after each."""
    with operating.opened(data_dir) as opened:
        period = operating.load(_MODULE).period(since, until)
        lines = _balances(opened, name).statement(name, period)
        if output is None:
            for line in lines:
                typer.echo(line, nl=False)
            return
        with output.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)


def _balances(opened: Any, name: str) -> Any:
    """The `accounts.service.Balances`, once it is sure that there is somebody of this name."""
    ledger = operating.load(_MODULE)
    ledger.check_person(opened.database, name)
    return ledger.balances(opened.database)
