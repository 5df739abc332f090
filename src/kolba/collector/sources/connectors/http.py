"""A file on the web, by the one egress client."""

from __future__ import annotations

import dataclasses
import pathlib

import yarl

from kolba.collector import settings
from kolba.kit.egress import client, policy, sink


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpConnector:
    place: settings.HttpPlace
    egress: client.Egress

    def describe(self) -> str:
        return policy.shown(yarl.URL(self.place.url))

    def revision(self) -> str:
        return self.place.sha256

    async def fetch(self, target: pathlib.Path) -> sink.Kept:
        wanted = client.Download(url=self.place.url, sha256=self.place.sha256)
        return await self.egress.download(wanted, target)
