"""The words of a page or a report in a reader's language, and numbers and dates as it writes them.

The words are `catalogue/<code>.yaml`. A key is the path to a message (`report.title`); a message
with plural forms is a mapping of CLDR categories (`one`, `few`, `many`, `other`) chosen by `n`.
"""

import collections.abc
import dataclasses
import datetime
import functools
import importlib.resources
import math
import typing

import babel
import babel.dates
import babel.numbers
import yaml

CODES: typing.Final = ("en", "ru")
DEFAULT: typing.Final = "en"

Message = str | collections.abc.Mapping[str, str]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLURAL_FORMS = frozenset({"one", "few", "many", "other"})
_DAY = {"en": "d MMMM y", "ru": "d MMMM y 'г'."}
_BINARY = 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Language:
    """One language: its messages and its way to write numbers."""

    code: str
    messages: collections.abc.Mapping[str, Message]

    @functools.cached_property
    def locale(self) -> babel.Locale:
        return babel.Locale.parse(self.code)

    def text(self, key: str, **values: object) -> str:
        """The message at `key`, its placeholders filled in.

        `n` chooses the plural form and is written as a whole number. Raises `KeyError` when the
        catalogue has no such message: the catalogues are complete, a test sees to that.
        """
        message = self.messages[key]
        number = values.get("n")
        if not isinstance(message, str):
            count = number if isinstance(number, int) else 0
            message = message[self.locale.plural_form(count)]
        if isinstance(number, int):
            values["n"] = self.integer(number)
        return message.format(**values)

    def word(self, group: str, slug: str) -> str:
        """The message `group.slug`; a slug the catalogue does not know is returned as it is."""
        message = self.messages.get(f"{group}.{slug}")
        return message if isinstance(message, str) else slug

    def integer(self, value: int) -> str:
        """`12,345` or `12 345`."""
        return _minus(babel.numbers.format_decimal(value, format="#,##0", locale=self.locale))

    def decimal(self, value: float | None, digits: int = 3) -> str:
        """A number with exactly so many digits after the point; a dash for a missing one."""
        if value is None:
            return "–"
        rounded = round(value, digits) or 0.0
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return _minus(babel.numbers.format_decimal(rounded, format=pattern, locale=self.locale))

    def number(self, value: float | None, significant: int = 4) -> str:
        """A quantity of any size in a few significant digits; a power of ten when it is extreme."""
        if value is None:
            return "–"
        if value == 0:
            return "0"
        exponent = math.floor(math.log10(abs(value)))
        if not -4 <= exponent < 9:
            mantissa = self.decimal(value / 10**exponent, 1)
            return f"{mantissa}·10{str(exponent).translate(_SUPERSCRIPTS)}"
        digits = max(0, significant - 1 - exponent)
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        return _minus(
            babel.numbers.format_decimal(round(value, digits), format=pattern, locale=self.locale)
        )

    def percent(self, share: float, digits: int = 1) -> str:
        """A share of one as a percentage: `19.9%` or `19,9 %`."""
        gap = "\N{NO-BREAK SPACE}" if self.code == "ru" else ""
        return f"{self.decimal(share * 100, digits)}{gap}%"

    def size(self, size_bytes: int) -> str:
        """A number of bytes in the binary unit that suits it: `59.8 KiB`."""
        steps = 0 if size_bytes < _BINARY else min(4, int(math.log(size_bytes, _BINARY)))
        unit = self.text(f"unit.bytes_{steps}")
        amount = size_bytes / _BINARY**steps
        return f"{self.decimal(amount, 1 if steps else 0)}\N{NO-BREAK SPACE}{unit}"

    def day(self, moment: datetime.datetime) -> str:
        """`14 March 2026`."""
        return babel.dates.format_date(moment.date(), _DAY[self.code], locale=self.locale)

    def moment(self, moment: datetime.datetime) -> str:
        """`14 March 2026, 09:15 UTC`: always in UTC, so that it reads the same everywhere."""
        utc = moment.astimezone(datetime.UTC)
        return f"{self.day(utc)}, {utc:%H:%M} UTC"

    def short_moment(self, moment: datetime.datetime) -> str:
        """`14 Mar 2026, 09:15 UTC`, for tables."""
        utc = moment.astimezone(datetime.UTC)
        day = babel.dates.format_date(utc.date(), "d MMM y", locale=self.locale)
        return f"{day}, {utc:%H:%M} UTC"

    def quoted(self, words: str) -> str:
        """In the language's quotation marks."""
        return f"«{words}»" if self.code == "ru" else f"“{words}”"

    def sequence(self, words: collections.abc.Iterable[str]) -> str:
        """`a, b, c`."""
        return ", ".join(words)


@functools.cache
def get(code: str) -> Language:
    """The language of a code in `CODES`. Raises `KeyError` for another."""
    if code not in CODES:
        raise KeyError(code)
    return Language(code=code, messages=_read(code))


def _read(code: str) -> dict[str, Message]:
    file = importlib.resources.files(__package__) / "catalogue" / f"{code}.yaml"
    return dict(_flatten("", yaml.safe_load(file.read_text("utf-8"))))


def _flatten(
    prefix: str, tree: collections.abc.Mapping[str, typing.Any]
) -> collections.abc.Iterator[tuple[str, Message]]:
    for key, value in tree.items():
        if isinstance(value, str) or value.keys() <= _PLURAL_FORMS:
            yield prefix + key, value
        else:
            yield from _flatten(f"{prefix}{key}.", value)


def _minus(number: str) -> str:
    return number.replace("-", "\N{MINUS SIGN}")
