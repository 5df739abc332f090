"""What can be wrong with following a run."""

from __future__ import annotations

from kolba.kit import errors, text


class InvalidEventId(errors.InvalidInput):
    slug = "invalid-event-id"
    title = text.Text(en="Last-Event-ID is not valid", ru="Неверный Last-Event-ID")
    detail = text.Text(
        en="`Last-Event-ID` must be the id of an event of this run: a whole number from 0.",
        ru="`Last-Event-ID` должен быть номером события этого запуска: целым числом от 0.",
    )
