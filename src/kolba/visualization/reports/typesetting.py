"""The only file that loads typst; it does so when the first PDF is asked for."""

import functools
import typing


class Typesetter(typing.Protocol):
    """The part of the typst module that is used."""

    TypstError: type[Exception]

    def compile(
        self, source: bytes, /, *, font_paths: object, sys_inputs: dict[str, str], timestamp: int
    ) -> bytes: ...


@functools.cache
def load() -> Typesetter:
    """The typst module. Raises `ImportError` where the wheel is not installed."""
    import typst  # noqa: PLC0415

    return typing.cast("Typesetter", typst)


@functools.cache
def fonts() -> object:
    """The faces inside the wheel, and the system's for alphabets those lack; found once."""
    import typst  # noqa: PLC0415

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)
