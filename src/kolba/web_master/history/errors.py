"""What can be wrong with an entry of the history."""

from __future__ import annotations

from kolba.kit import errors, text


class Interrupted(errors.KolbaError):
    """Never answered, only recorded: whoever would have been answered is gone."""

    slug = "interrupted"
    title = text.Text(en="It was interrupted", ru="Выполнение прервано")
    detail = text.Text(
        en="The web master stopped, or the caller left, before this was done. Run it again.",
        ru="Веб-мастер остановился или клиент ушёл раньше, чем всё было сделано. Запустите ещё раз.",
    )


class RunGone(errors.NotFound):
    """Never answered, only recorded."""

    slug = "run-gone"
    detail = text.Text(
        en="Run {run_id}, which did the work, is no longer in storage.",
        ru="Запуска {run_id}, который делал эту работу, в хранилище больше нет.",
    )
