"""What can go wrong with a file that is asked for."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownFile(errors.NotFound):
    slug = "unknown-file"
    title = text.Text(en="There is no such file", ru="Такого файла нет")
    detail = text.Text(
        en="There is no file {file_id}. GET /files lists what there is.",
        ru="Файла {file_id} нет. Список: GET /files.",
    )


class EmptyFile(errors.InvalidInput):
    slug = "empty-file"

    def __init__(self) -> None:
        message = text.Text(
            en="there is nothing in it; send its bytes", ru="он пуст; пришлите содержимое"
        )
        super().__init__(fields=[errors.FieldError(field="file", message=message)])
