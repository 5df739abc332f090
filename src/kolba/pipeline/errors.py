"""What can be wrong on the way of an image through the chain."""

from __future__ import annotations

from kolba.kit import errors, text


class NoFile(errors.KolbaError):
    status = 422
    slug = "no-file"
    title = text.Text(en="No image was sent", ru="Изображение не прислано")
    detail = text.Text(
        en="Send one as the form's field `file` (`curl -F file=@digit.png …`), or as the body itself.",
        ru="Пришлите его полем формы `file` (`curl -F file=@digit.png …`) или самим телом запроса.",
    )


class BrokenForm(errors.KolbaError):
    status = 400
    slug = "broken-form"
    title = text.Text(en="The form could not be read", ru="Форму не удалось прочитать")
    detail = text.Text(
        en="The body is not a whole `multipart/form-data`: {reason}.",
        ru="Тело запроса: не целая форма `multipart/form-data`: {reason}.",
    )


class BadDeadline(errors.KolbaError):
    status = 400
    slug = "bad-deadline"
    title = text.Text(en="The deadline is not a time", ru="Срок ответа указан неверно")
    detail = text.Text(
        en="`X-Deadline-Ms: {given}` is not a number of milliseconds above 0.",
        ru="`X-Deadline-Ms: {given}`: не число миллисекунд больше 0.",
    )


class BadTensor(errors.KolbaError):
    status = 422
    slug = "bad-tensor"
    title = text.Text(en="The tensor does not fit the model", ru="Тензор не подходит модели")
    detail = text.Text(
        en="{reason}. Send float32 in 0 … 1, shape 28,28 or N,28,28: binary with `X-Tensor-Shape`, .npy, or JSON "
        '{{"tensor": [[…]]}}.',
        ru="{reason}. Пришлите float32 от 0 до 1, размер 28,28 или N,28,28: двоичные данные с `X-Tensor-Shape`, .npy "
        'или JSON {{"tensor": [[…]]}}.',
    )


class TooManyImages(errors.KolbaError):
    status = 413
    slug = "too-many-images"
    title = text.Text(en="Too many images at once", ru="Слишком много изображений сразу")
    detail = text.Text(
        en="{images} images in one request; at most {limit} are answered. Send them in parts.",
        ru="Изображений в запросе: {images}, а отвечают не больше чем на {limit}. Пришлите частями.",
    )


class UnknownTensor(errors.NotFound):
    slug = "unknown-tensor"
    title = text.Text(en="There is no such tensor", ru="Такого тензора нет")
    detail = text.Text(
        en="`{path}` is not in the exchange folder. Do preprocess and model share the volume?",
        ru="`{path}` нет в общей папке. Общий ли том у preprocess и model?",
    )


class NoExchange(errors.KolbaError):
    status = 422
    slug = "no-exchange"
    title = text.Text(en="No volume is shared here", ru="Общего тома здесь нет")
    detail = text.Text(
        en="This model takes tensors over HTTP only: `exchange_dir` is not set.",
        ru="Эта модель принимает тензоры только по HTTP: `exchange_dir` не задан.",
    )


class BadPath(errors.KolbaError):
    status = 422
    slug = "bad-tensor-path"
    title = text.Text(en="That is no name of a tensor", ru="Это не имя тензора")
    detail = text.Text(
        en="`path` is the request id under which preprocess left the tensor: letters, digits, `.`, `_`, `-`.",
        ru="`path`: номер запроса, под которым preprocess оставил тензор: буквы, цифры, `.`, `_`, `-`.",
    )


class ExchangeFull(errors.KolbaError):
    status = 507
    slug = "exchange-full"
    title = text.Text(en="The shared volume is full", ru="Общий том заполнен")
    detail = text.Text(
        en="There is no space left to hand the image on. Nothing was left behind; free some space, or set "
        "`transport: http`.",
        ru="Нет места, чтобы передать изображение дальше. Ничего не осталось; освободите место или задайте "
        "`transport: http`.",
    )


class ExchangeUnavailable(errors.KolbaError):
    status = 503
    slug = "exchange-unavailable"
    title = text.Text(en="The shared volume cannot be used", ru="Общий том недоступен")
    detail = text.Text(
        en="The exchange folder cannot be used: {reason}. Nothing was left behind; let this service use it, or set "
        "`transport: http`.",
        ru="Общую папку нельзя использовать: {reason}. Ничего не осталось; дайте службе доступ или задайте "
        "`transport: http`.",
    )

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason, headers={"Retry-After": "5"})


class NoModelYet(errors.KolbaError):
    status = 503
    slug = "no-model-yet"
    title = text.Text(en="There is no model yet", ru="Модели ещё нет")
    detail = text.Text(
        en="`{model}` has no version that `{alias}` points to. Train one (`curl -X POST "
        "http://localhost:8000/train`), or let `{alias}` point to one.",
        ru="У `{model}` нет версии, на которую указывает `{alias}`. Обучите её (`curl -X POST "
        "http://localhost:8000/train`) или укажите `{alias}`.",
    )

    def __init__(self, *, model: str, alias: str) -> None:
        super().__init__(model=model, alias=alias, headers={"Retry-After": "5"})


class ModelFailed(errors.KolbaError):
    status = 500
    slug = "model-failed"
    title = text.Text(en="The model failed", ru="Модель не справилась")
    detail = text.Text(
        en="Version {version} of `{model}` did not answer. Give the operator the request id.",
        ru="Версия {version} модели `{model}` не ответила. Передайте оператору номер запроса.",
    )
