"""What can be wrong with a prediction that a worker makes."""

from __future__ import annotations

from collections.abc import Sequence

from kolba.inference import errors as inference_errors
from kolba.kit import errors, text


class UnfitDataset(errors.InvalidInput):
    """The data set cannot be read by the model; `fields` names the columns."""

    slug = "unfit-dataset"
    title = text.Text(
        en="The data set does not fit the model", ru="Набор данных не подходит модели"
    )


class UnfitRows(inference_errors.InvalidRows):
    """Values in a data set that the model cannot read."""

    detail = text.Text(
        en="{first}. Nothing was kept. Put it right and upload the data set again{hint}.",
        ru="{first}. Ничего не сохранено. Исправьте и загрузите набор данных заново{hint}.",
    )

    def __init__(self, *, fields: Sequence[errors.FieldError], is_unknown: bool) -> None:
        """`is_unknown`: unknown categories are among the faults, which may also be taken as missing."""
        first = fields[0].message
        hint = _AS_MISSING if is_unknown else _NOTHING
        super().__init__(fields=fields, first=first, hint=hint)


class ModelGone(errors.KolbaError):
    status = 404
    slug = "model-gone"
    title = text.Text(en="The model is gone", ru="Модели больше нет")
    detail = text.Text(
        en="The model was deleted while the prediction waited. Ask another model.",
        ru="Модель удалили, пока прогноз ждал очереди. Обратитесь к другой модели.",
    )


class DatasetGone(errors.KolbaError):
    status = 404
    slug = "dataset-gone"
    title = text.Text(en="The data set is gone", ru="Набора данных больше нет")
    detail = text.Text(
        en="The data set was deleted while the prediction waited. Upload it again.",
        ru="Набор данных удалили, пока прогноз ждал очереди. Загрузите его заново.",
    )


_AS_MISSING = text.Text(
    en=", or ask with `on_unknown: missing` to take unknown categories as missing values",
    ru=" либо укажите `on_unknown: missing`, чтобы считать незнакомые категории пропусками",
)
_NOTHING = text.Text(en="", ru="")
