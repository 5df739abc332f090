"""Why a table is refused. Each names the place and says what to do; nothing of the table is kept."""

from __future__ import annotations

from typing import Any

from kolba.kit import errors, text


class BadTable(errors.KolbaError):
    """Root of what is wrong with the table that somebody sent. `details["field"]` names the part of the request."""

    status = 422
    slug = "bad-table"
    title = text.Text(en="The table cannot be read", ru="Таблицу не удалось прочитать")
    detail = text.Text(en="{reason}", ru="{reason}")

    def __init__(self, **details: Any) -> None:
        fault = errors.FieldError(field="file", message=self.detail_of(details))
        super().__init__(fields=[fault], **details)

    @classmethod
    def detail_of(cls, details: dict[str, Any]) -> text.Text:
        """The class's text with its places filled, ready to be a field's message."""
        return text.Text(
            en=_verbatim(cls.detail.render("en", **details)),
            ru=_verbatim(cls.detail.render("ru", **details)),
        )


def _verbatim(message: str) -> str:
    return message.replace("{", "{{").replace("}", "}}")


class EmptyTable(BadTable):
    slug = "empty-table"
    title = text.Text(en="The file is empty", ru="Файл пуст")
    detail = text.Text(
        en="There is nothing in it. Send a CSV whose first line names the columns.",
        ru="В нём ничего нет. Пришлите CSV, первая строка которого называет столбцы.",
    )


class HeaderOnly(BadTable):
    slug = "header-only"
    title = text.Text(en="The table has no rows", ru="В таблице нет строк")
    detail = text.Text(
        en="It has {columns} column names and nothing under them. Send at least one row.",
        ru="В ней есть имена столбцов ({columns}), но нет ни одной строки. Пришлите хотя бы одну.",
    )


class NotText(BadTable):
    slug = "not-text"
    title = text.Text(en="This is not a text table", ru="Это не текстовая таблица")
    detail = text.Text(
        en="The content is {kind}, whatever the file is called. {advice}",
        ru="По содержимому это {kind}, как бы файл ни назывался. {advice}",
    )


class NulByte(BadTable):
    slug = "nul-byte"
    title = text.Text(en="There is a NUL byte in the text", ru="В тексте есть нулевой байт")
    detail = text.Text(
        en="Line {line} contains a NUL byte: the file is damaged or binary. Export the table again as UTF-8 CSV.",
        ru="В строке {line} нулевой байт: файл повреждён или двоичный. Выгрузите таблицу заново как CSV в UTF-8.",
    )


class UndecodableText(BadTable):
    slug = "undecodable-text"
    title = text.Text(en="The encoding is not understood", ru="Кодировка не распознана")
    detail = text.Text(
        en="Line {line} is not valid {encoding}. Save the file as UTF-8 and send it again.",
        ru="Строка {line} не читается как {encoding}. Сохраните файл в UTF-8 и пришлите снова.",
    )


class LineTooLong(BadTable):
    slug = "line-too-long"
    title = text.Text(en="A line is too long", ru="Слишком длинная строка")
    detail = text.Text(
        en="Line {line} is longer than {limit} bytes. Is it a table, with a line for each row?",
        ru="Строка {line} длиннее {limit} байт. Это точно таблица, где каждая запись на своей строке?",
    )


class RaggedRow(BadTable):
    slug = "ragged-row"
    title = text.Text(en="A row has another number of fields", ru="В строке другое число полей")
    detail = text.Text(
        en="Line {line} has {found} fields, the header has {expected}. Add what is missing, or quote the "
        "values that contain the delimiter `{delimiter}`.",
        ru="В строке {line} полей: {found}, в заголовке: {expected}. Добавьте недостающее или возьмите в кавычки "
        "значения, внутри которых есть разделитель `{delimiter}`.",
    )


class UnclosedQuote(BadTable):
    slug = "unclosed-quote"
    title = text.Text(en="A quoted value does not end", ru="Значение в кавычках не закрыто")
    detail = text.Text(
        en="A value opened with {quote} and never closed swallows the rest of the file. It begins near: {beginning}",
        ru="Значение, открытое кавычкой {quote} и не закрытое, поглощает остаток файла. Оно начинается около: "
        "{beginning}",
    )


class TooManyColumns(BadTable):
    slug = "too-many-columns"
    title = text.Text(en="Too many columns", ru="Слишком много столбцов")
    detail = text.Text(
        en="It has {found} columns; at most {limit} are taken here. Leave out what is not needed.",
        ru="Столбцов {found}, здесь принимается не больше {limit}. Уберите лишние.",
    )


class DuplicateColumn(BadTable):
    slug = "duplicate-column"
    title = text.Text(en="Two columns have one name", ru="Два столбца с одним именем")
    detail = text.Text(
        en="Columns {first} and {second} are both called `{column}`. Rename one; if the file has no header, add it.",
        ru="Столбцы {first} и {second} оба называются `{column}`. Переименуйте один; если заголовка нет, добавьте его.",
    )


class BlankColumn(BadTable):
    slug = "blank-column"
    title = text.Text(en="A column has no name", ru="Столбец без имени")
    detail = text.Text(
        en="Column {position} has no name in the header. Name it or leave it out.",
        ru="У столбца {position} в заголовке нет имени. Назовите его или уберите.",
    )


