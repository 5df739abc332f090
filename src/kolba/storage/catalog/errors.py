"""Failures that several features share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kolba.kit import errors, text


class InUse(errors.Conflict):
    """Something else depends on what should be deleted; `dependents` lists it."""

    slug = "in-use"
    title = text.Text(en="Something depends on it", ru="От этого что-то зависит")
    detail = text.Text(
        en="It cannot be deleted while these depend on it: {listed}. Delete them first.",
        ru="Удалить нельзя, пока от него зависят: {listed}. Сначала удалите их.",
    )

    def __init__(self, dependents: Sequence[dict[str, Any]]) -> None:
        listed = ", ".join(f"{one['kind']} {one['id']} ({one['name']})" for one in dependents[:20])
        super().__init__(dependents=list(dependents), listed=listed)


class UnknownReference(errors.InvalidInput):
    """A body names something that is not there."""

    slug = "unknown-reference"

    def __init__(self, field: str, value: object) -> None:
        message = text.Text(
            en=f"there is nothing with the id {value}; list what there is and choose one",
            ru=f"ничего с номером {value} нет; посмотрите список и выберите",
        )
        super().__init__(fields=[errors.FieldError(field=field, message=message)])


class WrongMediaType(errors.KolbaError):
    status = 415
    slug = "wrong-media-type"
    title = text.Text(
        en="This content type is not taken here", ru="Такой тип содержимого здесь не принимается"
    )
    detail = text.Text(
        en="`Content-Type: {given}` is not taken here; send {expected}.",
        ru="`Content-Type: {given}` здесь не принимается; пришлите {expected}.",
    )


class UploadTooSlow(errors.KolbaError):
    status = 408
    slug = "upload-too-slow"
    title = text.Text(en="The upload is too slow", ru="Загрузка идёт слишком медленно")
    detail = text.Text(
        en="{received} bytes came in {seconds} seconds; `upload.min_bytes_per_second` = {limit} is the least. Nothing "
        "was kept; send it again over a faster connection, or in parts.",
        ru="За {seconds} с пришло {received} байт; наименьшая скорость `upload.min_bytes_per_second` = {limit}. "
        "Ничего не сохранено; пришлите снова по более быстрому соединению или частями.",
    )


class UploadStalled(errors.KolbaError):
    status = 408
    slug = "upload-stalled"
    title = text.Text(en="The upload stopped", ru="Загрузка остановилась")
    detail = text.Text(
        en="Nothing arrived for {seconds} seconds. Nothing was kept; send it again.",
        ru="Ничего не приходило {seconds} с. Ничего не сохранено; пришлите снова.",
    )
