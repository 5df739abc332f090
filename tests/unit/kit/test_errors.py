import importlib
import pkgutil
import string
from collections.abc import Iterator

import pytest

import kolba
from kolba.kit import errors, text


def all_errors() -> list[type[errors.KolbaError]]:
    for module in pkgutil.walk_packages(kolba.__path__, "kolba."):
        if (
            module.name.endswith((".errors", ".base", ".guard"))
            and ".migrations" not in module.name
        ):
            importlib.import_module(module.name)
    return sorted(set(descendants(errors.KolbaError)), key=lambda found: found.__qualname__)


def descendants(root: type[errors.KolbaError]) -> Iterator[type[errors.KolbaError]]:
    for child in root.__subclasses__():
        yield child
        yield from descendants(child)


def parameters(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


@pytest.mark.parametrize("error", all_errors(), ids=lambda found: found.__qualname__)
def test_every_error_speaks_both_languages_of_the_same_things(
    error: type[errors.KolbaError],
) -> None:
    for message in (error.title, error.detail):
        assert message.en
        assert message.ru
        assert parameters(message.en) == parameters(message.ru)


def test_no_two_errors_share_a_type() -> None:
    own = [found for found in all_errors() if "slug" in vars(found)]
    slugs = [found.slug for found in own]
    assert len(slugs) == len(set(slugs)), sorted(s for s in slugs if slugs.count(s) > 1)


def test_a_problem_names_the_fields_in_the_readers_language() -> None:
    wrong = errors.FieldError(
        field="age", message=text.Text(en="give a number", ru="укажите число")
    )
    problem = errors.InvalidInput(fields=[wrong]).problem("ru")
    assert problem["errors"] == [{"field": "age", "message": "укажите число"}]
    assert problem["status"] == 422
    assert problem["type"] == "urn:kolba:problem:invalid-input"


def test_a_remote_problem_is_passed_on_as_it_came() -> None:
    document = {"type": "urn:kolba:problem:unknown-dataset", "detail": "no", "request_id": "theirs"}
    error = errors.RemoteProblem(service="storage", status=404, document=document)
    assert error.remote_slug == "unknown-dataset"
    assert error.problem("en") == {
        "type": "urn:kolba:problem:unknown-dataset",
        "detail": "no",
        "status": 404,
    }


@pytest.mark.parametrize(("status", "headers"), [(503, {"Retry-After": "1"}), (404, {})])
def test_what_is_passed_on_says_when_to_come_back(status: int, headers: dict[str, str]) -> None:
    problem = errors.RemoteProblem(service="storage", status=status, document={})
    assert problem.headers == headers
