"""What can go wrong on the way through."""

from __future__ import annotations

from kolba.kit import errors, text


class CallerLeft(errors.KolbaError):
    """Nobody is there to be answered; it only stands in the log."""

    status = 499
    slug = "caller-left"
    title = text.Text(en="The caller left", ru="Клиент ушёл")
    detail = text.Text(
        en="The connection was closed before the whole body had come. Nothing was kept; send it again.",
        ru="Соединение закрылось раньше, чем пришло всё тело. Ничего не сохранено; пришлите ещё раз.",
    )
