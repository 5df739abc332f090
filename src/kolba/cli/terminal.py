"""What is shown on the terminal, and how."""

from __future__ import annotations

import subprocess

from rich import console

from kolba.cli.embedded import control, layout, logbook

output = console.Console(highlight=False)
trouble = console.Console(stderr=True, highlight=False)


def complain(message: object) -> None:
    """Show what went wrong, unbroken, so that a path in it can be copied."""
    trouble.print(str(message), style="red", soft_wrap=True, markup=False)


def watch(places: layout.Layout, launcher: subprocess.Popen[bytes]) -> None:
    """Show what the launcher has to say (a service died, a service is given up) until it ends.

    Raises `control.StartFailed` where it ended by a fault of its own.
    """
    lines = logbook.follow(places.log_dir, ["launcher"], is_wanted=lambda: launcher.poll() is None)
    for line in lines:
        trouble.print(line.text, style="yellow", soft_wrap=True, markup=False)
    if launcher.returncode:
        log = places.log_file("launcher")
        raise control.StartFailed(f"The launcher ended (code {launcher.returncode}); see {log}.")
