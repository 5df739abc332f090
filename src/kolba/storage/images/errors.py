"""What can go wrong with an image that is asked for. Why one cannot be read is said by `kolba.inference.images`."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownImage(errors.NotFound):
    slug = "unknown-image"
    title = text.Text(en="There is no such image", ru="Такого изображения нет")
    detail = text.Text(
        en="There is no image {image_id}. GET /images lists what there is.",
        ru="Изображения {image_id} нет. Список: GET /images.",
    )


class ImageInHistory(errors.Conflict):
    """Predictions show it."""

    slug = "image-in-history"
    title = text.Text(
        en="Predictions were made about it", ru="По этому изображению есть предсказания"
    )
    detail = text.Text(
        en="{count} of the predictions in the history show it. `?unlink=true` takes it out of them and deletes it; the "
        "predictions themselves stay.",
        ru="Его показывают предсказания в истории: {count}. С `?unlink=true` оно будет убрано из них и удалено; сами "
        "предсказания останутся.",
    )
