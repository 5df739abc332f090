"""Write the pinned, hashed locks under requirements/ from pyproject.toml.

`dev.lock` holds everything; the others are cut from it, so that every image runs the versions
that the tests ran. No index address is written: whoever installs uses their own.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = (
    "collector", "storage", "ml_service", "worker", "web_master", "visualization", "pipeline",
)  # fmt: skip


def compile_lock(name: str, *arguments: str) -> None:
    """Resolve `arguments` for every platform into requirements/<name>.lock."""
    command = [
        sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal",
        "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate",
        "--python-version", "3.11", "--custom-compile-command", "make lock",
        "--index-strategy", "unsafe-best-match",
        "--output-file", f"requirements/{name}.lock", *arguments,
    ]  # fmt: skip
    print(f"requirements/{name}.lock")
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Resolve everything once, then cut the other locks from it."""
    upgrade = sys.argv[1:]  # such as --upgrade, or --upgrade-package numpy
    same = ("--constraints", "requirements/dev.lock")
    compile_lock("dev", "pyproject.toml", "requirements/build.in", "--extra", "dev", *upgrade)
    compile_lock("all", "pyproject.toml", "requirements/build.in", "--extra", "all", *same)
    for service in SERVICES:
        arguments = ("pyproject.toml", "requirements/build.in", "--extra", service, *same)
        compile_lock(service, *arguments)
    # What torch needs beside itself: its own wheel is chosen by machine, see scripts/bootstrap.py.
    compile_lock("torch", "requirements/torch.in", *same)
    compile_lock("uv", "requirements/uv.in", *upgrade)
    compile_lock("node", "requirements/node.in", *upgrade)


if __name__ == "__main__":
    main()
