"""What people have contributed: the one place that grows by itself."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
from typing import Protocol

from kolba.collector import settings
from kolba.collector.sources.connectors import protocol
from kolba.kit.blobs import base
from kolba.kit.egress import sink


class Contributed(Protocol):
    """Who keeps the contributions. Thread-safe; calls block."""

    def revision(self) -> str:
        """Changes with every contribution that comes, changes or goes."""
        ...

    def write(self, path: pathlib.Path) -> None:
        """All of them as an Arrow file: who contributed what is not in it."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ContributedConnector:
    contributed: Contributed

    def describe(self) -> str:
        return "contributions"

    def revision(self) -> str:
        return self.contributed.revision()

    def format(self) -> protocol.Format | None:
        return settings.TableFormat()

    def stands_in(self) -> bool:
        return False

    async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
        return {settings.WHOLE: await asyncio.to_thread(self._write, folder / settings.WHOLE)}

    def _write(self, path: pathlib.Path) -> sink.Kept:
        self.contributed.write(path)
        blob = base.hash_file(path)
        return sink.Kept(path=path, sha256=blob.sha256, size_bytes=blob.size_bytes)
