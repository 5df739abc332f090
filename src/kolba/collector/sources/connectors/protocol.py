"""The seam: one place that data can be had from."""

from __future__ import annotations

import pathlib
from typing import Protocol

from kolba.kit.egress import sink


class Connector(Protocol):
    """One place of one source."""

    def describe(self) -> str:
        """The place as a person may see it: no credentials, no query."""
        ...

    def revision(self) -> str:
        """Changes when the data there changes: a pinned digest, or a file's size and time."""
        ...

    async def fetch(self, target: pathlib.Path) -> sink.Kept:
        """Bring the file to `target`, whole and of the pinned digest, or leave `target` untouched.

        Raises a `KolbaError` that says why not, and `OSError` from the disk.
        """
        ...
