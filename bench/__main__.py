"""The measurements that need nothing but Kolba (and torch, if it is there), one after another, each by its own command.

Not among them: `bench.serving` (its peers, wrk), `bench.pipeline` (wrk), `bench.ui` (Chromium, npm's registry) and
`bench.drawings` (MNIST's files, a set with a model of digits).
"""

from __future__ import annotations

import contextlib
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

_OFFSET = 22_000
_KOLBA = pathlib.Path(sys.executable).with_name("kolba")


@contextlib.contextmanager
def _set() -> Iterator[str]:
    """A Kolba of its own; its web master's address."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [str(_KOLBA), "up", "-d", "--data-dir", folder, "--port-offset", str(_OFFSET)],
            check=True,
        )
        try:
            yield f"http://127.0.0.1:{8000 + _OFFSET}"
        finally:
            subprocess.run([str(_KOLBA), "down", "--data-dir", folder], check=True)


def _bench(name: str, *arguments: str) -> bool:
    print(f"\n== {name}", flush=True)
    return (
        subprocess.run([sys.executable, "-m", f"bench.{name}", *arguments], check=False).returncode
        == 0
    )


def main() -> None:
    """Run them all; the exit status says whether every one did its work."""
    worked = [_bench(name) for name in ("startup", "codecs", "ingest", "history", "many_models")]
    if importlib.util.find_spec("torch") is None:
        print("\n== digits: left out, as torch is not here (make torch)", flush=True)
    else:
        worked.append(_bench("digits"))
    with _set() as url:
        worked.append(_bench("train_to_predict", "--url", url))
        worked.append(_bench("batch", "--url", url))
    sys.exit(not all(worked))


if __name__ == "__main__":
    main()
