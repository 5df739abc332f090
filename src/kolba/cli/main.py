"""`kolba …`: what can be done from a terminal."""

from __future__ import annotations

import importlib
import pathlib
import signal
import sys
from typing import Annotated, Any

import typer
from rich import box, table

import kolba
from kolba.cli import audit, money, people, terminal
from kolba.cli.embedded import control, layout, logbook, memory
from kolba.kit import healthcheck

app = typer.Typer(
    name="kolba",
    help="A self-hosted machine-learning lab made of small services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(audit.app, name="audit")
app.add_typer(people.app, name="user")
app.add_typer(money.app, name="credits")
app.add_typer(money.ledger, name="ledger")

DataDir = Annotated[
    pathlib.Path,
    typer.Option("--data-dir", envvar="KOLBA_DATA_DIR", help="Where the set keeps everything."),
]
PortOffset = Annotated[
    int, typer.Option("--port-offset", help="Added to every port, for a second set.")
]
HERE = pathlib.Path("data")
COLUMNS = ("service", "state", "address", "pid", "memory", "answered in")
COLOURS = {"ok": "green", "degraded": "yellow", "down": "red"}


def _places(data_dir: pathlib.Path) -> layout.Layout:
    return layout.Layout(data_dir=data_dir.absolute())


def _fail(message: object) -> typer.Exit:
    terminal.complain(message)
    return typer.Exit(1)


@app.command()
def up(
    data_dir: DataDir = HERE,
    port_offset: PortOffset = 0,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once every service is well.")
    ] = False,
) -> None:
    """Start every service on this machine."""
    places = _places(data_dir)
    try:
        if detach:
            _start_detached(places, port_offset)
        else:
            _serve(places, port_offset)
    except (control.StartFailed, OSError) as error:
        raise _fail(error) from None


def _start_detached(places: layout.Layout, port_offset: int) -> None:
    launcher = control.start(places, port_offset=port_offset)
    try:
        state = control.wait_until_well(places, launcher)
    except (control.StartFailed, KeyboardInterrupt):
        control.stop(places)
        raise
    _announce(state)


def _serve(places: layout.Layout, port_offset: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with control.attached(places, port_offset=port_offset) as launcher:
            _announce(control.wait_until_well(places, launcher))
            terminal.output.print("Ctrl-C stops it.")
            terminal.watch(places, launcher)
    except KeyboardInterrupt:
        terminal.output.print("Stopped.")


def _announce(state: layout.SetState) -> None:
    terminal.output.print(
        f"Kolba {state.version} is up: [bold]{state.program('web_master').address}[/bold]"
    )


@app.command()
def down(data_dir: DataDir = HERE) -> None:
    """Stop every service of a set."""
    try:
        control.stop(_places(data_dir))
    except control.NotRunning as error:
        terminal.output.print(str(error))
    else:
        terminal.output.print("Stopped.")


@app.command()
def status(data_dir: DataDir = HERE) -> None:
    """Show how every service of a set is; exit code 1 if one is not well."""
    places = _places(data_dir)
    try:
        state = control.running(places)
    except control.NotRunning as error:
        raise _fail(error) from None
    shown = table.Table(*COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    troubles = []
    for program in state.programs:
        answer = healthcheck.ask(f"{program.address}/health")
        word = answer.status if program.state == "running" else program.state
        shown.add_row(*_describe(program, answer, word))
        if word != "ok":
            log = places.log_file(program.name)
            troubles.append(f"{program.name}: {answer.detail or word}; its log is {log}")
    terminal.output.print(shown)
    for trouble in troubles:
        terminal.complain(trouble)
    if troubles:
        raise typer.Exit(1)


def _describe(
    program: layout.ProgramState, answer: healthcheck.Answer, word: str
) -> tuple[str, ...]:
    size = memory.proportional_bytes(program.pid) if program.pid else None
    again = f", restarted {program.restarts} ×" if program.restarts else ""
    return (
        program.name,
        f"[{COLOURS.get(word, 'red')}]{word}[/]{again}",
        program.address,
        str(program.pid or ""),
        "" if size is None else f"{size / 1e6:.0f} MB",
        "" if answer.latency_ms is None else f"{answer.latency_ms:.1f} ms",
    )


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="One service; all where absent.")] = None,
    data_dir: DataDir = HERE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many to show.")] = 50,
    raw: Annotated[bool, typer.Option("--raw", help="The lines as they were written.")] = False,
) -> None:
    """Show what the services wrote to their logs."""
    log_dir = _places(data_dir).log_dir
    programs = logbook.list_programs(log_dir)
    if service is not None and service not in programs:
        known = ", ".join(programs) or "none yet"
        raise _fail(f"There is no log of {service} in {log_dir}. There are: {known}.")
    chosen = [service] if service is not None else programs

    def show(line: logbook.Line) -> None:
        text = line.text if raw else logbook.describe(line.text)
        typer.echo(text if service is not None else f"{line.program:<14}{text}")

    for line in logbook.last(log_dir, chosen, lines):
        show(line)
    if follow:
        try:
            for line in logbook.follow(log_dir, chosen):
                show(line)
        except KeyboardInterrupt:
            return


@app.command()
def demo(
    data_dir: DataDir = HERE,
    port_offset: PortOffset = 0,
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop after success instead of serving on.")
    ] = False,
) -> None:
    """Run the demonstration: Titanic from the data to the report, then, with torch, a network that reads digits."""
    story = _load("kolba.cli.demo.story")
    raise typer.Exit(story.run(_places(data_dir), port_offset=port_offset, leave=leave))


@app.command()
def init(data_dir: DataDir = HERE, port_offset: PortOffset = 0) -> None:
    """Start every service with the demonstration loaded: people with passwords, credits, a model, a prediction."""
    house = _load("kolba.cli.demo.house")
    raise typer.Exit(house.run(_places(data_dir), port_offset=port_offset))


@app.command()
def version() -> None:
    """Print the version."""
    terminal.output.print(kolba.__version__)


def _load(module: str) -> Any:
    """Import what only one command needs, so that the others start without it."""
    return importlib.import_module(module)


if __name__ == "__main__":
    app()
