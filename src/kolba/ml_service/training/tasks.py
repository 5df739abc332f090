"""Which of the tasks that a family can do is asked of it. The same rule holds before a run is queued and in it."""

from __future__ import annotations

from kolba.ml_service.families import family
from kolba.ml_service.training import errors


def of(chosen: family.Family, *, has_images: bool) -> family.Task:
    """Images are learned from where there are any. Raises `errors.Untrainable` where the family cannot."""
    if has_images:
        if "image-classification" in chosen.tasks:
            return "image-classification"
        raise errors.untrainable(
            "model_type",
            "{family} does not learn from images; choose a family that does (CNN, LogisticRegression), "
            "or name other columns in `features`",
            "{family} не обучается на изображениях; выберите семейство, которое умеет (CNN, LogisticRegression), "
            "или назовите другие столбцы в `features`",
            family=chosen.name,
        )
    if "classification" not in chosen.tasks:
        raise errors.untrainable(
            "model_type",
            "{family} learns from images, and there is no image column to learn from; choose another family, "
            "or another data set",
            "{family} обучается на изображениях, а столбца с изображениями нет; выберите другое семейство "
            "или другой набор данных",
            family=chosen.name,
        )
    return "classification"
