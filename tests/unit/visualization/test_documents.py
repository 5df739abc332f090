"""The composed document, and the three formats it takes."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import pytest

from kolba.contracts import reports
from kolba.kit.testing import pdf
from kolba.visualization import languages
from kolba.visualization.reports import composition, document, latex, service
from kolba.visualization.reports import html as page

_LANGUAGES = pytest.mark.parametrize("code", languages.CODES)
_FORMATS = pytest.mark.parametrize("file_format", reports.FORMATS)


def compose(content: dict[str, Any], code: str = "en") -> document.Document:
    return composition.compose(reports.Report.model_validate(content), languages.get(code))


def render(content: dict[str, Any], file_format: service.Format, code: str = "en") -> bytes:
    report = reports.Report.model_validate(content)
    return service.render(report, file_format, code).content


def pdf_text(content: bytes) -> str:
    """The words of a PDF on one line: without the breaks of lines, pages and long words."""
    return squeeze(pdf.read(content).text)


def squeeze(words: str) -> str:
    return re.sub(r"\s+", " ", words.replace("\N{ZERO WIDTH SPACE}", "").replace("\xad", ""))


def solid(words: str) -> str:
    """Without any space at all: what a line break may have parted."""
    return re.sub(r"\s+", "", squeeze(words))


class _Page(html.parser.HTMLParser):
    """Collects the words and the tags of a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return squeeze(" ".join(self.words))


def _tables(written: document.Document) -> dict[str, document.Table]:
    return {table.slug: table for table in written.tables()}


# What the document says


def test_the_summary_carries_the_main_figures(titanic: dict[str, Any]) -> None:
    abstract = squeeze(compose(titanic).abstract)

    assert "random forest" in abstract
    assert "891 rows" in abstract
    assert "179 rows that took no part in training" in abstract
    assert "accuracy is 0.799 (95% interval 0.734 to 0.851)" in abstract
    assert "most frequent class would give 0.615" in abstract
    assert "F1 0.714" in abstract
    assert "“Sex”, “Pclass”, “Age”" in abstract


def test_the_russian_summary_says_the_same(titanic: dict[str, Any]) -> None:
    abstract = squeeze(compose(titanic, "ru").abstract)

    assert "«случайный лес»" in abstract
    assert "891 строка" in abstract
    assert "Доля верных ответов — 0,799 (95-процентный интервал от 0,734 до 0,851)" in abstract
    assert "«Sex», «Pclass», «Age»" in abstract


@_LANGUAGES
def test_sections_tables_and_figures_are_numbered_in_order(
    titanic: dict[str, Any], code: str
) -> None:
    written = compose(titanic, code)
    blocks = [block for section in written.sections for block in section.blocks]
    tables = [block.label for block in blocks if isinstance(block, document.Table)]
    drawn = [block.label for block in blocks if isinstance(block, document.Figure)]

    assert [section.number for section in written.sections[:-1]] == ["1", "2", "3", "4", "5"]
    assert [int(label.split()[-1]) for label in tables] == list(range(1, 13))
    assert [int(label.split()[-1]) for label in drawn] == list(range(1, 6))


def test_every_table_and_figure_is_mentioned_in_the_text(titanic: dict[str, Any]) -> None:
    written = compose(titanic)
    prose = " ".join(
        block.text
        for section in written.sections
        for block in section.blocks
        if isinstance(block, document.Paragraph)
    )
    appendix = {block.label for block in written.sections[-1].blocks if hasattr(block, "label")}
    for section in written.sections:
        for block in section.blocks:
            if not isinstance(block, document.Paragraph) and block.label not in appendix:
                assert block.reference in prose, block.label


def test_every_row_has_as_many_cells_as_there_are_columns(titanic: dict[str, Any]) -> None:
    for table in compose(titanic).tables():
        assert {len(row) for row in (*table.rows, *table.footer)} <= {len(table.columns)}


