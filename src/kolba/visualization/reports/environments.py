"""The Jinja2 environments: every value is escaped for the format it lands in, a missing one raises."""

import functools
import re
import typing

import jinja2
import markupsafe

_LATEX: typing.Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        '"': r"\textquotedbl{}",
        "'": r"\textquotesingle{}",
        "`": r"\textasciigrave{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "-": r"{-}",
        "?": r"{?}",
        "!": r"{!}",
        ",": r"{,}",
        "[": r"{[}",
        "]": r"{]}",
        "\N{NO-BREAK SPACE}": "~",
        "\N{NARROW NO-BREAK SPACE}": r"\,",
        "\N{MINUS SIGN}": r"\ensuremath{-}",
        "\N{MIDDLE DOT}": r"\ensuremath{\cdot}",
        "\N{REPLACEMENT CHARACTER}": "{?}",
        "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
        "\N{PLUS-MINUS SIGN}": r"\ensuremath{\pm}",
    }
)
_SUPERSCRIPTS: typing.Final = str.maketrans(
    {
        mark: rf"\textsuperscript{{{digit}}}"
        for mark, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)
    }
)

_LONG_WORD: typing.Final = re.compile(r"\S{31,}")
_BREAK: typing.Final = "\0"  # no report holds it: what cannot be printed has been replaced


@functools.cache
def markup() -> jinja2.Environment:
    """For HTML and SVG: autoescape on for every template, whatever its name."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("kolba.visualization.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def latex() -> jinja2.Environment:
    r"""For LaTeX: `\VAR{…}` and `\BLOCK{…}`, and every value written is escaped by `finalize`."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("kolba.visualization.reports"),
        autoescape=False,  # noqa: S701 - HTML's escaping is not LaTeX's; `finalize` does LaTeX's
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        block_start_string=r"\BLOCK{",
        block_end_string="}",
        variable_start_string=r"\VAR{",
        variable_end_string="}",
        comment_start_string=r"\#{",
        comment_end_string="}",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def escape_latex(text: str) -> str:
    """The text as LaTeX prints it literally: no character of it is a command. A word too long for
    a line, such as a checksum, may break after every eighth character."""
    pieces = _LONG_WORD.sub(lambda word: _BREAK.join(re.findall(".{1,8}", word[0])), text).split(
        _BREAK
    )
    return r"\allowbreak{}".join(
        piece.translate(_LATEX).translate(_SUPERSCRIPTS) for piece in pieces
    )


def svg(template: str, **values: object) -> str:
    """A drawing, rendered from its template."""
    return markup().get_template(template).render(**values).strip()


def trusted(markup_text: str) -> markupsafe.Markup:
    """Markup of our own making (a rendered drawing, the style sheet), to be set in as it is."""
    return markupsafe.Markup(markup_text)  # noqa: S704 - made by `svg` above, or a package file


def _finalize(value: object) -> str:
    return escape_latex(str(value))
