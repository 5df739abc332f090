"""The model that answers where a request names none: the configured one, or the only one there is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from kolba.contracts import storage_client
from kolba.kit import context, errors, refreshing, text

_LOOKED_AT = 100
_SHOWN = 20
_MOST_PEOPLE = 1000


class NoDefaultModel(errors.NotFound):
    slug = "no-default-model"
    title = text.Text(en="Which model?", ru="Какая модель?")
    detail = text.Text(
        en="There is no default model, so name one: POST /models/{{model}}/invocations. {hint}",
        ru="Модели по умолчанию нет, назовите модель: POST /models/{{model}}/invocations. {hint}",
    )

    def __init__(self, names: Sequence[str]) -> None:
        shown = ", ".join(names[:_SHOWN])
        hint = text.Text(
            en=text.verbatim(f"There are: {shown}." if names else "There is none yet; train one."),
            ru=text.verbatim(f"Есть: {shown}." if names else "Пока нет ни одной; обучите её."),
        )
        super().__init__(models=list(names[:_SHOWN]), hint=hint)


class NoDigits(errors.NotFound):
    """Nobody has trained the digits' model, or none that the person may use."""

    slug = "no-digits-model"
    title = text.Text(en="There is no model of digits", ru="Модели цифр нет")
    detail = text.Text(
        en="There is no model `{model}` yet. Train it: POST /train; or ask another: POST /predict/{{model}}.",
        ru="Модели `{model}` пока нет. Обучите её: POST /train; или спросите другую: POST /predict/{{model}}.",
    )


@contextlib.contextmanager
def expected(model: str) -> Iterator[None]:
    """Tells who asked for the digits' model, without naming it, that there is none. Raises `NoDigits`."""
    try:
        yield
    except errors.RemoteProblem as error:
        if error.remote_status == 404:
            raise NoDigits(model=model) from None
        raise


class DefaultModel:
    """`configured` is a name, or a name and an alias or version; None: the only name there is."""

    def __init__(
        self,
        storage: storage_client.StorageClient,
        configured: str | None,
        *,
        fresh_seconds: float,
    ) -> None:
        self._storage = storage
        self._configured = configured
        self._names: refreshing.RefreshingCache[str | None, tuple[str, ...]] = (
            refreshing.RefreshingCache(
                self._fetch, fresh_seconds=fresh_seconds, max_entries=_MOST_PEOPLE
            )
        )

    def peek(self) -> str | None:
        """As `find`, where it is at hand; never waits."""
        if self._configured is not None:
            return self._configured
        names = self._names.peek(_view())
        return names[0] if names is not None and len(names) == 1 else None

    async def find(self) -> str:
        """Raises `NoDefaultModel`, which lists the names there are."""
        if self._configured is not None:
            return self._configured
        view = _view()
        names = await self._names.get(view)
        if len(names) != 1:  # one may have come or gone just now
            self._names.forget(view)
            names = await self._names.get(view)
        if len(names) != 1:
            raise NoDefaultModel(names)
        return names[0]

    async def _fetch(self, _: str | None) -> tuple[str, ...]:
        """Some of the names that the person sees; one only if it is the only one."""
        page = await self._storage.list_models(limit=_LOOKED_AT)
        names = tuple(dict.fromkeys(one.name for one in page.items))
        if len(names) == 1 and page.total > len(page.items):
            same = await self._storage.list_models(name=names[0], limit=1)
            return names if same.total == page.total else (*names, "…")
        return names


def _view() -> str | None:
    """Each person sees other models; None: all of them."""
    person = context.current().person
    return None if person.sees_all else person.name