def test_the_tables_hold_what_was_recorded(titanic: dict[str, Any]) -> None:
    tables = _tables(compose(titanic))

    assert ("n_estimators", "100", "100", "yes") in tables["hyperparameters"].rows
    assert ("max_depth", "10", "none", "yes") in tables["hyperparameters"].rows
    assert tables["metrics"].rows[0] == ("Accuracy", "0.799", "0.734 … 0.851")
    assert tables["metrics"].footer == (("Always the most frequent class", "0.615", ""),)
    assert tables["classification"].rows[1] == ("1", "0.789", "0.652", "0.714", "69")
    assert tables["classification"].footer[0][0] == "Macro average"
    assert tables["importance"].rows[0][0] == "Sex"
    assert tables["dropped"].rows[0][0] == "PassengerId"
    assert dict(tables["libraries"].rows)["scikit-learn"]
    digests = {row[0]: row[2] for row in tables["digests"].rows}
    assert digests["Data set"] == titanic["data"]["sha256"]
    age = next(row for row in tables["columns"].rows if row[0] == "Age")
    assert age[1:4] == ("number", "177", "88")
    assert "mean 29.7" in age[4]


def test_cross_validation_is_summed_up(titanic: dict[str, Any]) -> None:
    table = _tables(compose(titanic))["folds"]

    assert len(table.rows) == 5
    assert [row[0] for row in table.footer] == ["Mean", "Standard deviation"]
    assert table.footer[0][1] == "0.822"


def test_the_checksum_of_the_data_stands_there_even_if_only_the_data_set_has_it(
    titanic: dict[str, Any],
) -> None:
    titanic["digests"] = []

    assert titanic["data"]["sha256"] in str(_tables(compose(titanic))["digests"].rows)


def test_warnings_of_the_library_are_told(titanic: dict[str, Any]) -> None:
    titanic["warnings"] = ["lbfgs failed to converge"]

    assert "lbfgs failed to converge" in pdf_text(render(titanic, "pdf"))


# Reports with little or odd content


@_LANGUAGES
@_FORMATS
def test_a_report_of_almost_nothing_is_a_document(file_format: service.Format, code: str) -> None:
    bare = {
        "model": {"name": "x", "version": "y", "family": "KNN", "created": "2026-01-01T00:00:00Z"},
        "data": {"name": "d", "version": 1, "rows": 0, "target": "t"},
    }

    assert render(bare, file_format, code)


@_FORMATS
@pytest.mark.parametrize(
    "part",
    [
        "split",
        "cross_validation",
        "metrics",
        "hyperparameters",
        "classification",
        "confusion",
        "roc",
        "importance",
        "parity",
        "libraries",
        "digests",
        "seeds",
    ],
)
def test_any_part_may_be_absent(
    titanic: dict[str, Any], part: str, file_format: service.Format
) -> None:
    del titanic[part]

    assert render(titanic, file_format)


def test_a_class_without_a_curve_is_named(titanic: dict[str, Any]) -> None:
    titanic["roc"] = [
        {"name": "a", "false_positive_rate": [0, 1], "true_positive_rate": [0, 1], "auc": 0.5},
        {"name": "b", "false_positive_rate": [0, 1], "true_positive_rate": [0, 1], "auc": 0.5},
        {"name": "rare", "auc": None},
    ]

    assert "No ROC curve can be drawn for: “rare”" in pdf_text(render(titanic, "pdf"))


def test_no_curve_at_all_is_said(titanic: dict[str, Any]) -> None:
    titanic["roc"] = [{"name": "0"}, {"name": "1"}]

    assert "do not hold two classes" in pdf_text(render(titanic, "pdf"))


def test_importance_of_nothing_is_said(titanic: dict[str, Any]) -> None:
    for feature in titanic["importance"]["features"]:
        feature.update(mean=0.0, standard_deviation=0.0)

    written = pdf_text(render(titanic, "pdf"))

    assert "Shuffling any one column changes nothing" in written
    assert "relies most on" not in written


def _many_classes(report: dict[str, Any], count: int) -> dict[str, Any]:
    names = [f"Класс с довольно длинным названием {n}" for n in range(count)]
    report["data"]["classes"] = [{"value": name, "count": 5 + n} for n, name in enumerate(names)]
    report["classification"]["classes"] = [
        {"name": name, "precision": None, "recall": 0.5, "f1": None, "support": n}
        for n, name in enumerate(names)
    ]
    report["confusion"] = {
        "labels": names,
        "counts": [[7 if i == j else (i + j) % 2 for j in range(count)] for i in range(count)],
    }
    report["roc"] = [
        {"name": name, "false_positive_rate": [0, 1], "true_positive_rate": [0, 1], "auc": 0.5}
        for name in names
    ]
    return report


