"""What scenarios there are: known to the code by name, described and given to groups by the configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import pydantic

from kolba.contracts import batch_predictions, scenarios, training
from kolba.kit import text
from kolba.web_master import settings
from kolba.web_master.reports import schemas as report_schemas

COLLECT = "collect-and-store"
TRAIN = "train-model"
INFER = "infer-model"
REPORT = "report"
BATCH = "predict-batch"
TRAIN_DIGITS = "train-digits"
FINE_TUNE = "fine-tune"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Definition:
    """The part of a scenario that is code."""

    method: Literal["GET", "POST"]
    path: str
    inputs: type[pydantic.BaseModel]


DEFINITIONS: Mapping[str, Definition] = {
    COLLECT: Definition(
        method="POST", path="/scenarios/collect-and-store", inputs=scenarios.CollectAndStore
    ),
    TRAIN: Definition(method="POST", path="/scenarios/train-model", inputs=training.TrainRequest),
    TRAIN_DIGITS: Definition(method="POST", path="/train", inputs=scenarios.TrainDigits),
    FINE_TUNE: Definition(method="POST", path="/fine-tune", inputs=scenarios.FineTune),
    INFER: Definition(method="POST", path="/scenarios/infer-model", inputs=training.InferRequest),
    BATCH: Definition(
        method="POST", path="/batch-predictions", inputs=batch_predictions.BatchPredictionRequest
    ),
    REPORT: Definition(
        method="GET", path="/scenarios/report/{model_id}", inputs=report_schemas.ReportRequest
    ),
}


class Catalogue:
    """The scenarios as this installation has them. Raises `ValueError` when code and configuration disagree."""

    def __init__(self, configured: Mapping[str, settings.ScenarioSettings]) -> None:
        if set(configured) != set(DEFINITIONS):
            differing = sorted(set(configured) ^ set(DEFINITIONS))
            raise ValueError(
                f"`scenarios` in the configuration must describe {sorted(DEFINITIONS)}; "
                f"missing or unknown: {differing}"
            )
        self._configured = configured

    def describe(self, language: text.Language) -> scenarios.ScenarioList:
        """All of them, in the reader's language."""
        return scenarios.ScenarioList(
            items=[self._describe_one(name, language) for name in DEFINITIONS]
        )

    def _describe_one(self, name: str, language: text.Language) -> scenarios.Scenario:
        shown, code = self._configured[name], DEFINITIONS[name]
        return scenarios.Scenario(
            name=name,
            title=shown.title.render(language),
            description=shown.description.render(language),
            method=code.method,
            path=code.path,
            groups=list(shown.groups),
            input_schema=code.inputs.model_json_schema(),
        )
