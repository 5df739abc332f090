"""What can go wrong with a data set that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from kolba.kit import errors, text


class UnknownDataset(errors.NotFound):
    slug = "unknown-dataset"
    title = text.Text(en="There is no such data set", ru="Такого набора данных нет")
    detail = text.Text(
        en="There is no data set {dataset_id}. GET /datasets lists what there is.",
        ru="Набора данных {dataset_id} нет. Список: GET /datasets.",
    )


class UnknownTarget(errors.InvalidInput):
    slug = "unknown-target"

    def __init__(self, target: str, columns: Sequence[str]) -> None:
        known = ", ".join(columns[:20]) + (" …" if len(columns) > 20 else "")
        message = text.Text(
            en=_verbatim(f"there is no column `{target}`; the columns are: {known}"),
            ru=_verbatim(f"столбца `{target}` нет; столбцы: {known}"),
        )
        super().__init__(fields=[errors.FieldError(field="target", message=message)])


class ImageAsTarget(errors.InvalidInput):
    slug = "image-as-target"

    def __init__(self, target: str) -> None:
        message = text.Text(
            en=_verbatim(f"`{target}` has images in it; a model answers with one of a few labels"),
            ru=_verbatim(f"в `{target}` изображения; модель отвечает одной из немногих меток"),
        )
        super().__init__(fields=[errors.FieldError(field="target", message=message)])


class NamelessUpload(errors.InvalidInput):
    """Neither the query nor a form names the data set."""

    slug = "nameless-upload"

    def __init__(self) -> None:
        message = text.Text(
            en="say what the data set is called: ?name=… (or send a form whose file has a name)",
            ru="назовите набор данных: ?name=… (или пришлите форму, где у файла есть имя)",
        )
        super().__init__(fields=[errors.FieldError(field="name", message=message)])


def _verbatim(message: str) -> str:
    return message.replace("{", "{{").replace("}", "}}")