@_FORMATS
@pytest.mark.parametrize("count", [1, 3, 40, 80])
def test_many_classes_make_a_document(
    titanic: dict[str, Any], count: int, file_format: service.Format
) -> None:
    assert render(_many_classes(titanic, count), file_format, "ru")


def test_forty_classes_are_drawn_and_their_mistakes_listed(titanic: dict[str, Any]) -> None:
    written = compose(_many_classes(titanic, 40))
    drawn = {
        block.slug
        for section in written.sections
        for block in section.blocks
        if isinstance(block, document.Figure)
    }

    assert {"classes", "confusion", "roc"} <= drawn
    assert len(_tables(written)["mistakes"].rows) == 10
    assert len(_tables(written)["classification"].rows) == 40


def test_a_matrix_too_large_to_draw_becomes_a_list_of_mistakes(titanic: dict[str, Any]) -> None:
    written = compose(_many_classes(titanic, 80))

    assert "mistakes" in _tables(written)
    assert "confusion" not in {
        block.slug
        for section in written.sections
        for block in section.blocks
        if isinstance(block, document.Figure)
    }


def test_a_table_of_too_many_columns_is_cut_and_says_so(titanic: dict[str, Any]) -> None:
    column = {"kind": "number", "missing": 1, "minimum": -1e-30, "maximum": 1e300}
    titanic["data"]["columns"] = [{"name": "измерение_" + "x" * n, **column} for n in range(1500)]

    table = _tables(compose(titanic))["columns"]

    assert len(table.rows) == 200
    assert table.note == "The first 200 of 1,500 are shown."
    assert render(titanic, "pdf")


# Three formats


@_LANGUAGES
def test_the_pdf_says_what_the_document_says(titanic: dict[str, Any], code: str) -> None:
    written = compose(titanic, code)
    text = solid(pdf_text(render(titanic, "pdf", code)))

    for section in written.sections:
        assert solid(section.number + section.title) in text
    for table in written.tables():
        assert solid(f"{table.label}. {table.caption}") in text
        for row in table.rows:
            for cell in row:
                assert solid(cell) in text
    for figure in ("0.799", "0.714", "0.843") if code == "en" else ("0,799", "0,714", "0,843"):
        assert figure in text


@_LANGUAGES
def test_the_page_says_what_the_document_says(titanic: dict[str, Any], code: str) -> None:
    written = compose(titanic, code)
    text = _Page(page.render(written)).text

    for section in written.sections:
        assert f"{section.number} {section.title}" in text
    for table in written.tables():
        for row in (*table.rows, *table.footer):
            for cell in row:
                assert squeeze(cell) in text


def test_the_pdf_has_numbered_pages_a_title_and_drawings(titanic: dict[str, Any]) -> None:
    opened = pdf.read(render(titanic, "pdf"))
    count = len(opened.pages)
    assert count <= 6
    assert opened.title == "titanic: predicting “Survived”"
    for number, sheet in enumerate(opened.pages, 1):
        assert f"Page {number} of {count}" in sheet.text
        assert sheet.width == pytest.approx(595, abs=1)
    text = opened.text
    # The words of the drawings are words, which can be found and read aloud.
    assert "false positive rate" in text
    assert "AUC = 0.843" in text
    assert "predicted class" in text


def test_nothing_is_printed_beyond_the_edge_of_a_page(hostile: dict[str, Any]) -> None:
    for content in (render(hostile, "pdf"), render(_many_classes(hostile, 40), "pdf", "ru")):
        for sheet in pdf.read(content).pages:
            assert sheet.boxes
            for left, bottom, right, _ in sheet.boxes:
                assert left >= 60
                assert right <= sheet.width - 60
                assert bottom >= 0


@_FORMATS
def test_the_same_report_gives_the_same_bytes(
    titanic: dict[str, Any], file_format: service.Format
) -> None:
    assert render(titanic, file_format) == render(titanic, file_format)


