"""The network that answers: the families' own CNN with its defaults; untrained, which costs as much."""

from __future__ import annotations

import importlib.util

from kolba.inference import bundles, images, signature
from kolba.pipeline.check import stencil


def bundle() -> tuple[bytes, str]:
    """A bundle, and what it is called in the tables."""
    if importlib.util.find_spec("torch") is None:
        return stencil.bundle(), "a model of ten stencils (torch is not here)"
    from kolba.ml_service.families import cnn  # noqa: PLC0415 - only where torch is
    from kolba.ml_service.training.images import export, network  # noqa: PLC0415

    hyperparameters = cnn.Hyperparameters().model_dump()
    made = network.build(hyperparameters, classes=10, seed=1).eval()
    known = signature.Signature(
        columns=(signature.Column(name="image", kind="image", shape=images.SHAPE),),
        target="label",
        classes=tuple(range(10)),
    )
    content = bundles.write(
        bundles.Bundle(graph=export.to_graph(made), signature=known, metrics={}, reference={})
    )
    return content, f"the CNN with its defaults ({hyperparameters['channels']} channels)"
