"""Whether a column can be a target. The same rules hold before a run is queued and when it has read the data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from kolba.ml_service.training import errors, job

FEWEST_ROWS = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a column that is to be predicted."""

    name: str
    kind: str
    """`integer`, `number`, `boolean`, `text`; anything else is no class."""
    rows: int
    missing: int
    distinct: int
    counts: Mapping[Any, int] | None = None
    """How often each value occurs; None where that is not known yet."""


def choose(
    given: str | None, declared: str | None, names: Sequence[str], usual: Sequence[str]
) -> str:
    """The target: as asked, else as the data set declares, else the first of the `usual` names it has.

    Raises `errors.Untrainable`.
    """
    if given is not None:
        if given not in names:
            raise unknown_column("target", given, names)
        return given
    for name in [declared, *usual]:
        if name is not None and name in names:
            return name
    raise errors.untrainable(
        "target",
        "say which column to predict: the data set declares none, and has no column named {usual}",
        "укажите, какой столбец предсказывать: набор данных его не называет, и в нём нет столбца {usual}",
        usual=", ".join(usual),
    )


def check(facts: Facts, *, rules: job.Rules, folds: int, test_size: float) -> None:
    """Raises `errors.Untrainable` that says what is wrong with the target and what to do."""
    if facts.rows < FEWEST_ROWS:
        raise errors.untrainable(
            "dataset_id",
            "the data set has {rows} rows; at least {fewest} are needed",
            "в наборе данных строк: {rows}; нужно хотя бы {fewest}",
            rows=facts.rows,
            fewest=FEWEST_ROWS,
        )
    if facts.missing:
        raise errors.untrainable(
            "target",
            "column `{name}` has no value in {missing} of {rows} rows; remove those rows or choose another target",
            "в столбце `{name}` нет значения в {missing} из {rows} строк; уберите их или выберите другую цель",
            name=facts.name,
            missing=facts.missing,
            rows=facts.rows,
        )
    _check_values(facts, rules)
    _check_class_sizes(facts, folds, test_size)


def check_features(features: Sequence[str] | None, target: str, names: Sequence[str]) -> None:
    """Raises `errors.Untrainable` for a feature that is no column, or is the target."""
    for index, name in enumerate(features or ()):
        if name not in names:
            raise unknown_column(f"features.{index}", name, names)
        if name == target:
            raise errors.untrainable(
                f"features.{index}",
                "`{name}` is the target; it cannot be learned from",
                "`{name}` — цель; на ней нельзя учиться",
                name=name,
            )


def unknown_column(field: str, name: str, known: Sequence[str]) -> errors.Untrainable:
    return errors.untrainable(
        field,
        "the data set has no column `{name}`; it has {known}",
        "в наборе данных нет столбца `{name}`; есть {known}",
        name=name[:100],
        known=", ".join(known[:30]) + ("…" if len(known) > 30 else ""),
    )


def _check_values(facts: Facts, rules: job.Rules) -> None:
    if facts.distinct == 1:
        raise errors.untrainable(
            "target",
            "column `{name}` has the same value in all rows; choose a target with at least two classes",
            "в столбце `{name}` во всех строках одно значение; выберите цель хотя бы с двумя классами",
            name=facts.name,
        )
    if facts.distinct == facts.rows:
        raise errors.untrainable(
            "target",
            "every value of column `{name}` is different: there is nothing to generalise; choose a target with classes",
            "все значения столбца `{name}` различны, обобщать нечего; выберите цель с классами",
            name=facts.name,
        )
    is_class = facts.kind in ("integer", "number", "boolean", "text")
    if not is_class or _is_fractional(facts) or facts.distinct > rules.max_classes:
        raise errors.untrainable(
            "target",
            "column `{name}` ({kind}, {distinct} distinct values) is no class; choose a text, boolean or integer "
            "column with at most {most} distinct values",
            "столбец `{name}` ({kind}, различных значений: {distinct}) — не класс; выберите текстовый, логический или "
            "целочисленный столбец, где различных значений не больше {most}",
            name=facts.name,
            kind=facts.kind,
            distinct=facts.distinct,
            most=rules.max_classes,
        )


def _is_fractional(facts: Facts) -> bool:
    return facts.kind == "number" and not all(
        float(value).is_integer() for value in facts.counts or ()
    )


def _check_class_sizes(facts: Facts, folds: int, test_size: float) -> None:
    parts = max(1, folds)
    fewest = max(2, math.ceil(parts / (1 - test_size)))
    for value, count in (facts.counts or {}).items():
        if count < fewest:
            raise errors.untrainable(
                "target",
                "class `{value}` of column `{name}` has {count} rows; at least {fewest} are needed with {parts} folds: "
                "add rows, merge classes, or lower cross_validation_folds",
                "в классе `{value}` столбца `{name}` строк: {count}; при {parts} частях нужно хотя бы {fewest}: "
                "добавьте строк, объедините классы или уменьшите cross_validation_folds",
                value=value,
                name=facts.name,
                count=count,
                fewest=fewest,
                parts=parts,
            )
