"""The launcher's process: `python -m kolba.cli.embedded`. `kolba up` starts it.

What becomes of the start is written to the descriptor `--report` as one JSON line: `{}` when every
program has been forked, or `{"error": "…"}`.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import pathlib
import sys
import traceback
from collections.abc import Sequence

from kolba.cli.embedded import child, launcher, layout, programs


class Broken(Exception):
    """A program cannot even be imported."""


def main() -> int:
    """Run the set that the command line describes until a signal says stop."""
    wishes = _parse(sys.argv[1:])
    places = layout.Layout(data_dir=wishes.data_dir)
    if wishes.die_with:
        child.die_with(wishes.die_with)

    def report(**outcome: str) -> None:
        os.write(wishes.report, json.dumps(outcome).encode() + b"\n")
        os.close(wishes.report)

    try:
        with layout.hold_lock(places) as lock:
            description = programs.read_set(wishes.programs)
            planned = programs.plan(
                description, places, offset=wishes.port_offset, environment=os.environ
            )
            programs.check_ports(planned)
            import_all(planned)
            supervisor = launcher.Launcher(planned, places, private=(lock, wishes.report))
            supervisor.serve(report)
    except layout.AlreadyRunning:
        report(error=f"Kolba is already running on {places.data_dir}.")
        return 1
    except programs.PortTaken as error:
        report(error=str(error))
        return 1
    except Broken as error:
        traceback.print_exc()
        report(error=f"{error}; see {places.log_file('launcher')}.")
        return 1
    return 0


def import_all(planned: Sequence[programs.Program]) -> None:
    """Import every program, and with it what they share; the forks then have it for nothing.

    The collector of garbage has nothing to find meanwhile: without it that takes a sixth less time.
    Afterwards it leaves these objects alone, so that their pages stay shared.
    """
    gc.disable()
    for program in planned:
        try:
            importlib.import_module(f"{program.module}.__main__")
        except Exception as error:
            raise Broken(f"{program.name} could not be imported: {error!r}") from error
    gc.freeze()
    gc.enable()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kolba-launcher", description=__doc__)
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--port-offset", type=int, default=0)
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("--die-with", type=int, help="end when this process, the parent, ends")
    parser.add_argument("--programs", type=pathlib.Path, help="another description of the set")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
