"""Measured tables inside pages of the documentation."""

from __future__ import annotations

import pathlib


def replace_section(page: pathlib.Path, name: str, text: str) -> None:
    """Put `text` between the marks of section `name`; a page without them gets them at its end."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    content = page.read_text() if page.exists() else "# Performance\n"
    section = f"{begin}\n{text.strip()}\n{end}"
    before, found, rest = content.partition(begin)
    if found:
        _, closed, after = rest.partition(end)
        if not closed:
            raise ValueError(f"{page.name} lacks {end}")
        page.write_text(before + section + after)
    else:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"{content.rstrip()}\n\n{section}\n")
