"""What can be missing for the digits' scenarios."""

from __future__ import annotations

from kolba.kit import errors, text


class TooFewContributions(errors.KolbaError):
    status = 422
    slug = "too-few-contributions"
    title = text.Text(en="Too few contributions", ru="Слишком мало исправлений")
    detail = text.Text(
        en="{found} of at least {least} images were contributed so far. Contribute more (`POST /user-data`), or name a "
        "data set (`dataset_id`).",
        ru="Пока прислано изображений: {found}, нужно не меньше {least}. Пришлите ещё (`POST /user-data`) или укажите "
        "набор данных (`dataset_id`).",
    )


class NothingToFineTune(errors.KolbaError):
    status = 422
    slug = "nothing-to-fine-tune"
    title = text.Text(en="There is no model to go on from", ru="Дообучать пока нечего")
    detail = text.Text(
        en="There is no model `{model}` yet. Train it first (`POST /train`), or name another (`model_id`).",
        ru="Модели `{model}` ещё нет. Сначала обучите её (`POST /train`) или укажите другую (`model_id`).",
    )
