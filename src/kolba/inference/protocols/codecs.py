"""The three codecs of one version of one model, made together when it is loaded."""

from __future__ import annotations

import dataclasses

from kolba.inference.protocols import exchange, mlflow, plain, v2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Codecs:
    plain: exchange.Codec
    v2: exchange.Codec
    mlflow: exchange.Codec


def build(model: exchange.Model) -> Codecs:
    return Codecs(
        plain=plain.Plain(model), v2=v2.OpenInference(model), mlflow=mlflow.Scoring(model)
    )
