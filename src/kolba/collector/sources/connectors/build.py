"""From a configured place to its connector. A new kind of place is one class and one line here."""

from __future__ import annotations

from kolba.collector import settings
from kolba.collector.sources.connectors import file, http, package, protocol
from kolba.kit.egress import client


def connector(
    place: settings.Place, config: settings.CollectorSettings, egress: client.Egress
) -> protocol.Connector:
    match place:
        case settings.HttpPlace():
            return http.HttpConnector(place=place, egress=egress)
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
