"""Whether training can go on from a version. Knows nothing heavy: the ML service asks before a run is queued."""

from __future__ import annotations

from kolba.inference import bundles
from kolba.ml_service.training import errors


def check_parent(bundle: bundles.Bundle, version: str) -> None:
    """Raises `errors.Untrainable` where there are no weights, or the model does not read images."""
    reads = [column.kind for column in bundle.signature.columns]
    if bundle.weights is None or reads != ["image"]:
        raise errors.untrainable(
            "model_id",
            "training cannot go on from {version}: its bundle has no weights. Choose a version that the training of a "
            "network, or fine-tuning, has made",
            "продолжить обучение {version} нельзя: в её файле нет весов. Выберите версию, полученную обучением или "
            "дообучением сети",
            version=version,
        )
