"""A set of tiny programs that are started, watched and stopped as the real ones are."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import textwrap
from collections.abc import Callable, Iterator

import pytest
import yaml

from kolba.cli.embedded import control, layout, programs
from kolba.kit.testing import servers

PROGRAM = """
import http.server, json, os, pathlib, signal, subprocess, sys, threading

NAME = {name!r}
BEHAVIOUR = {behaviour!r}
if BEHAVIOUR == "broken":
    raise ImportError("no stopper on the shelf")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        told = {{key: value for key, value in os.environ.items() if key.startswith("KOLBA_")}}
        body = json.dumps({{"status": "ok", "version": "1", "told": told}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

def main():
    print("hello from", NAME, flush=True)
    if BEHAVIOUR == "crash":
        raise RuntimeError("no flask on the shelf")
    if BEHAVIOUR == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if BEHAVIOUR == "parent":
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        data = pathlib.Path(os.environ[f"KOLBA_{{NAME.upper()}}__DATA_DIR"])
        data.mkdir(parents=True, exist_ok=True)
        (data / "pid").write_text(str(started.pid))
    port = int(os.environ[f"KOLBA_{{NAME.upper()}}__PORT"])
    http.server.HTTPServer.allow_reuse_address = True
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()

if __name__ == "__main__":
    main()
"""

MakeSet = Callable[..., pathlib.Path]


@pytest.fixture
def make_set(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> MakeSet:
    """Write programs, `name=behaviour`, and answer with the description of their set."""
    packages = tmp_path / "packages"
    monkeypatch.setenv("PYTHONPATH", str(packages))

    def make(**behaviours: str) -> pathlib.Path:
        described = {}
        for name, behaviour in behaviours.items():
            port = servers.free_port()
            package = packages / f"stand_in_{name}"
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
            source = textwrap.dedent(PROGRAM).format(name=name, behaviour=behaviour)
            (package / "__main__.py").write_text(source)
            (package / "config.yaml").write_text(f"port: {port}\n")
            first = next(iter(behaviours))
            described[name] = {
                "module": f"stand_in_{name}",
                "environment": {"FIRST_URL": f"{{url[{first}]}}"},
            }
        path = tmp_path / "set.yaml"
        path.write_text(
            yaml.safe_dump({**programs.read_set(), "programs": described}, sort_keys=False)
        )
        return path

    return make


@pytest.fixture
def places(tmp_path: pathlib.Path) -> layout.Layout:
    return layout.Layout(data_dir=tmp_path / "data")


Start = Callable[..., layout.SetState]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a set and wait until it is well; whatever was started is gone afterwards."""
    launchers: list[tuple[layout.Layout, subprocess.Popen[bytes]]] = []

    def run(places: layout.Layout, description: pathlib.Path, offset: int = 0) -> layout.SetState:
        launcher = control.start(places, description=description, port_offset=offset)
        launchers.append((places, launcher))
        return control.wait_until_well(places, launcher)

    yield run
    for places, launcher in launchers:
        with contextlib.suppress(control.NotRunning):
            control.stop(places)
        launcher.wait()
