"""What the home page shows, asked of the web master; each answer may be missing on its own."""

import asyncio
import collections.abc
import dataclasses
import typing

import pydantic
import structlog

from kolba.contracts import datasets, health, models, pages, scenarios
from kolba.kit import errors
from kolba.kit.http import client
from kolba.visualization import settings

Answer = typing.TypeVar("Answer", bound=pydantic.BaseModel)

_log = structlog.get_logger("kolba.home")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Overview:
    """The state of the house; a part is None where the web master did not say."""

    system: health.SystemHealth | None
    offered: scenarios.ScenarioList | None
    stored: pages.Page[datasets.Dataset] | None
    trained: pages.Page[models.Model] | None
    done: pages.Page[scenarios.HistoryEntry] | None

    @property
    def reachable(self) -> bool:
        """Whether the web master answered anything at all."""
        return any(getattr(self, field.name) is not None for field in dataclasses.fields(self))


class Home:
    """Asks the web master."""

    def __init__(
        self, web_master: client.ServiceClient, config: settings.FrontPageSettings
    ) -> None:
        self._web_master = web_master
        self._config = config

    async def overview(self) -> Overview:
        """Everything the page needs, asked for at once. Never raises for a service that fails."""
        config = self._config
        system, offered, stored, trained, done = await asyncio.gather(
            self._ask("/health", health.SystemHealth),
            self._ask("/scenarios", scenarios.ScenarioList),
            self._ask("/datasets", pages.Page[datasets.Dataset], limit=config.datasets),
            self._ask("/models", pages.Page[models.Model], limit=config.models),
            self._ask("/history", pages.Page[scenarios.HistoryEntry], limit=config.history),
        )
        return Overview(system=system, offered=offered, stored=stored, trained=trained, done=done)

    async def _ask(self, path: str, kind: type[Answer], **query: int) -> Answer | None:
        try:
            return kind.model_validate(await self._fetch(path, query))
        except (errors.KolbaError, ValueError) as error:
            _log.warning("part of the home page is missing", path=path, reason=str(error)[:300])
            return None

    async def _fetch(self, path: str, query: collections.abc.Mapping[str, int]) -> typing.Any:
        try:
            return await self._web_master.json("GET", path, query=query)
        except errors.RemoteProblem as problem:
            # A degraded system may answer 503 with its state, which is just what is wanted here.
            if path == "/health" and "services" in problem.document:
                return problem.document
            raise