class BadColumnName(BadTable):
    slug = "bad-column-name"
    title = text.Text(en="A column's name cannot be kept", ru="Недопустимое имя столбца")
    detail = text.Text(
        en="The name of column {position} is longer than {limit} characters or has control characters in it.",
        ru="Имя столбца {position} длиннее {limit} знаков или содержит управляющие знаки.",
    )


class UploadTooLarge(BadTable):
    status = 413
    slug = "upload-too-large"
    title = text.Text(en="The upload is too large", ru="Слишком большой файл")
    detail = text.Text(
        en="It is larger than `upload.max_bytes` = {limit} allows. Split it, or let the operator raise the limit.",
        ru="Он больше, чем позволяет `upload.max_bytes` = {limit}. Разделите его или попросите поднять предел.",
    )


class RowTooLong(BadTable):
    slug = "row-too-long"
    title = text.Text(en="A row has too much text", ru="Слишком много текста в строке")
    detail = text.Text(
        en="A row has more than `tables.max_line_bytes` = {limit} bytes of text. Shorten or leave out long values, "
        "or let the operator raise the limit.",
        ru="В одной строке больше `tables.max_line_bytes` = {limit} байт текста. Сократите или уберите длинные "
        "значения или попросите поднять предел.",
    )


class TooManyRows(BadTable):
    status = 413
    slug = "table-too-long"
    title = text.Text(en="Too many rows", ru="Слишком много строк")
    detail = text.Text(
        en="It has more than `tables.max_rows` = {limit} rows. Split it, or let the operator raise the limit.",
        ru="В ней больше `tables.max_rows` = {limit} строк. Разделите её или попросите поднять предел.",
    )


class UnpacksTooLarge(BadTable):
    status = 413
    slug = "unpacks-too-large"
    title = text.Text(
        en="The table is too large once unpacked", ru="После распаковки таблица слишком велика"
    )
    detail = text.Text(
        en="Unpacked it comes to more than `tables.max_decoded_bytes` = {limit}. Split it, or let the operator raise "
        "the limit.",
        ru="После распаковки она больше, чем позволяет `tables.max_decoded_bytes` = {limit}. Разделите её или "
        "попросите поднять предел.",
    )


class CompressedStream(BadTable):
    slug = "compressed-stream"
    title = text.Text(en="Compressed Arrow is not taken", ru="Сжатый Arrow не принимается")
    detail = text.Text(
        en="The buffers of the Arrow stream are compressed. Write it without compression, or send Parquet.",
        ru="Буферы потока Arrow сжаты. Запишите его без сжатия или пришлите Parquet.",
    )


class UnreadableTable(BadTable):
    slug = "unreadable-table"
    detail = text.Text(
        en="The reader says: {reason}",
        ru="Сообщение читающей программы: {reason}",
    )


class UnsupportedColumnType(BadTable):
    slug = "unsupported-column-type"
    title = text.Text(en="A column's type is not supported", ru="Тип столбца не поддерживается")
    detail = text.Text(
        en="Column `{column}` is {type}; integers, numbers, booleans, dates, text and images are kept. Convert it "
        "first.",
        ru="Столбец `{column}` имеет тип {type}; хранятся целые, числа, логические, даты, текст и изображения. "
        "Преобразуйте его.",
    )


class NotAnImage(BadTable):
    slug = "not-an-image"
    title = text.Text(en="A value is not an image", ru="Значение не является изображением")
    detail = text.Text(
        en="Column `{column}` is binary, so each of its values must be a whole PNG or JPEG file; that of row {row} is "
        "not.",
        ru="Столбец `{column}` двоичный, и каждое его значение должно быть целым файлом PNG или JPEG; в строке {row} "
        "это не так.",
    )


class ImageTooLong(BadTable):
    slug = "image-too-long"
    title = text.Text(
        en="An image in the table is too large", ru="В таблице слишком большое изображение"
    )
    detail = text.Text(
        en="In column `{column}` the image of row {row} is larger than `tables.max_image_bytes` = {limit}. Make it "
        "smaller, or let the operator raise the limit.",
        ru="В столбце `{column}` изображение в строке {row} больше, чем позволяет `tables.max_image_bytes` = {limit}. "
        "Уменьшите его или попросите поднять предел.",
    )


class ImageElsewhere(BadTable):
    slug = "image-elsewhere"
    title = text.Text(en="An image is not in the table", ru="Изображения нет в самой таблице")
    detail = text.Text(
        en="In column `{column}` row {row} names a path instead of holding the file. Put the files' bytes into it "
        "(Hugging Face: `Image(decode=False)`, then embed).",
        ru="В столбце `{column}` в строке {row} указан путь вместо самого файла. Вложите в неё байты файлов "
        "(Hugging Face: `Image(decode=False)` и встраивание).",
    )


class TooManyImageColumns(BadTable):
    slug = "too-many-image-columns"
    title = text.Text(en="Too many columns of images", ru="Слишком много столбцов с изображениями")
    detail = text.Text(
        en="It has {found} columns of images; at most {limit} are taken. Leave out what is not needed.",
        ru="Столбцов с изображениями {found}, принимается не больше {limit}. Уберите лишние.",
    )


class UploadAborted(Exception):
    """The sender went away before the end. Never shown: there is nobody to show it to."""
