"""Why a training cannot be done, or its result not be kept."""

from __future__ import annotations

from typing import Any

from kolba.inference import errors as inference_errors
from kolba.kit import errors, text


class Untrainable(errors.InvalidInput):
    """The data do not fit what was asked; `fields` says which part and what to do."""

    slug = "untrainable"
    title = text.Text(
        en="This data set cannot be learned from like this", ru="На этих данных так обучить нельзя"
    )


class LibraryMissing(errors.KolbaError):
    status = 503
    slug = "library-missing"
    title = text.Text(
        en="The worker lacks a library", ru="На машине, где идут обучения, нет нужной библиотеки"
    )
    detail = text.Text(
        en="{family} needs `{library}`, and the worker that took up the run does not have it. Install it there "
        "(for torch: `make torch`), or choose another family.",
        ru="Для {family} нужна библиотека `{library}`, а у воркера, взявшего запуск, её нет. Установите её там "
        "(torch: `make torch`) или выберите другое семейство.",
    )


class ParityBroken(errors.KolbaError):
    status = 500
    slug = "parity-broken"
    title = text.Text(
        en="The exported model disagrees with the trained one",
        ru="Выгруженная модель не совпадает с обученной",
    )
    detail = text.Text(
        en="On {rows} held-out rows the largest difference of a probability is {max_difference:.3g} "
        "(allowed: {tolerance:.0e}), and {different_labels} labels differ. The model was not kept.",
        ru="На {rows} отложенных строках наибольшая разность вероятностей {max_difference:.3g} "
        "(допустимо {tolerance:.0e}), различаются меток: {different_labels}. Модель не сохранена.",
    )


class GraphRefused(errors.KolbaError):
    status = 422
    slug = "graph-refused"
    title = text.Text(en="The model's graph is refused", ru="Граф модели отклонён")
    detail = text.Text(
        en="The graph was refused: {reason}. Only standard ONNX operators and data inside the file are allowed.",
        ru="Граф отклонён: {reason}. Допустимы только стандартные операторы ONNX и данные внутри файла.",
    )


def untrainable(field: str, en: str, ru: str, **parameters: Any) -> Untrainable:
    message = inference_errors.message(en, ru, **parameters)
    return Untrainable(fields=[errors.FieldError(field=field, message=message)])
