"""What can go wrong in a scenario beyond what the services say themselves."""

from __future__ import annotations

from kolba.kit import errors, text


class CollectionFailed(errors.KolbaError):
    """The collector failed in the middle; storage kept nothing."""

    status = 502
    slug = "collection-failed"
    title = text.Text(en="The collection broke off", ru="Сбор данных оборвался")
    detail = text.Text(
        en="The collector failed after {rows} of {total} rows of `{source}`: {reason} Nothing was stored; try again.",
        ru="Сборщик отказал после {rows} из {total} строк `{source}`: {reason} Ничего не сохранено; запустите ещё раз.",
    )


class CollectionIncomplete(errors.KolbaError):
    """What was stored is not what the collector had promised; it was removed again."""

    status = 502
    slug = "collection-incomplete"
    title = text.Text(en="The source changed meanwhile", ru="Источник изменился во время сбора")
    detail = text.Text(
        en="`{source}` was to have {total} rows but gave {rows}. Nothing was stored; run it again.",
        ru="В `{source}` ожидалось строк: {total}, получено: {rows}. Ничего не сохранено; запустите ещё раз.",
    )


class EmptySource(errors.KolbaError):
    status = 422
    slug = "empty-source"
    title = text.Text(en="The source has no rows", ru="В источнике нет строк")
    detail = text.Text(
        en="`{source}` has nothing to store. Choose another `source`.",
        ru="В `{source}` нечего сохранять. Выберите другой `source`.",
    )
