"""Why a source's data cannot be given."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from kolba.kit import errors, text


class UnknownSource(errors.NotFound):
    slug = "unknown-source"
    title = text.Text(en="There is no such source", ru="Такого источника нет")
    detail = text.Text(
        en="There is no source `{source}`. Known: {known_names}.",
        ru="Источника `{source}` нет. Известны: {known_names}.",
    )

    def __init__(self, *, source: str, known: Sequence[str]) -> None:
        super().__init__(source=source[:128], known=list(known))

    def render_detail(self, language: text.Language) -> str:
        known_names = ", ".join(self.details["known"])
        return self.detail.render(language, source=self.details["source"], known_names=known_names)


class SourceChanged(errors.KolbaError):
    status = 409
    slug = "source-changed"
    title = text.Text(en="The source has changed", ru="Источник изменился")
    detail = text.Text(
        en="`{source}` is no longer the data that was asked for. Begin again: `GET /info` tells what it is now.",
        ru="`{source}` — уже не те данные, что запрошены. Начните сначала: что там теперь, скажет `GET /info`.",
    )


class PlaceError(errors.KolbaError):
    """Root of what can be wrong with one place; the next place is tried."""

    status = 502
    slug = "place-unavailable"
    title = text.Text(en="The data cannot be had there", ru="Там данные получить нельзя")


class FileRefused(PlaceError):
    status = 422
    slug = "file-refused"
    detail = text.Text(
        en="The file `{path}` is refused: it must be a plain file inside an allowed directory.",
        ru="Файл `{path}` отклонён: это должен быть обычный файл в разрешённом каталоге.",
    )


class FileAbsent(PlaceError):
    slug = "file-absent"
    detail = text.Text(
        en="There is no file `{path}` in any allowed directory.",
        ru="Файла `{path}` нет ни в одном из разрешённых каталогов.",
    )


class FileUnreadable(PlaceError):
    slug = "file-unreadable"
    detail = text.Text(
        en="The file `{path}` could not be opened: {reason}.",
        ru="Файл `{path}` не удалось открыть: {reason}.",
    )


class NoPackageClient(PlaceError):
    slug = "no-package-client"
    detail = text.Text(
        en="None of the package clients is installed here: {clients}.",
        ru="Здесь не установлен ни один из клиентов пакетов: {clients}.",
    )


class PackageUnavailable(PlaceError):
    slug = "package-unavailable"
    detail = text.Text(
        en="The package {package} could not be downloaded: {reason}",
        ru="Пакет {package} не удалось скачать: {reason}",
    )


class ArchiveRefused(PlaceError):
    status = 422
    slug = "archive-refused"
    detail = text.Text(
        en="The package {package} is refused: {reason}.",
        ru="Пакет {package} отклонён: {reason}.",
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One place that was tried in vain."""

    place: str
    error: errors.KolbaError


class NoneInReach(errors.KolbaError):
    """Every place of a source has failed; each is named with its reason."""

    status = 503
    slug = "source-out-of-reach"
    title = text.Text(
        en="None of the source's places is in reach", ru="Ни одно место источника не доступно"
    )
    detail = text.Text(
        en="The data of `{source}` could not be had from any of its {count} places. {reasons}",
        ru="Данные `{source}` не удалось получить ни из одного из мест (их {count}). {reasons}",
    )

    def __init__(self, *, source: str, failures: Sequence[Failure]) -> None:
        self.failures = tuple(failures)
        super().__init__(source=source)

    def render_detail(self, language: text.Language) -> str:
        reasons = " ".join(
            f"({number}) {failure.place}: {failure.error.render_detail(language)}"
            for number, failure in enumerate(self.failures, start=1)
        )
        return self.detail.render(
            language, source=self.details["source"], count=len(self.failures), reasons=reasons
        )

    def problem(self, language: text.Language) -> dict[str, Any]:
        places = [
            {"place": failure.place, "reason": failure.error.render_detail(language)}
            for failure in self.failures
        ]
        return {**super().problem(language), "places": places}


class MalformedSource(errors.KolbaError):
    """The file arrived as expected but is no table."""

    status = 422
    slug = "malformed-source"
    title = text.Text(en="The source's file is not a table", ru="Файл источника — не таблица")
    detail = text.Text(
        en="The file of `{source}` cannot be read as a table: {reason}. Correct the file, or the "
        "source's `format` in the configuration.",
        ru="Файл источника `{source}` не читается как таблица: {reason}. Исправьте файл или `format` "
        "источника в настройках.",
    )
