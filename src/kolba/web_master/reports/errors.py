"""What can be wrong with a report."""

from __future__ import annotations

from kolba.kit import errors, text


class UnreadableSummary(errors.KolbaError):
    status = 409
    slug = "unreadable-summary"
    title = text.Text(
        en="This model says too little of itself", ru="Модель сообщает о себе слишком мало"
    )
    detail = text.Text(
        en="No report can be made of the summary of model {model_id}. Train the model again with this version.",
        ru="По сведениям о модели {model_id} отчёт составить нельзя. Обучите её заново этой версией.",
    )
