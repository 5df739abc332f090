"""Whose things are: who may change them, whom they may be shown to, and who may use a name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from kolba.contracts import names as contracts
from kolba.kit import context, identity
from kolba.storage.catalog import errors, models, repository

_REPLACEMENT = "_"


class SharedRow(Protocol):
    owner: Any
    shared_with: Any


class RunRow(Protocol):
    owner: Any
    result_name: Any


def owner_asked_for(owner: str | None, *, field: str = "owner") -> str:
    """Whoever asks; only a service may name another, in `field`. Raises `OwnerGiven`."""
    person = context.current().person
    if owner is not None and owner != person.name and not person.is_service:
        raise errors.OwnerGiven(field)
    return owner or person.name


def check_change(person: identity.Person, owner: str) -> None:
    """Raises `NotYours`."""
    if not person.may_change(owner):
        raise errors.NotYours


def share(row: SharedRow, group: str | None, known: Collection[str]) -> None:
    """Show the row to a group, or to nobody else. Raises `UnknownGroup`."""
    if group is not None and group not in known:
        raise errors.UnknownGroup(group, known)
    row.shared_with = group


def take_name(
    session: Any,
    table: type[models.Names],
    name: str,
    owner: str,
    if_taken: contracts.IfTaken,
    *,
    person: identity.Person | None = None,
) -> str:
    """The name that a thing of `owner`'s gets: `name`, or one of its own where that is another's.

    `person` is who asks for it, and may add to whatever names they may change. Raises `NameTaken`.
    """
    holder = repository.claim(session, table, name, owner)
    if holder == owner or (person is not None and person.may_change(holder)):
        return name
    if if_taken == "rename":
        own = own_name(name, owner)
        if repository.claim(session, table, own, owner) == owner:
            return own
    raise errors.NameTaken(name=name)


def name_of_result(session: Any, table: type[models.Names], run: RunRow, name: str) -> str:
    """What a run's result gets: the name that was kept for it, or `name`. Raises `NameTaken`.

    What a run has worked for is not thrown away because another has used the name meanwhile.
    """
    if run.result_name is None:
        return take_name(session, table, name, run.owner, "rename")
    repository.claim(session, table, run.result_name, run.owner)
    return str(run.result_name)


def is_name_theirs(
    session: Any, table: type[models.Names], name: str, person: identity.Person
) -> bool:
    """Whether they may add things to the name, which somebody has used."""
    holder = repository.holder(session, table, name)
    return person.sees_all if holder is None else person.may_change(holder)


def check_name(session: Any, table: type[models.Names], name: str, person: identity.Person) -> None:
    """Before any work is done for it. Raises `NameTaken`."""
    holder = repository.holder(session, table, name)
    if holder is not None and not person.may_change(holder):
        raise errors.NameTaken(name=name)


def own_name(name: str, person: str) -> str:
    """`<name>-<person>`, within the length of names."""
    suffix = "".join(
        character if _is_fit(character) else _REPLACEMENT for character in f"-{person}"
    )
    suffix = suffix[: contracts.MAX_NAME // 2]
    return name[: contracts.MAX_NAME - len(suffix)] + suffix


def _is_fit(character: str) -> bool:
    try:
        contracts.check_name(f"a{character}a")
    except ValueError:
        return False
    return True
