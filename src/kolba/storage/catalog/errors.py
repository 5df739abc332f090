"""Failures that several features share."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from kolba.kit import errors, identity, text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """Something that cannot be without what should be deleted."""

    kind: str
    id: int
    name: str
    owner: str
    shared_with: str | None = None


class InUse(errors.Conflict):
    """Something else depends on what should be deleted; `dependents` lists what of it the person may see."""

    slug = "in-use"
    title = text.Text(en="Something depends on it", ru="От этого что-то зависит")
    detail = text.Text(
        en="It cannot be deleted while these depend on it: {listed}. Delete them first.",
        ru="Удалить нельзя, пока от него зависят: {listed}. Сначала удалите их.",
    )

    def __init__(self, dependents: Sequence[Dependent], person: identity.Person) -> None:
        seen = [one for one in dependents if person.may_see(one.owner, one.shared_with)]
        others = len(dependents) - len(seen)
        listed = [f"{one.kind} {one.id} ({one.name})" for one in seen[:20]]
        super().__init__(
            dependents=[{"kind": one.kind, "id": one.id, "name": one.name} for one in seen],
            others=others,
            listed=_and_others(", ".join(listed), others),
        )


def _and_others(listed: str, others: int) -> text.Text:
    separator = ", " if listed else ""
    en = f"{separator}{others} of other people's (an administrator sees which)" if others else ""
    ru = f"{separator}чужих: {others} (каких, видит администратор)" if others else ""
    return text.Text(en=text.verbatim(listed + en), ru=text.verbatim(listed + ru))


class NotYours(errors.KolbaError):
    status = 403
    slug = "not-yours"
    title = text.Text(en="It is not yours to change", ru="Менять это может только владелец")
    detail = text.Text(
        en="It was shared with you to be used. Only its owner and administrators change, share or delete it.",
        ru="Вам открыт доступ, чтобы пользоваться. Менять, открывать другим и удалять может только владелец или "
        "администратор.",
    )


class NameTaken(errors.KolbaError):
    status = 403
    slug = "name-taken"
    title = text.Text(en="The name is another person's", ru="Имя занято другим человеком")
    detail = text.Text(
        en="`{name}` belongs to whoever used it first: only they and administrators add versions and move aliases. "
        "Choose another name.",
        ru="`{name}` принадлежит тому, кто занял это имя первым: добавлять версии и двигать псевдонимы может только он "
        "и администраторы. Выберите другое имя.",
    )


class OwnerGiven(errors.InvalidInput):
    """A body says whose a thing is to be."""

    slug = "owner-given"

    def __init__(self, field: str) -> None:
        message = text.Text(
            en="what you make is yours; leave this out", ru="создателем будете вы; уберите это поле"
        )
        super().__init__(fields=[errors.FieldError(field=field, message=message)])


class UnknownGroup(errors.InvalidInput):
    slug = "unknown-group"

    def __init__(self, group: str, known: Collection[str]) -> None:
        listed = ", ".join(sorted(known))
        message = text.Text(
            en=text.verbatim(f"there is no group `{group}`; there are: {listed}"),
            ru=text.verbatim(f"группы `{group}` нет; есть: {listed}"),
        )
        super().__init__(fields=[errors.FieldError(field="shared_with", message=message)])


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
