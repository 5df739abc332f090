"""The families that are installed."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic

from kolba.inference import errors as inference_errors
from kolba.kit import errors as kit_errors
from kolba.ml_service.families import errors, family


class Registry:
    """Families by name."""

    def __init__(self, families: Iterable[family.Family]) -> None:
        """Raises `ValueError` when two families have one name."""
        self._families: dict[str, family.Family] = {}
        for one in families:
            if one.name in self._families:
                raise ValueError(f"two families are named {one.name}")
            self._families[one.name] = one

    @classmethod
    def installed(cls) -> Registry:
        """All families that installed distributions declare, in the order of their names."""
        found = sorted(
            importlib.metadata.entry_points(group=family.GROUP), key=lambda one: one.name
        )
        return cls(one.load() for one in found)

    def all(self) -> list[family.Family]:
        return list(self._families.values())

    def find(self, name: str) -> family.Family:
        """Raises `errors.UnknownFamily` that names those there are."""
        found = self._families.get(name)
        if found is None:
            known = ", ".join(self._families)
            fault = kit_errors.FieldError(
                field="model_type",
                message=inference_errors.message(
                    "choose one of {known}", "выберите одно из: {known}", known=known
                ),
            )
            raise errors.UnknownFamily(model_type=name[:100], known=known, fields=[fault])
        return found


def complete(
    chosen: family.Family, given: Mapping[str, Any], *, task: family.Task = "classification"
) -> dict[str, Any]:
    """All hyperparameters, the family's defaults for `task` where none is given.

    Raises `errors.InvalidHyperparameters` that names each wrong one.
    """
    defaults = chosen.image_defaults if task == "image-classification" else {}
    try:
        return chosen.hyperparameters.model_validate({**defaults, **given}).model_dump()
    except pydantic.ValidationError as error:
        faults = _faults(chosen.name, chosen.hyperparameters, error)
        raise errors.InvalidHyperparameters(fields=faults) from None


def complete_tuning(chosen: family.Family, given: Mapping[str, Any]) -> dict[str, Any]:
    """All hyperparameters of fine-tuning. Raises `errors.NotTunable`, and `errors.InvalidHyperparameters`."""
    if chosen.fine_tuning is None:
        raise errors.NotTunable(chosen.name)
    try:
        return chosen.fine_tuning.model_validate(dict(given)).model_dump()
    except pydantic.ValidationError as error:
        faults = _faults(chosen.name, chosen.fine_tuning, error)
        raise errors.InvalidHyperparameters(fields=faults) from None


def _faults(
    family_name: str, model: type[pydantic.BaseModel], error: pydantic.ValidationError
) -> list[kit_errors.FieldError]:
    """One fault a field, though a union reports one for each of its members."""
    found: dict[str, kit_errors.FieldError] = {}
    for one in error.errors(include_url=False, include_context=False):
        name = str(one["loc"][0]) if one["loc"] else ""
        if name not in found:
            found[name] = _fault(family_name, model, name, one["type"], one["msg"])
    return list(found.values())


def _fault(
    family_name: str, model: type[pydantic.BaseModel], name: str, kind: str, reason: str
) -> kit_errors.FieldError:
    field = f"hyperparameters.{name}"[:200].rstrip(".")
    if kind == "extra_forbidden":
        known = ", ".join(model.model_fields)
        message = inference_errors.message(
            "{family} has no such hyperparameter; it has {known}",
            "у {family} нет такого гиперпараметра; есть {known}",
            family=family_name,
            known=known,
        )
    else:
        message = inference_errors.message(
            "{reason}", "недопустимое значение ({reason})", reason=reason
        )
    return kit_errors.FieldError(field=field, message=message)
