"""What can be wrong with asking for a batch prediction."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownFileKind(errors.KolbaError):
    status = 415
    slug = "unknown-file-kind"
    title = text.Text(en="This kind of file is not read", ru="Файлы такого вида не читаются")
    detail = text.Text(
        en="`Content-Type: {given}` is not read here. Send application/json that names a `dataset_id`, or the rows as "
        "text/csv, multipart/form-data with a CSV `file`, or {parquet}.",
        ru="`Content-Type: {given}` здесь не читается. Пришлите application/json с `dataset_id` или сами строки: "
        "text/csv, multipart/form-data с файлом CSV `file` или {parquet}.",
    )
