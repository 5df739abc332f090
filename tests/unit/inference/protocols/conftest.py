"""A Titanic-shaped model, as a protocol sees it, and an answer of it."""

from collections.abc import Callable

import numpy as np
import pytest

from kolba.inference import decoding, signature
from kolba.inference.protocols import codecs, exchange
from kolba.kit import errors

TITANIC = signature.Signature(
    columns=(
        signature.Column(name="Pclass", kind="numeric", integer=True),
        signature.Column(name="Sex", kind="categorical", categories=("female", "male")),
        signature.Column(name="Age", kind="numeric"),
        signature.Column(name="SibSp", kind="numeric"),
        signature.Column(name="Parch", kind="numeric"),
        signature.Column(name="Fare", kind="numeric"),
        signature.Column(name="Embarked", kind="categorical", categories=("S", "C", "Q")),
    ),
    target="Survived",
    classes=(0, 1),
    ignored=("PassengerId", "Name", "Ticket", "Cabin"),
)

Make = Callable[..., codecs.Codecs]
Refused = Callable[[Callable[[], object]], errors.KolbaError]


def build(found: signature.Signature = TITANIC, max_rows: int = 100) -> codecs.Codecs:
    return codecs.build(
        exchange.Model(
            name="titanic",
            version="v1",
            signature=found,
            decoder=decoding.Decoder(found),
            max_rows=max_rows,
        )
    )


@pytest.fixture(scope="session")
def titanic() -> signature.Signature:
    return TITANIC


@pytest.fixture(scope="session")
def make() -> Make:
    """The codecs of a model of some other signature."""
    return build


@pytest.fixture(scope="session")
def made() -> codecs.Codecs:
    return build()


@pytest.fixture(scope="session")
def answer() -> exchange.Answer:
    return exchange.Answer(
        prediction_id="p-1",
        labels=np.array([0, 1]),
        probabilities=np.array([[0.82, 0.18], [0.25, 0.75]], np.float32),
    )


@pytest.fixture(scope="session")
def refused() -> Refused:
    """The error of a refused request: of status 4xx, naming a field and saying what to do, in both languages."""

    def call(attempt: Callable[[], object]) -> errors.KolbaError:
        with pytest.raises(errors.KolbaError) as caught:
            attempt()
        error = caught.value
        assert 400 <= error.status < 500
        for language in ("en", "ru"):
            problem = error.problem(language)
            assert "{" not in problem["detail"].replace("{}", "")
            if isinstance(error, errors.InvalidInput):
                assert problem["errors"]
                assert all(one["field"] and one["message"] for one in problem["errors"])
        assert error.problem("en") != error.problem("ru")
        return error

    return call
