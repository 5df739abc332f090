"""Kolba's own commands and its API, for setting up what is measured."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from bench.common import processes


def command(*arguments: object) -> str:
    """Run `kolba …`; what it prints. Raises `processes.NotStarted`."""
    program = pathlib.Path(sys.executable).with_name("kolba")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KOLBA_")}
    done = subprocess.run(
        [str(program), *map(str, arguments)], env=kept, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise processes.NotStarted(f"kolba {arguments[0]} ended with {done.returncode}: {said}")
    return done.stdout


def ask(
    url: str,
    body: bytes | None = None,
    media_type: str = "application/json",
    *,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
) -> Any:
    """The JSON that `url` answers; a POST where there is a body. Raises `processes.NotStarted`."""
    sent = {"Content-Type": media_type, **(headers or {})}
    request = urllib.request.Request(url, data=body, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            content = response.read()
            return json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        reason = f"{url} answered {error.code}: {error.read()[:500]!r}"
    except OSError as error:
        reason = f"{url} did not answer: {error}"
    raise processes.NotStarted(reason)
