"""Which model a request means, ready to be asked."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable

import numpy as np

from kolba.contracts import ml_client, models, storage_client
from kolba.inference import decoding, signature
from kolba.inference.protocols import codecs, exchange
from kolba.kit import context, errors, identity, refreshing
from kolba.kit.http import client
from kolba.web_master.predictions import coalescer, upstream


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One version of one model: its protocols and its lane."""

    model_id: int
    name: str
    version: str
    owner: str
    shared_with: str | None
    classes: tuple[signature.Class, ...]
    codecs: codecs.Codecs
    reads_pictures: bool
    """What is sent to it takes a while to be decoded, whatever its size."""
    lane: coalescer.Lane
    warm_up: Callable[[], Awaitable[None]]
    """Has the ML service load it and answer once. Raises what `coalescer.Predict` raises."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    max_rows: int
    """In one request."""
    max_models: int
    """Known at a time; the least used are forgotten first."""
    fresh_seconds: float
    """How soon a moved alias or a deleted model is noticed."""
    warm_up_seconds: float = client.DEFAULT_TIMEOUT_SECONDS
    """How long the ML service may take to load a version; later, it is asked again."""
    lane: coalescer.Limits


class Directory:
    """Models by what callers call them: a name, or a name and an alias or version."""

    def __init__(
        self,
        storage: storage_client.StorageClient,
        ml: ml_client.MlClient,
        journal: coalescer.Journal,
        limits: Limits,
    ) -> None:
        self._storage = storage
        self._ml = ml
        self._journal = journal
        self._limits = limits
        self._served: dict[int, Served] = {}
        self._cache: refreshing.RefreshingCache[tuple[str, str | None], Served] = (
            refreshing.RefreshingCache(
                self._fetch, fresh_seconds=limits.fresh_seconds, max_entries=limits.max_models
            )
        )

    def peek(self, name: str, reference: str | None) -> Served | None:
        """The version meant, where it is known; never waits."""
        return self._cache.peek((name, reference))

    async def find(self, name: str, reference: str | None) -> Served:
        """The version meant. Raises storage's 404 for an unknown name or reference."""
        return await self._cache.get((name, reference))

    async def look(self, name: str, reference: str | None) -> Served:
        """As `find`, but storage is asked, for whoever asks. Raises its 404 for what they may not see."""
        return await self._served_of(await self._storage.resolve_model(name, reference))

    async def changed(self, name: str | None) -> None:
        """An alias of `name` moved, or some model went: look again, and answer when that is done.

        A version that an alias now means is loaded and warm before the former one goes; one that is refused (a corrupt
        bundle) never takes over.
        """
        await self._cache.renew(lambda key: name is None or key[0] == name)

    def gone(self, model_id: int) -> None:
        """The ML service says that this model is no more."""
        self._served.pop(model_id, None)
        self._cache.clear()

    async def drain(self) -> None:
        """Wait until every request under way is answered."""
        await asyncio.gather(*(served.lane.drain() for served in self._served.values()))

    async def _fetch(self, key: tuple[str, str | None]) -> Served:
        with context.acting_as(identity.SYSTEM):
            return await self._served_of(await self._storage.resolve_model(*key))

    async def _served_of(self, found: models.ModelDetail) -> Served:
        served = self._served.get(found.id)
        if served is None:
            self._forget_idle()
            served = self._make(found)
            await served.warm_up()
            served = self._served.get(found.id, served)  # another may have been quicker
        elif (served.owner, served.shared_with) != (found.owner, found.shared_with):
            served = dataclasses.replace(served, owner=found.owner, shared_with=found.shared_with)
        self._served[found.id] = served
        return served

    def _forget_idle(self) -> None:
        """Lanes are kept by version, so that two names of one share it; those nobody uses go."""
        if len(self._served) >= 2 * self._limits.max_models:
            idle = [number for number, served in self._served.items() if served.lane.is_idle]
            for number in idle[: len(idle) // 2]:
                del self._served[number]

    def _make(self, found: models.ModelDetail) -> Served:
        read = signature.from_json(found.signature)
        model = exchange.Model(
            name=found.name,
            version=found.version,
            signature=read,
            decoder=decoding.Decoder(read),
            max_rows=self._limits.max_rows,
        )
        way = upstream.Upstream(self._ml, found.id)
        return Served(
            model_id=found.id,
            name=found.name,
            version=found.version,
            owner=found.owner,
            shared_with=found.shared_with,
            classes=read.classes,
            codecs=codecs.build(model, keeps_pictures=True),
            reads_pictures=read.reads_pictures,
            lane=coalescer.Lane(found.name, way.predict, self._journal, self._limits.lane),
            warm_up=functools.partial(_warm_up, way, read, self._limits.warm_up_seconds),
        )


async def _warm_up(way: upstream.Upstream, read: signature.Signature, seconds: float) -> None:
    """One row of missing values, which every graph fills in; it is nobody's question and is not recorded.

    Raises `ServiceUnavailable` when it takes longer than `seconds`: whoever asks next tries again.
    """
    try:
        async with asyncio.timeout(seconds):
            await way.predict(np.full((1, read.width), np.nan, read.number_type))
    except TimeoutError:
        raise errors.ServiceUnavailable(service="ml_service") from None
