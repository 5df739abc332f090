"""From a configured place to its connector. A new kind of place is one class and one line here."""

from __future__ import annotations

import dataclasses

from kolba.collector import settings
from kolba.collector.sources.connectors import contributed, file, http, package, protocol
from kolba.kit.egress import client


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What connectors stand on."""

    config: settings.CollectorSettings
    egress: client.Egress
    contributed: contributed.Contributed

    def connector(self, place: settings.Place) -> protocol.Connector:
        config = self.config
        match place:
            case settings.HttpPlace():
                return http.HttpConnector(
                    place=place, egress=self.egress, max_bytes=config.max_source_bytes
                )
            case settings.PackagePlace():
                return package.PackageConnector(
                    place=place, options=config.packages, max_bytes=config.max_source_bytes
                )
            case settings.FilePlace():
                return file.FileConnector(
                    place=place,
                    directories=(config.data_dir / "files", *config.file_directories),
                    max_bytes=config.max_source_bytes,
                )
            case settings.ContributionsPlace():
                return contributed.ContributedConnector(contributed=self.contributed)
