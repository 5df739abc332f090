"""PDF files as tests look at them: their words, and where these stand."""

from __future__ import annotations

import dataclasses

import pypdfium2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    width: float
    """In points."""
    height: float
    text: str
    boxes: tuple[tuple[float, float, float, float], ...]
    """Of each piece of text: left, bottom, right, top, in points from the page's lower left corner."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    title: str
    pages: tuple[Page, ...]

    @property
    def text(self) -> str:
        """Of all pages."""
        return "\n".join(page.text for page in self.pages)


def read(content: bytes) -> Document:
    """Raises `pypdfium2.PdfiumError` for what is no PDF."""
    with pypdfium2.PdfDocument(content) as opened:
        return Document(
            title=opened.get_metadata_dict()["Title"], pages=tuple(_page(one) for one in opened)
        )


def _page(page: pypdfium2.PdfPage) -> Page:
    width, height = page.get_size()
    text = page.get_textpage()
    boxes = tuple(text.get_rect(number) for number in range(text.count_rects()))
    return Page(width=width, height=height, text=text.get_text_range(), boxes=boxes)
