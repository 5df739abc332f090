"""Whether a running chain does its work: `python -m kolba.pipeline.check --postprocess URL …`; 0 when all is well.

It acts as a service of its own, `tests`, whose key lies in the folder that all services share. Where no digits model
is in production yet, it brings one that knows ten stencils, and takes it away again.
"""

from __future__ import annotations

import argparse
import asyncio
import pathlib
import sys
import tempfile

from kolba.kit import logs, settings
from kolba.kit.tokens import keys, published, signing
from kolba.pipeline.check import examination


def main() -> int:
    """Look at the chain that the command line names; prints what was looked at and what was found."""
    wishes = _parse()
    logs.configure("tests", settings.LogSettings(level="WARNING"))
    with tempfile.TemporaryDirectory() as private:
        token = None
        if wishes.keys is not None:
            board = published.KeyFolder(wishes.keys)
            ring = keys.KeyRing("tests", pathlib.Path(private), board, days=1)
            token = signing.Signer(ring).issue_own
        chain = examination.Chain(
            storage=wishes.storage,
            preprocess=wishes.preprocess,
            model=wishes.model,
            postprocess=wishes.postprocess,
            token=token,
        )
        return asyncio.run(examination.examine(chain, requests=wishes.requests))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kolba.pipeline.check", description=__doc__)
    for name, port in (
        ("storage", 8002),
        ("preprocess", 5001),
        ("model", 5002),
        ("postprocess", 5003),
    ):
        parser.add_argument(f"--{name}", default=f"http://127.0.0.1:{port}", metavar="URL")
    parser.add_argument("--keys", type=pathlib.Path, help="the folder of keys that services share")
    parser.add_argument("--requests", type=int, default=300, help="of the measurement at the end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
