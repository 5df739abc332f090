"""Which model a path means."""

from __future__ import annotations

import pytest

from kolba.inference.protocols import paths


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/predict/m", ("m", None)),
        ("/predict/m@production", ("m", "production")),
        ("/predict/m@", ("m", None)),
        ("/v2/models/m/infer", ("m", None)),
        ("/v2/models/m@a/versions/b/infer", ("m", "b")),
        ("/models/m@a/invocations", ("m", "a")),
        ("/invocations", ("", None)),
    ],
)
def test_a_path_names_a_model_and_perhaps_a_version(
    path: str, meant: tuple[str, str | None]
) -> None:
    target = paths.target_of(path)
    assert target is not None
    assert (target.name, target.reference) == meant


@pytest.mark.parametrize("path", ["/predict/@a", "/v2/models/@/infer", "/models/@a/invocations"])
def test_a_reference_without_a_name_does_not_mean_the_default_model(path: str) -> None:
    assert paths.target_of(path) is None
