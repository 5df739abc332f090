"""What can go wrong with predictions."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownPrediction(errors.NotFound):
    slug = "unknown-prediction"
    title = text.Text(en="There is no such prediction", ru="Такого предсказания нет")
    detail = text.Text(
        en="There is no prediction {prediction_id}; a new one takes a moment to arrive. List: GET /predictions.",
        ru="Предсказания {prediction_id} нет; новое может прийти через секунду. Список: GET /predictions.",
    )
