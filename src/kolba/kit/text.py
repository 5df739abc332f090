"""Messages for people, in the languages Kolba speaks."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, get_args

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "en"


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """One message in every language; `{name}` marks a place for a parameter."""

    en: str
    ru: str

    def render(self, language: Language, **parameters: Any) -> str:
        """The message in `language`; a parameter that is a `Text` comes in that language too.

        Raises `KeyError` when a parameter it names is missing.
        """
        template: str = getattr(self, language)
        return template.format(**in_language(parameters, language))


def verbatim(message: str) -> str:
    """A ready message as a template: braces in it (in a name, say) are no places for parameters."""
    return message.replace("{", "{{").replace("}", "}}")


def in_language(parameters: dict[str, Any], language: Language) -> dict[str, Any]:
    """`parameters` with every `Text` among them rendered."""
    return {
        name: value.render(language) if isinstance(value, Text) else value
        for name, value in parameters.items()
    }


def preferred_language(accept_language: str | None) -> Language:
    """The best language for an `Accept-Language` header (RFC 9110, 12.5.4); English when none fits."""
    ranked: list[tuple[float, int, Language]] = []
    for position, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, quality = part.strip().partition(";q=")
        primary = tag.split("-")[0].lower()
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if weight > 0:
            ranked += [
                (-weight, position, language) for language in LANGUAGES if language == primary
            ]
    return min(ranked)[2] if ranked else DEFAULT_LANGUAGE
