from __future__ import annotations

import pathlib

import pytest
from bench.common import pages


def test_a_section_is_replaced_and_the_rest_kept(tmp_path: pathlib.Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Title\n\n<!-- one:begin -->\nold\n<!-- one:end -->\n\nafter\n")
    pages.replace_section(page, "one", "new\n")
    assert page.read_text() == "# Title\n\n<!-- one:begin -->\nnew\n<!-- one:end -->\n\nafter\n"


def test_a_page_without_the_section_gets_it(tmp_path: pathlib.Path) -> None:
    page = tmp_path / "docs" / "performance.md"
    pages.replace_section(page, "one", "new")
    pages.replace_section(page, "two", "other")
    assert page.read_text().count("<!-- one:begin -->\nnew\n<!-- one:end -->") == 1
    assert page.read_text().endswith("<!-- two:begin -->\nother\n<!-- two:end -->\n")


def test_a_section_that_does_not_end_is_refused(tmp_path: pathlib.Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("<!-- one:begin -->\nmuch that must not be lost")
    with pytest.raises(ValueError, match="lacks"):
        pages.replace_section(page, "one", "new")
    assert "must not be lost" in page.read_text()
