"""Statistics of the training rows, column by column, to compare later data with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kolba.inference import signature

_DECILES = np.linspace(0.0, 1.0, 11)


def statistics(features: npt.NDArray[Any], columns: tuple[signature.Column, ...]) -> dict[str, Any]:
    """Per column: rows, missing, and deciles, mean and deviation of numbers, or the frequency of each category."""
    return {
        "rows": len(features),
        "columns": {
            one.name: _column(features[:, index], one) for index, one in enumerate(columns)
        },
    }


def _column(values: npt.NDArray[Any], column: signature.Column) -> dict[str, Any]:
    present = values[~np.isnan(values)].astype(np.float64)
    common: dict[str, Any] = {"kind": column.kind, "missing": len(values) - len(present)}
    if column.kind == "categorical":
        counts = np.bincount(present.astype(np.int64), minlength=len(column.categories))
        return {**common, "counts": dict(zip(column.categories, counts.tolist(), strict=True))}
    if len(present) == 0:
        return common
    return {
        **common,
        "mean": float(present.mean()),
        "standard_deviation": float(present.std()),
        "deciles": np.quantile(present, _DECILES).tolist(),
    }
