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


class ImagesFull(errors.Conflict):
    """One of the limits of the settings is reached."""

    slug = "images-full"
    title = text.Text(en="No more images can be kept", ru="Больше изображений сохранить нельзя")
    detail = text.Text(
        en="One person may have {limit} here, those of the history included, and with this there would be more. Delete "
        "some, or ask the operator to raise `images.{setting}`.",
        ru="Предел на одного человека вместе с историей ({limit}) с этим изображением был бы превышен. Удалите лишнее "
        "или попросите оператора увеличить `images.{setting}`.",
    )


def too_many(limit: int) -> ImagesFull:
    return ImagesFull(
        limit=text.Text(en=f"{limit} images", ru=f"изображений {limit}"), setting="max_per_person"
    )


def too_much(limit: int) -> ImagesFull:
    return ImagesFull(
        limit=text.Text(en=f"{limit} bytes", ru=f"байт {limit}"), setting="max_bytes_per_person"
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