def test_the_page_is_complete_in_itself_and_runs_nothing(titanic: dict[str, Any]) -> None:
    content = render(titanic, "html")
    tags = _Page(content).tags

    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in tags}
    for tag, attributes in tags:
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#"), tag
    assert b"url(" not in content
    assert b"@import" not in content
    policies = [
        attributes["content"]
        for tag, attributes in tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [page.policy()]
    assert "unsafe-inline" not in page.policy()


# Hostile names


@_LANGUAGES
def test_hostile_names_stand_in_the_pdf_as_they_are(
    hostile: dict[str, Any], hostile_name: str, code: str
) -> None:
    text = solid(pdf_text(render(hostile, "pdf", code)))

    assert text.count(solid(hostile_name)) >= 15


@_LANGUAGES
def test_hostile_names_stand_in_the_page_as_they_are(
    hostile: dict[str, Any], hostile_name: str, code: str
) -> None:
    content = render(hostile, "html", code)
    read = _Page(content)

    assert read.text.count(squeeze(hostile_name)) >= 15
    assert "script" not in {tag for tag, _ in read.tags}
    assert b"<script" not in content


def test_hostile_names_are_escaped_in_latex(hostile: dict[str, Any]) -> None:
    content = render(hostile, "latex").decode()

    assert r"\textbackslash{}input\{/etc/passwd\}" in content
    assert r"\textbackslash{}frac\{1\}\{2\}" in content
    assert r"\input{" not in content
    assert r"\frac" not in content
    unescaped = re.compile(r"(?<!\\)[$#]|(?<!\\)&(?! )|(?<![\\ ])_")
    body = [line for line in content.splitlines() if not line.startswith("%")]
    assert not [line for line in body if unescaped.search(line)]


def test_a_title_of_many_lines_cannot_leave_a_latex_comment(titanic: dict[str, Any]) -> None:
    titanic["model"]["name"] = "a\n\\input{x}\r\\immediate\u2028\\write18\x0b\x0c\x85y"

    content = render(titanic, "latex").decode()

    assert all(line.startswith("%") for line in content.splitlines()[:4])
    assert "\\input{x}" not in content


@_FORMATS
def test_characters_that_cannot_be_printed_are_replaced(
    titanic: dict[str, Any], file_format: service.Format
) -> None:
    name = "a\x00b\x1bc\u202ed\u2066e\ufffff"
    titanic["data"]["columns"][0]["name"] = name
    titanic["importance"]["features"][0]["name"] = name
    titanic["confusion"]["labels"][0] = name

    content = render(titanic, file_format)

    read = pdf_text(content) if file_format == "pdf" else content.decode()
    if file_format == "latex":
        read = read.replace("{?}", "�")
    assert re.search("a.?b.?c.?d.?e.?f", read) if file_format == "pdf" else "a�b�c�d�e�f" in read
    assert not set(name) & set("\x00\x1b\u202e\u2066\uffff") & set(read)


def test_latex_has_every_table_labelled(titanic: dict[str, Any]) -> None:
    written = compose(titanic, "ru")
    content = latex.render(written).decode()

    for table in written.tables():
        assert content.count(rf"\label{{tab:{table.slug}}}") == 1
    heads = re.findall(r"\\begin\{longtable\}\{(.*)\}\n", content)
    assert len(heads) == 12
    for head in heads:
        assert re.fullmatch(
            r"@\{\}([lr]|>\{\\raggedright\\arraybackslash\}p\{0\.45\\linewidth\})+@\{\}", head
        ), head
    assert content.count(r"\begin{longtable}") == content.count(r"\end{longtable}") == 12
    assert "0{,}799" in content
    assert r"61{,}6~\%" not in content  # prose and drawings stay out: only the tables are given


def test_the_file_is_named_after_the_model(titanic: dict[str, Any]) -> None:
    report = reports.Report.model_validate(titanic)
    assert service.render(report, "pdf", "en").file_name == (
        "titanic-RandomForest_20261120_172512.pdf"
    )
    titanic["model"].update(name='../../Пассажиры\n"x', version="")
    name = service.render(reports.Report.model_validate(titanic), "latex", "en").file_name
    assert name == "Пассажиры__x-model.tex"
