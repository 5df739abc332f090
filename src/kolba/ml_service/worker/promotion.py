"""Who answers in production: the first version, where that was asked for; after a fine-tuning the new version, but only
where the gate lets it and nobody has decided otherwise meanwhile."""

from __future__ import annotations

import dataclasses
from typing import Literal

from kolba.contracts import aliases, models, reports, runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.worker import delivery, settings

Reason = Literal["promoted", "worse", "too-few-images", "not-asked", "other-name", "not-production"]
_MOVED_ELSEWHERE = "alias-moved"
_FIRST = text.Text(
    en="The first version there was (run {run_id})", ru="Первая версия из всех (запуск {run_id})"
)
_PINNED = text.Text(
    en="until it is known whether the version that run {run_id} makes is no worse",
    ru="пока не известно, не хуже ли версия, которую сделает запуск {run_id}",
)
_MESSAGES: dict[Reason, text.Text] = {
    "promoted": text.Text(
        en="Fine-tuned from {parent}, and not worse: p = {p} on {images} images (run {run_id})",
        ru="Дообучена от {parent} и не хуже: p = {p} на {images} изображениях (запуск {run_id})",
    ),
    "worse": text.Text(
        en="{version} is worse than {parent}: p = {p} on {images} images. `production` stays where it is.",
        ru="{version} хуже, чем {parent}: p = {p} на {images} изображениях. `production` остаётся на месте.",
    ),
    "too-few-images": text.Text(
        en="{images} held-out images are too few to tell whether {version} is worse than {parent}; at least {least} "
        "are needed. `production` stays where it is.",
        ru="По отложенным изображениям ({images}) нельзя сказать, не хуже ли {version}, чем {parent}; нужно хотя бы "
        "{least}. `production` остаётся на месте.",
    ),
    "not-asked": text.Text(
        en="{version} is not worse than {parent} (p = {p}), but moving `production` was not asked for.",
        ru="{version} не хуже, чем {parent} (p = {p}), но переводить `production` не просили.",
    ),
    "other-name": text.Text(
        en="{version} is not worse than {parent} (p = {p}), but belongs to the model `{model}`, whose `production` is "
        "its own.",
        ru="{version} не хуже, чем {parent} (p = {p}), но принадлежит модели `{model}`, у которой свой `production`.",
    ),
    "not-production": text.Text(
        en="{version} is not worse than {parent} (p = {p}), but `production` does not point to {parent}: it stays "
        "where it is. Move it by hand if you want to.",
        ru="{version} не хуже, чем {parent} (p = {p}), но `production` указывает не на {parent} и остаётся на месте. "
        "При желании переведите его сами.",
    ),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    promoted: bool
    reason: Reason
    message: str
    """In the language of whoever asked for the run."""


class Promotion:
    """Moves `production` in the name of the run's owner."""

    def __init__(
        self,
        storage: storage_client.StorageClient,
        run: runs.Run,
        config: settings.WorkerSettings,
    ) -> None:
        self._storage = storage
        self._run = run
        self._patience = config.patience_seconds
        self._language: text.Language = "ru" if run.parameters["language"] == "ru" else "en"

    async def first(self, made: models.Model) -> bool:
        """Point `production` to what was made, where it points to none. Whether it does. Raises as `decide`."""
        reason = _FIRST.render(self._language, run_id=self._run.id)
        return await self._move(made.name, made.id, expected=0, reason=reason)

    async def pin(self, name: str) -> None:
        """Point `production` to the version that answers now, where it points to none.

        Without it the newest version answers, and the one about to be registered would take over ungated.
        """
        answering = await delivery.persist(
            lambda: self._storage.resolve_model(name), patience_seconds=self._patience
        )
        reason = _PINNED.render(self._language, run_id=self._run.id)
        await self._move(name, answering.id, expected=0, reason=reason)

    async def decide(
        self, parent: models.Model, made: models.Model, gate: reports.GatePart
    ) -> Outcome:
        """Move `production` from the parent to what was made, if it may. Raises `LeaseLost`, `RemoteProblem`."""
        reason = self._held_back(parent, made, gate)
        if reason is None:
            message = self._message("promoted", parent, made, gate)
            moved = await self._move(made.name, made.id, expected=parent.id, reason=message)
            reason = "promoted" if moved else "not-production"
        return Outcome(
            promoted=reason == "promoted",
            reason=reason,
            message=self._message(reason, parent, made, gate),
        )

    def _held_back(
        self, parent: models.Model, made: models.Model, gate: reports.GatePart
    ) -> Reason | None:
        if not gate.passed:
            return "too-few-images" if gate.compared.images < gate.least_images else "worse"
        if not self._run.parameters["promote"]:
            return "not-asked"
        return "other-name" if made.name != parent.name else None

    async def _move(self, name: str, model_id: int, *, expected: int, reason: str) -> bool:
        """Whether it points there now; False where it pointed elsewhere than expected."""
        move = aliases.AliasMove(
            model_id=model_id, expected_model_id=expected, reason=reason[:500], by=self._run.owner
        )
        try:
            await delivery.persist(
                lambda: self._storage.move_alias(name, aliases.PRODUCTION, move),
                patience_seconds=self._patience,
            )
        except kit_errors.RemoteProblem as error:
            if error.remote_slug != _MOVED_ELSEWHERE:
                raise
            return False
        return True

    def _message(
        self, reason: Reason, parent: models.Model, made: models.Model, gate: reports.GatePart
    ) -> str:
        return _MESSAGES[reason].render(
            self._language,
            run_id=self._run.id,
            parent=parent.version,
            version=made.version,
            model=made.name,
            p=f"{gate.p_value:.3g}",
            images=gate.compared.images,
            least=gate.least_images,
        )
