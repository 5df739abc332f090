"""Make .venv and put the project and its pinned dependencies into it, with nothing but Python.

Usage: bootstrap.py [all|dev|torch]. uv does the work where pip can fetch it, and gets the person's
own pip configuration (indexes, find-links, certificates); pip itself does it where it cannot. A
stamp of what was installed makes every later call return at once.

Torch, which only the convolutional network needs, is taken along where one of pip's find-links has
it: elsewhere its wheels are large, and which one is right is for the person to say. `torch` fetches
it from pip's indexes, or from the one in TORCH_INDEX.
"""

from __future__ import annotations  # so that a Python too old gets as far as being told so

import ast
import hashlib
import os
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
OLDEST = (3, 11)
TORCH = "torch==2.13.0"  # as in pyproject.toml
WIDER = {"all": ("all", "dev"), "dev": ("dev",)}  # which sets satisfy a wish

# pip's option → uv's variable. Both read a list from one variable, uv's find-links with commas.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "no-index": "UV_NO_INDEX",
    "proxy": "ALL_PROXY",
}


class SetupError(Exception):
    """Something that the person has to mend; the message says what."""


def lock_path(wish: str) -> pathlib.Path:
    """The lock that holds `wish`, "all" or "dev"."""
    return ROOT / "requirements" / f"{wish}.lock"


