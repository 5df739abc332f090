"""The seam: one place that data can be had from."""

from __future__ import annotations

import pathlib
from typing import Protocol

from kolba.collector import settings
from kolba.kit.egress import sink

Format = settings.FileFormat | settings.TableFormat


class Connector(Protocol):
    """One place of one source."""

    def describe(self) -> str:
        """The place as a person may see it: no credentials, no query."""
        ...

    def revision(self) -> str:
        """Changes when the data there changes: a pinned digest, or a file's size and time."""
        ...

    def format(self) -> Format | None:
        """How the data there is read; None: as the source says."""
        ...

    def stands_in(self) -> bool:
        """Whether only a part of the data is there."""
        ...

    async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
        """Bring the files into `folder`, each under its role's name, whole and of the pinned digest; or none.

        Raises a `KolbaError` that says why not, and `OSError` from the disk.
        """
        ...
