"""Why a batch cannot be given."""

from __future__ import annotations

from kolba.kit import errors, text


class NotAcceptable(errors.KolbaError):
    status = 406
    slug = "not-acceptable"
    title = text.Text(en="No such representation", ru="Такого представления нет")
    detail = text.Text(
        en="Batches come as `application/json` or `application/vnd.apache.arrow.stream`; "
        "`Accept` names neither.",
        ru="Части отдаются как `application/json` или `application/vnd.apache.arrow.stream`; "
        "в `Accept` нет ни того, ни другого.",
    )


def wrong_size(largest: int) -> errors.InvalidInput:
    message = text.Text(
        en=f"ask for 1 to {largest} rows at a time", ru=f"запросите от 1 до {largest} строк за раз"
    )
    return errors.InvalidInput(fields=[errors.FieldError(field="size", message=message)])


def wrong_offset(largest: int) -> errors.InvalidInput:
    message = text.Text(
        en=f"give a row number from 0 to {largest}", ru=f"укажите номер строки от 0 до {largest}"
    )
    return errors.InvalidInput(fields=[errors.FieldError(field="offset", message=message)])