def fingerprint(wish: str) -> str:
    """What an installation depends on: the locks, the project's declaration, place and Python."""
    digest = hashlib.sha256(f"{ROOT}\0{sys.version}\0".encode())
    for name in (wish, "torch"):
        digest.update(lock_path(name).read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    return digest.hexdigest()


def stamp_path(wish: str) -> pathlib.Path:
    """Where it is noted what was installed."""
    return HOME / f".kolba-{wish}"


def is_installed(wish: str) -> bool:
    """Whether .venv holds `wish`, or more, as it is locked now."""
    for wider in WIDER[wish]:
        stamp = stamp_path(wider)
        if stamp.is_file() and stamp.read_text() == fingerprint(wider) and PYTHON.exists():
            return True
    return False


def run(*command: object, environment: dict[str, str] | None = None) -> None:
    """Run a program quietly; raise SetupError with the end of its output if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise SetupError("\n".join(done.stdout.strip().splitlines()[-15:]))


def pip_configuration() -> dict[str, str]:
    """The person's pip options that concern downloads, as pip itself merges its files."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):  # the later wins
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                option = name.removeprefix(section).removeprefix("-").replace("_", "-")
                found[option] = str(ast.literal_eval(value))
    return found


def uv_environment(configuration: dict[str, str]) -> dict[str, str]:
    """The environment that makes uv fetch from where pip would; what is set for uv stays."""
    environment = dict(os.environ)
    for option, value in configuration.items():
        name = UV_NAMES.get(option)
        if name is not None:
            text = ",".join(value.split()) if option == "find-links" else " ".join(value.split())
            environment.setdefault(name, text)
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # as pip looks at indexes
    environment.setdefault("UV_LINK_MODE", "hardlink" if os.name != "nt" else "copy")
    return environment


def make_environment() -> None:
    """Make .venv, or make it anew where its Python is gone, too old or another version."""
    if PYTHON.exists():
        probe = "import pip, sys; print(sys.version)"
        seen = subprocess.run(
            [str(PYTHON), "-c", probe], capture_output=True, text=True, check=False
        )
        if seen.returncode == 0 and seen.stdout.strip() == sys.version:
            return
    print("making .venv", flush=True)
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(HOME)
    except subprocess.CalledProcessError as error:
        raise SetupError(
            "This Python cannot make a virtual environment with pip. "
            "On Debian and Ubuntu, install the package python3-venv and try again."
        ) from error


def install_with_uv(lock: pathlib.Path, environment: dict[str, str]) -> None:
    """Fetch uv by pip if .venv has none, and install with it."""
    uv = BIN / "uv"
    if not uv.exists():
        wanted = ROOT / "requirements" / "uv.lock"
        run(
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--retries=1",
            "--require-hashes",
            "-r",
            wanted,
        )
    install = [uv, "pip", "install", "--quiet", "--python", PYTHON]
    run(*install, "--require-hashes", "-r", lock, environment=environment)
    run(*install, "--no-deps", "--no-build-isolation", "--editable", ROOT, environment=environment)


def install_with_pip(lock: pathlib.Path) -> None:
    """Install with pip alone: slower, but it is always there."""
    install = [PYTHON, "-m", "pip", "install", "--quiet", "--retries=1"]
    run(*install, "--require-hashes", "-r", lock)
    run(*install, "--no-deps", "--no-build-isolation", "--editable", ROOT)


def has_torch() -> bool:
    """Whether .venv has it, whole and in the right version."""
    probe = (
        "import sys, importlib.metadata as installed;"
        f"sys.exit(not installed.version('torch').startswith('{TORCH.partition('==')[2]}'))"
    )
    command = [str(PYTHON), "-c", probe]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def take_torch_along() -> None:
    """Install torch from pip's find-links, if they have it; say how it can be had, if not."""
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--retries=1"]
    try:
        if not has_torch():
            run(*pip, "--no-index", "--no-deps", TORCH)
            print(f"installed {TORCH} from the links that pip is configured for", flush=True)
        run(*pip, "--require-hashes", "-r", lock_path("torch"))
    except SetupError:
        print(
            f"Without {TORCH}: everything but the convolutional network (digits) works. "
            "`make torch` fetches it.",
            flush=True,
        )


def install_torch() -> None:
    """Fetch torch and what it needs, from TORCH_INDEX where that is set."""
    pip = [PYTHON, "-m", "pip", "install", "--retries=1"]
    index = os.environ.get("TORCH_INDEX")
    run(*pip, "--quiet", "--require-hashes", "-r", lock_path("torch"))
    if has_torch():
        return
    print(f"fetching {TORCH}", flush=True)
    try:
        run(*pip, *(["--index-url", index] if index else []), TORCH)
    except SetupError as error:
        raise SetupError(
            f"{error}\n\n{TORCH} could not be installed. `make torch TORCH_INDEX=<address>` takes it "
            "from another index, such as the PyTorch project's for machines without CUDA, whose "
            "address its site names."
        ) from error


def install(wish: str) -> None:
    """Bring .venv to what the lock of `wish` says."""
    make_environment()
    lock = lock_path(wish)
    print(f"installing what {lock.relative_to(ROOT)} pins", flush=True)
    configuration = pip_configuration()
    try:
        install_with_uv(lock, uv_environment(configuration))
    except SetupError as refusal:
        print(f"uv could not do it, trying pip alone:\n{refusal}", file=sys.stderr, flush=True)
        try:
            install_with_pip(lock)
        except SetupError as error:
            raise SetupError(
                f"{error}\n\nThe packages could not be installed. Is a package index in reach? "
                "Kolba asks the one that pip is configured for (`pip config list`; "
                "PIP_INDEX_URL, PIP_CERT and HTTPS_PROXY change it)."
            ) from error
    take_torch_along()
    stamp_path(wish).write_text(fingerprint(wish))


def bring(wish: str) -> None:
    """Install `wish`, unless it is there."""
    if wish == "torch":
        if not is_installed("all"):
            install("all")
        install_torch()
    elif not is_installed(wish):
        install(wish)


def main() -> int:
    """Install what the command line names; 0 when it is there, 1 with the reason otherwise."""
    if sys.version_info < OLDEST:
        have = ".".join(map(str, sys.version_info[:3]))
        print(
            f"Kolba needs Python 3.11 or newer; this is {have} ({sys.executable}).", file=sys.stderr
        )
        return 1
    wish = sys.argv[1] if len(sys.argv) > 1 else "all"
    if wish not in (*WIDER, "torch"):
        print(f"usage: bootstrap.py [{'|'.join(WIDER)}|torch]", file=sys.stderr)
        return 2
    try:
        bring(wish)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
