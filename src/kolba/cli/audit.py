"""`kolba audit …`: is the audit log what was written?"""

from __future__ import annotations

from typing import Annotated

import typer

from kolba.cli import operating, terminal

app = typer.Typer(help="Prove that the audit log is what was written.", no_args_is_help=True)


@app.command()
def verify(
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="HASH", help="Begin after the entry with this hash."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="What `kolba audit head` once said: the log must still contain that entry.",
        ),
    ] = None,
    data_dir: operating.DataDir = operating.HERE,
) -> None:
    """Walk the chain; name the first entry that was changed, taken out or put in, and exit with 1."""
    with operating.opened(data_dir) as opened:
        verifying = operating.load("kolba.web_master.audit.verifying")
        try:
            verdict = verifying.verify(opened.audit.log, since=since, head=head)
        except verifying.UnknownLink as error:
            raise operating.failed(error) from None
    if verdict.broken is not None:
        raise operating.failed(
            f"BROKEN at {verdict.broken}. Entries before it that hold: {verdict.entries}."
        )
    pinned = "" if head else " Keep its head elsewhere, to see also whether the end is cut off."
    terminal.output.print(
        f"{verdict.entries} entries hold, up to {verdict.head.seq} {verdict.head.hash}.{pinned}",
        soft_wrap=True,
    )


@app.command()
def head(data_dir: operating.DataDir = operating.HERE) -> None:
    """Print the number and the hash of the last entry, to be kept where nobody of this machine can change it."""
    with operating.opened(data_dir) as opened:
        link = opened.audit.log.head()
    typer.echo(f"{link.seq} {link.hash}")
