"""The configured sources, by name."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping

from kolba.collector import settings
from kolba.collector.sources import errors
from kolba.collector.sources.connectors import build, contributed, protocol
from kolba.contracts import sources
from kolba.kit.egress import client


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    config: settings.SourceSettings
    connectors: tuple[protocol.Connector, ...]

    def revision(self) -> str:
        """Changes when the data, or how it is read, changes."""
        parts = [self.name, _written(self.config.format)]
        for connector in self.connectors:
            own = connector.format()
            parts += [connector.revision(), *([] if own is None else [_written(own)])]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def without_stand_ins(self) -> Source:
        """The same with those places only that have all of the data."""
        whole = tuple(one for one in self.connectors if not one.stands_in())
        return dataclasses.replace(self, connectors=whole)

    def described(self) -> sources.Source:
        config = self.config
        return sources.Source(
            name=self.name,
            title=config.title,
            description=config.description,
            target=config.target,
            column_descriptions=config.columns,
            connectors=[place.connector for place in config.places],
        )


def _written(file_format: protocol.Format) -> str:
    """A text file's format as it was written when there was no other: what is on disk stays good."""
    without = {"kind"} if isinstance(file_format, settings.TextFormat) else None
    return file_format.model_dump_json(exclude=without)


class Catalogue:
    def __init__(self, known: Mapping[str, Source], default: str) -> None:
        self._known = dict(known)
        self.default = default

    def get(self, name: str | None) -> Source:
        """The source of that name, or the default one. Raises `errors.UnknownSource`."""
        wanted = self.default if name is None else name
        if wanted not in self._known:
            raise errors.UnknownSource(source=wanted, known=list(self._known))
        return self._known[wanted]

    def all(self) -> list[Source]:
        return list(self._known.values())


def build_catalogue(
    config: settings.CollectorSettings, egress: client.Egress, contributed: contributed.Contributed
) -> Catalogue:
    maker = build.Maker(config=config, egress=egress, contributed=contributed)
    known = {
        name: Source(
            name=name,
            config=source,
            connectors=tuple(maker.connector(place) for place in source.places),
        )
        for name, source in config.sources.items()
    }
    return Catalogue(known, config.default_source)
