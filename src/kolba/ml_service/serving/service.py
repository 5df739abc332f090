"""The rules of serving: which model answers, how it is loaded, what is refused. Transport-free."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from kolba.contracts import models, storage_client
from kolba.inference import errors as inference_errors
from kolba.kit import bounded, context, refreshing
from kolba.kit import errors as kit_errors
from kolba.ml_service.serving import cache, errors, loader

if TYPE_CHECKING:  # what these modules stand on (numpy) is loaded when a first model is
    from kolba.inference import decoding
    from kolba.inference.sessions import protocol
    from kolba.ml_service.serving import model

_log = structlog.get_logger("kolba.serving")
_QUICK_ROWS = 256
_QUICK_CHARACTERS = 10_000
"""So many are read, and answers put into words, at once; more in a thread, so that others are not kept waiting."""
_SLOW_WAITING = 1024
"""Runs of slow models that are taken at once."""
_PATIENCE_SECONDS = 0.25
"""A loaded model's request waits no longer for storage to say whether the model still exists."""

Meant = tuple[str | None, str, str | None]
"""Who asks (None: somebody who sees everything), the model's name, and the reference."""
Data = str | Sequence[Mapping[str, Any]] | Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A loaded model and what it is called."""

    model_id: int
    name: str
    version: str
    owner: str
    shared_with: str | None
    loaded: model.LoadedModel

    def is_seen(self) -> bool:
        """Whether the person who asks may use it."""
        return context.current().person.may_see(self.owner, self.shared_with)

    def as_told(self, found: models.Model) -> Served:
        """With what may have changed since it was loaded."""
        return dataclasses.replace(self, owner=found.owner, shared_with=found.shared_with)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    served: Served
    predictions: list[model.Prediction]


class Serving:
    """Loads, asks and unloads models."""

    def __init__(
        self,
        storage: storage_client.StorageClient,
        *,
        max_models: int,
        max_bytes: int,
        max_rows: int,
        revalidate_seconds: float,
    ) -> None:
        self._storage = storage
        self._max_bytes = max_bytes
        self._max_rows = max_rows
        self._revalidate_seconds = revalidate_seconds
        self._preparation: asyncio.Task[Any] | None = None
        self._unloaded: set[int] = set()
        self._checks: set[asyncio.Task[Any]] = set()
        # Threads of their own: however many come, models are loaded and quick ones answer.
        self._slow = bounded.Executor(
            "slow-models", threads=os.cpu_count() or 1, max_waiting=_SLOW_WAITING
        )
        self._cache: cache.Cache[Served] = cache.Cache(max_entries=max_models, max_size=max_bytes)
        self._names: refreshing.RefreshingCache[Meant, int] = refreshing.RefreshingCache(
            self._resolve, fresh_seconds=revalidate_seconds, max_entries=16 * max_models
        )

    async def load(self, model_id: int) -> Served:
        """The model, from memory or from storage.

        Raises `RemoteProblem` 404 for a model that is unknown, also to this person alone, `errors.CorruptModel`,
        `errors.ModelTooLarge`.
        """
        entry = self._cache.find(model_id)
        if entry is None:
            # What is loaded is shared by all who wait for it, so each asks by themselves whether they may.
            found = await self._storage.model(model_id)
            entry = self._cache.find(model_id)
            entry = entry or await self._cache.load(model_id, lambda: self._fetch(found))
        elif not entry.value.is_seen():
            # Storage says how it is: they may have been let in since, or else hear what is said of what is not there.
            entry.update(entry.value.as_told(await self._storage.model(model_id)))
        elif time.monotonic() - entry.checked_at > self._revalidate_seconds:
            entry.checked_at = time.monotonic()
            await self._revalidate(entry)
        return entry.value

    async def find(self, name: str, reference: str | None) -> Served:
        """The version that `reference` (an alias or a version's name) means; None: `production`, or the newest.

        A version that an alias now means is loaded and warm before it answers; until then the former one does.
        Raises what `load` raises.
        """
        return await self.load(await self._names.get(_meant(name, reference)))

    async def reload(self, name: str, reference: str | None) -> Served:
        """The version that is meant now, whatever was known before: loaded, verified and warm.

        Raises what `load` raises.
        """
        found = await self._storage.resolve_model(name, reference)
        self._names.forget_where(lambda key: key[1:] == (name, reference))
        return await self.load(found.id)

    async def find_ready(self, name: str, reference: str | None) -> Served:
        """As `find`, but a version that was unloaded by hand stays so: raises `errors.ModelNotReady`."""
        model_id = self._names.peek(_meant(name, reference))
        if model_id is None:
            found = await self._storage.resolve_model(name, reference)
            if found.id in self._unloaded:
                raise errors.ModelNotReady(model=name, version=found.version)
            model_id = found.id
        return await self.load(model_id)

    async def put_away(self, name: str, reference: str | None) -> None:
        """Drop from memory one version, or without `reference` all of the name's; whoever asks next loads it again.

        Raises `RemoteProblem` 404 for a name or version that there is not, `errors.NotYours` for another's.
        """
        person = context.current().person
        found = await self._storage.resolve_model(name, reference)
        if not person.may_change(found.owner):
            raise errors.NotYours(model=name)
        meant = {found.id}
        if reference is None:
            meant |= {
                one.model_id
                for one in self.loaded()
                if one.name == name and person.may_change(one.owner)
            }
        for model_id in meant:
            self.unload(model_id)
        self._unloaded |= meant
        self._names.forget_where(lambda key: key[1] == name)

    def loaded(self) -> list[Served]:
        """What is in memory."""
        return self._cache.values()

    def is_put_away(self, model_id: int) -> bool:
        """Whether it was unloaded by hand and not asked since."""
        return model_id in self._unloaded

    def is_loaded(self, model_id: int) -> bool:
        return self._cache.find(model_id) is not None

    def prepare(self) -> None:
        """Load the runtime before it is needed, aside: whoever trains a model will soon ask it."""
        if self._preparation is None:
            self._preparation = asyncio.create_task(asyncio.to_thread(loader.load_bundle))

    def unload(self, model_id: int) -> None:
        self._cache.drop(model_id)

    async def predict(self, model_id: int, data: Data) -> Answer:
        """Answer rows or a CSV text. Raises `inference.errors.InvalidRows` and what `load` raises."""
        served = await self.load(model_id)
        loaded = served.loaded
        if loaded.reads_pictures or not _is_small(data):
            features = await asyncio.to_thread(self._decode, loaded.decoder, data)
            answer = await self.run(served, features)
            predictions = await asyncio.to_thread(loaded.predictions, answer)
        else:
            answer = await self.run(served, self._decode(loaded.decoder, data))
            predictions = loaded.predictions(answer)
        return Answer(served=served, predictions=predictions)

    async def run(self, served: Served, features: decoding.Features) -> protocol.Answer:
        """Answer rows that were decoded; a slow model delays no other. Raises `TooBusy`."""
        loaded = served.loaded
        if loaded.is_quick(len(features)):
            return loaded.run(features)
        return await self._slow.run(loaded.run_aside, features)

    def close(self) -> None:
        """Wait for the runs that have begun."""
        self._slow.close()

    def _decode(self, decoder: decoding.Decoder, data: Data) -> decoding.Features:
        if isinstance(data, str):
            self._check_count(data.count("\n"))
            return decoder.csv(data)
        if isinstance(data, Mapping):
            return decoder.rows([data])
        self._check_count(len(data))
        return decoder.rows(data)

    def _check_count(self, rows: int) -> None:
        if rows > self._max_rows:
            message = inference_errors.message(
                "at most {most} rows at once, not {rows}; send them in parts",
                "не больше {most} строк за раз, а не {rows}; пришлите частями",
                most=self._max_rows,
                rows=rows,
            )
            raise inference_errors.InvalidRows(
                fields=[kit_errors.FieldError(field="data", message=message)]
            )

    async def _resolve(self, key: Meant) -> int:
        found = await self._storage.resolve_model(*key[1:])
        await self.load(found.id)
        return found.id

    async def _fetch(self, found: models.ModelDetail) -> tuple[Served, int]:
        model_id = found.id
        if found.bundle_size_bytes > self._max_bytes:
            raise errors.ModelTooLarge(
                model_id=model_id, size_bytes=found.bundle_size_bytes, limit_bytes=self._max_bytes
            )
        content = await self._download(found)
        started = time.perf_counter()
        try:
            loaded = await asyncio.to_thread(_open, content, found, self._max_rows)
        except inference_errors.BadBundle as error:
            raise _corrupt(found, str(error.details["reason"])) from None
        _log.info(
            "model loaded", model_id=model_id, seconds=round(time.perf_counter() - started, 4)
        )
        self._unloaded.discard(model_id)
        served = Served(
            model_id=model_id,
            name=found.name,
            version=found.version,
            owner=found.owner,
            shared_with=found.shared_with,
            loaded=loaded,
        )
        return served, len(content)

    async def _download(self, found: models.ModelDetail) -> bytes:
        """Storage itself may notice that the blob is damaged; that is no fault of the caller's."""
        try:
            return await self._storage.download_model(found.id)
        except kit_errors.RemoteProblem as error:
            if error.remote_status >= 500:
                raise _corrupt(found, f"storage cannot read it ({error.remote_slug})") from None
            raise

    async def _revalidate(self, entry: cache.Entry[Served]) -> None:
        """Raises `RemoteProblem` 404 when the model was deleted, or is no longer shown to who asks.

        Storage away or silent is no reason to stop.
        """
        check = asyncio.create_task(self._why_gone(entry))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)
        await asyncio.wait({check}, timeout=_PATIENCE_SECONDS)
        error = check.result() if check.done() else None
        if error is not None:
            raise error

    async def _why_gone(self, entry: cache.Entry[Served]) -> kit_errors.RemoteProblem | None:
        model_id = entry.value.model_id
        try:
            entry.update(entry.value.as_told(await self._storage.model(model_id)))
        except kit_errors.RemoteProblem as error:
            if error.remote_status == 404:
                self.unload(model_id)
                return error
        except kit_errors.ServiceUnavailable:
            _log.warning("storage is away; a loaded model goes on", model_id=model_id)
        return None


def _is_small(data: Data) -> bool:
    return len(data) < (_QUICK_CHARACTERS if isinstance(data, str) else _QUICK_ROWS + 1)


def _meant(name: str, reference: str | None) -> Meant:
    """What a name means to the person who asks: an alias or a newer version may not be theirs to see."""
    person = context.current().person
    return None if person.sees_all else person.name, name, reference


def _open(content: bytes, found: models.ModelDetail, max_rows: int) -> model.LoadedModel:
    return loader.load_bundle().open(
        content,
        found.bundle_sha256,
        name=found.name,
        version=found.version,
        max_rows=max_rows,
    )


def _corrupt(found: models.ModelDetail, reason: str) -> errors.CorruptModel:
    return errors.CorruptModel(
        model_id=found.id, model=found.name, version=found.version, reason=reason
    )
