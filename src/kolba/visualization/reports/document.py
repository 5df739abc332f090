"""A document: numbered sections of paragraphs, tables and figures, in no particular format.

The same document becomes HTML, PDF or LaTeX, so that all three say the same words and numbers.
"""

import dataclasses
import typing

Alignment = typing.Literal["left", "right"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: its heading and how its cells are set."""

    title: str
    align: Alignment = "left"
    code: bool = False
    """Set in a fixed-width face: checksums, versions."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paragraph:
    text: str
    kind: typing.Literal["paragraph"] = "paragraph"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of as many cells as there are columns. `footer` rows are set apart by a line."""

    slug: str
    """A word that is the same in every language: the LaTeX label, the HTML anchor."""
    label: str
    """`Table 3`, as it stands before the caption."""
    reference: str
    """As it stands inside a sentence."""
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    footer: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    kind: typing.Literal["table"] = "table"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing with its caption."""

    slug: str
    label: str
    reference: str
    caption: str
    svg: str
    width: float
    """Its natural width in points; a narrower page scales it down."""
    kind: typing.Literal["figure"] = "figure"


Block = Paragraph | Table | Figure


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    number: str
    slug: str
    title: str
    blocks: tuple[Block, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Document:
    """Everything a reader sees, in order."""

    language: str
    kind: str
    title: str
    subtitle: str
    facts: tuple[str, ...]
    """Short lines under the title: the owner, the days."""
    abstract_title: str
    abstract: str
    figures: tuple[tuple[str, str], ...]
    """The main figures, each a name and a value."""
    sections: tuple[Section, ...]
    colophon: str
    page: str
    """`Page {page} of {total}`, for the formats that have pages."""

    def tables(self) -> tuple[Table, ...]:
        """Every table of every section, in order."""
        return tuple(
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Table)
        )
