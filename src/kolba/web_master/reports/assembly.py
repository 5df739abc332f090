"""Puts a report together from what storage knows of a model. Pure."""

from __future__ import annotations

import datetime as dt

import pydantic

from kolba.contracts import datasets, models, reports, runs, summaries
from kolba.web_master.reports import errors

_KINDS = {"text": "category"}


def read_summary(model: models.ModelDetail) -> summaries.Summary:
    """What the bundle says of the model. Raises `UnreadableSummary`."""
    try:
        return summaries.Summary.model_validate(model.summary)
    except pydantic.ValidationError as error:
        raise errors.UnreadableSummary(model_id=model.id) from error


def assemble(
    model: models.ModelDetail,
    summary: summaries.Summary,
    *,
    profile: datasets.Profile | None,
    run: runs.Run | None = None,
    generated: dt.datetime,
) -> reports.Report:
    """The report of `model`. `profile` describes the columns where the summary itself does not; `run`, which made it,
    says what became of `production` after a fine-tuning."""
    data = summary.data
    if not data.columns and profile is not None:
        data = data.model_copy(update={"columns": tuple(map(_column, profile.columns))})
    copied = {
        name: getattr(summary, name)
        for name in reports.Report.model_fields.keys() & summaries.Summary.model_fields.keys()
    }
    bundle = reports.Digest(name="bundle", value=model.bundle_sha256)
    return reports.Report(
        **{
            **copied,
            "schema_version": 1,
            "generated": generated,
            "model": _model(model),
            "data": data,
            "gate": _gate(summary.gate, run),
            "digests": (*summary.digests, bundle),
        }
    )


def _gate(found: reports.GatePart | None, run: runs.Run | None) -> reports.GatePart | None:
    """The gate with what the run did thereupon, as far as that is known."""
    result = (run.result or {}) if run is not None else {}
    promoted, reason = result.get("promoted"), result.get("reason")
    if found is None or not isinstance(promoted, bool) or not isinstance(reason, str):
        return found
    return found.model_copy(update={"promoted": promoted, "reason": reason})


def _model(model: models.ModelDetail) -> reports.ModelPart:
    return reports.ModelPart(
        id=model.id,
        name=model.name,
        version=model.version,
        family=model.family,
        created=model.created_at,
        run_id=model.run_id,
        owner=model.owner,
        training_seconds=model.metrics.get("training_seconds"),
        size_bytes=model.bundle_size_bytes,
    )


def _column(profile: datasets.ColumnProfile) -> reports.ColumnPart:
    return reports.ColumnPart(
        name=profile.name,
        kind=_KINDS.get(profile.type, profile.type),
        missing=profile.missing,
        distinct=profile.distinct,
        minimum=_number(profile.minimum),
        maximum=_number(profile.maximum),
        mean=profile.mean,
        median=profile.quartiles[1] if profile.quartiles else None,
        standard_deviation=profile.standard_deviation,
        top=tuple(
            reports.ValueCount(value=one.value, count=one.count)
            for one in (profile.top_values or ())[:50]
        ),
    )


def _number(value: float | str | None) -> float | None:
    return None if isinstance(value, str) else value
