"""Why a model does not answer."""

from __future__ import annotations

from kolba.kit import errors, text


class CorruptModel(errors.KolbaError):
    """The stored bundle is not the one that was registered, or is no bundle at all."""

    status = 502
    slug = "corrupt-model"
    title = text.Text(en="The stored model is damaged", ru="Сохранённая модель повреждена")
    detail = text.Text(
        en="Model {model_id} (`{model}`, version {version}) was not loaded: {reason}. "
        "Restore it from a backup or train it again.",
        ru="Модель {model_id} (`{model}`, версия {version}) не загружена: {reason}. "
        "Восстановите её из резервной копии или обучите заново.",
    )


class ModelTooLarge(errors.KolbaError):
    status = 507
    slug = "model-too-large"
    title = text.Text(en="The model is too large to load", ru="Модель слишком велика для загрузки")
    detail = text.Text(
        en="Model {model_id} has {size_bytes} bytes; `serving.max_bytes` allows {limit_bytes}.",
        ru="Модель {model_id} занимает {size_bytes} байт; `serving.max_bytes` допускает {limit_bytes}.",
    )


class NotYours(errors.KolbaError):
    status = 403
    slug = "model-not-yours"
    title = text.Text(en="The model is not yours", ru="Модель не ваша")
    detail = text.Text(
        en="`{model}` was shared with you to be used. Only its owner and administrators unload it.",
        ru="Моделью `{model}` вам разрешено пользоваться. Выгружать её могут только владелец и администраторы.",
    )


class ModelNotReady(errors.KolbaError):
    """Unloaded by hand, and not asked since."""

    status = 400
    slug = "model-not-ready"
    title = text.Text(en="The model is not loaded", ru="Модель не загружена")
    detail = text.Text(
        en="`{model}`, version {version}, was unloaded. POST /v2/repository/models/{model}/load, or the next "
        "prediction, loads it again.",
        ru="`{model}`, версия {version}, выгружена. Её снова загрузит POST /v2/repository/models/{model}/load "
        "или следующий прогноз.",
    )
