"""The three codecs of one version of one model, made together when it is loaded."""

from __future__ import annotations

import dataclasses

from kolba.inference.protocols import exchange, mlflow, pictures, plain, v2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Codecs:
    plain: exchange.Codec
    v2: exchange.Codec
    mlflow: exchange.Codec


def build(model: exchange.Model, *, keeps_pictures: bool = False) -> Codecs:
    """`keeps_pictures`: queries about pictures carry them, for the history."""
    if keeps_pictures and model.signature.reads_pictures:
        return Codecs(
            plain=pictures.Keeping(plain.Plain, model),
            v2=pictures.Keeping(v2.OpenInference, model),
            mlflow=pictures.Keeping(mlflow.Scoring, model),
        )
    return Codecs(
        plain=plain.Plain(model), v2=v2.OpenInference(model), mlflow=mlflow.Scoring(model)
    )
