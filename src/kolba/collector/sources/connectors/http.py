"""Files on the web, by the one egress client."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile

import yarl

from kolba.collector import settings
from kolba.collector.sources.connectors import files, protocol
from kolba.kit.egress import client, policy, sink


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpConnector:
    place: settings.HttpPlace
    egress: client.Egress
    max_bytes: int

    def describe(self) -> str:
        return files.shown([_shown(part) for part in self.place.parts().values()])

    def revision(self) -> str:
        return files.revision({role: part.sha256 for role, part in self.place.parts().items()})

    def format(self) -> protocol.Format | None:
        return self.place.format

    def stands_in(self) -> bool:
        return self.place.stand_in

    async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
        with files.all_or_none() as brought:
            for role, part in self.place.parts().items():
                brought[role] = await self._fetch(part, folder / role)
        return brought

    async def _fetch(self, part: settings.HttpFile, target: pathlib.Path) -> sink.Kept:
        if self.place.compression == "none":
            wanted = client.Download(url=part.url, sha256=part.sha256)
            return await self.egress.download(wanted, target)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="packed-") as name:
            packed = pathlib.Path(name) / "packed"
            await self.egress.download(client.Download(url=part.url), packed)
            with packed.open("rb") as file:
                return await files.unpack(
                    file,
                    target,
                    compression=self.place.compression,
                    place=_shown(part),
                    max_bytes=self.max_bytes,
                    sha256=part.sha256,
                )


def _shown(part: settings.HttpFile) -> str:
    return policy.shown(yarl.URL(part.url))
