"""What a person may be called, and whether two names could be taken for one another.

A name is kept in lower case (NFKC, case folded): `Ada` and `ada` are one. Its skeleton is what it looks like; no two
people have the same (Unicode TR 39, 4).
"""

from __future__ import annotations

import functools
import importlib.resources
import unicodedata

from kolba.kit import errors, identity, text

LONGEST = 64
_SIGNS = "-_."
_UNSEEN = "\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}"
"""Letters by their category that nobody can see (the other fillers become these by NFKC)."""
_ROUNDS = 3
"""NFKC and case folding undo each other in rare characters; so often is enough for all of them."""
RESERVED = frozenset(
    {
        identity.LOCAL,
        identity.SERVICE,
        "system",
        "nobody",
        "anonymous",
        "kolba",
        "me",
        "collector",
        "ml_service",
        "storage",
        "visualization",
        "web_master",
        "worker",
    }
)
"""What others than people are called where people's names stand."""
ADMINS_ONLY = frozenset({"admin", "administrator", "root"})
"""Who is called so would be believed to be one."""

_RULE = text.Text(
    en="a name has 1 to 64 letters, digits, and `-`, `_`, `.` between them; no spaces or other characters",
    ru="имя: от 1 до 64 букв и цифр, между ними можно `-`, `_`, `.`; без пробелов и других знаков",
)
_RESERVED = text.Text(
    en="this name is kept for the system; choose another",
    ru="это имя занято системой; выберите другое",
)


def canonical(given: str) -> str:
    """The one form of a name, whether or not it is allowed: how a person is looked for."""
    folded = given[: LONGEST + 1]
    for _ in range(_ROUNDS):
        folded = unicodedata.normalize("NFKC", folded).casefold()
    return folded


def check(given: str, *, group: str, field: str = "name") -> str:
    """The canonical form of a new name. Raises `InvalidInput` that says what a name is."""
    name = canonical(given)
    if len(given) > LONGEST or not is_allowed(name):
        raise errors.InvalidInput(fields=[errors.FieldError(field=field, message=_RULE)])
    looks_like = skeleton(name)
    kept = RESERVED if group == identity.ADMIN else RESERVED | ADMINS_ONLY
    if any(looks_like == skeleton(one) for one in kept):
        raise errors.InvalidInput(fields=[errors.FieldError(field=field, message=_RESERVED)])
    return name


def is_allowed(name: str) -> bool:
    """Letters and digits, of any script, with a sign between them here and there."""
    return (
        0 < len(name) <= LONGEST
        and all(_is_letter(one) or one in _SIGNS for one in name)
        and name[0] not in _SIGNS
        and name[-1] not in _SIGNS
    )


def skeleton(name: str) -> str:
    """What a canonical name looks like: the same for all that could be taken for it."""
    return name.translate(_lookalikes()).replace("vv", "w")


def _is_letter(one: str) -> bool:
    if one in _UNSEEN:
        return False
    kind = unicodedata.category(one)
    return kind in ("Ll", "Lo", "Nd")


@functools.cache
def _lookalikes() -> dict[int, str]:
    table = {}
    resource = importlib.resources.files("kolba.web_master.people") / "lookalikes.txt"
    for line in resource.read_text("ascii").splitlines():
        if not line.startswith("#"):
            one, *taken_for = (int(code, 16) for code in line.split())
            table[one] = "".join(map(chr, taken_for))
    return table
