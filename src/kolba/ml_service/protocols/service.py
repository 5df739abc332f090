"""The rules of what the Open Inference Protocol asks besides predictions. Transport-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kolba.contracts import models, open_inference, pages, storage_client
from kolba.inference import signature
from kolba.inference.protocols import v2_metadata
from kolba.kit import errors as kit_errors
from kolba.ml_service.protocols import errors
from kolba.ml_service.serving import service as serving_service

_VERSIONS_SHOWN = 100
_NOT_IN_MEMORY = "not in memory; the first request loads it"
_UNLOADED = "unloaded; the next request loads it again"


class Repository:
    """The models there are, and which of them are in memory."""

    def __init__(
        self, storage: storage_client.StorageClient, serving: serving_service.Serving
    ) -> None:
        self._storage = storage
        self._serving = serving

    async def check_ready(self) -> None:
        """Raises `errors.NotReady` when no prediction could be answered."""
        if self._serving.loaded():
            return
        try:
            await self._storage.list_models(limit=1)
        except kit_errors.ServiceUnavailable:
            raise errors.NotReady from None

    async def metadata(self, name: str, reference: str | None) -> dict[str, Any]:
        """Raises `RemoteProblem` 404."""
        found = await self._storage.resolve_model(name, reference)
        versions = await self._storage.list_models(name=name, limit=_VERSIONS_SHOWN)
        return v2_metadata.model(
            found.name,
            signature.from_json(found.signature),
            [one.version for one in versions.items],
        )

    async def check_model(self, name: str, reference: str | None) -> None:
        """Load it if need be. Raises `ModelNotReady` when it was unloaded by hand, and why it cannot be loaded."""
        await self._serving.find_ready(name, reference)

    async def index(self, *, ready: bool) -> list[open_inference.IndexEntry]:
        """Every version that the person may use, the newest first; with `ready` only what is in memory."""
        try:
            found = await self._all()
        except kit_errors.ServiceUnavailable:
            if not ready:
                raise
            return [_entry(one) for one in self._serving.loaded() if one.is_seen()]
        return [one for one in found if one.state == "READY"] if ready else found

    async def _all(self) -> list[open_inference.IndexEntry]:
        found: list[open_inference.IndexEntry] = []
        total = 1
        while len(found) < total:
            page = await self._storage.list_models(limit=pages.MAX_PAGE, offset=len(found))
            found += [self._registered(one) for one in page.items]
            total = page.total if page.items else 0
        return found

    async def load(self, name: str, reference: str | None, parameters: Mapping[str, Any]) -> None:
        """Raises `errors.NotOffered` for a model that comes along, and why the one meant cannot be loaded."""
        for given in parameters:
            if given == "config" or given.startswith("file:"):
                raise errors.NotOffered(f"parameters.{given}"[:200])
        await self._serving.reload(name, reference)

    async def unload(self, name: str, reference: str | None) -> None:
        """Raises `RemoteProblem` 404."""
        await self._serving.put_away(name, reference)

    def _registered(self, found: models.Model) -> open_inference.IndexEntry:
        if self._serving.is_loaded(found.id):
            return _entry(found)
        put_away = self._serving.is_put_away(found.id)
        return open_inference.IndexEntry(
            name=found.name,
            version=found.version,
            state="UNAVAILABLE",
            reason=_UNLOADED if put_away else _NOT_IN_MEMORY,
        )


def _entry(found: models.Model | serving_service.Served) -> open_inference.IndexEntry:
    return open_inference.IndexEntry(
        name=found.name, version=found.version, state="READY", reason=""
    )
