"""Files that no data set can be made of: each is refused in words that help, and leaves nothing."""

from __future__ import annotations

import gzip
import io
import os
import zipfile

import pytest
from playwright import sync_api

expect = sync_api.expect
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)


def make_workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


WIDE = ",".join(f"c{number}" for number in range(10_000)).encode()
FILES = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n", "empty"),
    "header only": (b"a,b\n", "row"),
    "ragged": (b"a,b,c\n1,2,3\n4,5\n", "line 3"),
    "two columns of one name": (b"a,b,a\n1,2,3\n", "a"),
    "a column without a name": (b"a,,c\n1,2,3\n", "column"),
    "ten thousand columns": (WIDE + b"\n" + b",".join([b"1"] * 10_000) + b"\n", "2000"),
    "a giant line": (b"a,b\n" + b"x" * 12_000_000 + b",1\n", "line 2"),
    "a broken encoding": ("имя,б\nОля,1\n".encode() + b"\xff\xfe,2\n", "line"),
    "a NUL byte": (b"a,b\n1,\x00\n", "line 2"),
    "a picture": (PNG, "PNG"),
    "a workbook": (make_workbook(), "ZIP"),
    "a bomb": (gzip.compress(b"0" * 60_000_000), "gzip"),
    "Parquet by name only": (b"PAR1rubbish", "Parquet"),
}


@pytest.fixture
def choose(visit, en):
    """Opens the upload page with a file chosen."""

    def open_page(content: bytes, name: str = "bad.csv", **options):
        page = visit("/data/upload", **options)
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        page.locator("input[type=file]").set_input_files(file)
        return page

    return open_page


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file_is_refused_in_words_that_help(choose, house, en, kind) -> None:
    content, says = FILES[kind]
    before = house.api.get("/datasets?limit=1")["total"]
    page = choose(content)
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    text = alert.inner_text()
    assert says.lower() in text.lower(), text
    assert en("error.request_id") in text
    assert page.url.endswith("/data/upload")
    assert house.api.get("/datasets?limit=1")["total"] == before
    # The form is still there, so that another file can be chosen at once.
    expect(page.get_by_role("button", name=en("upload.other"))).to_be_enabled()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "<script>alert(1)</script>", ".hidden", "a\u202eb"]
)
def test_a_name_that_cannot_be_is_refused_at_its_field(choose, house, en, name) -> None:
    before = house.api.get("/datasets?limit=1")["total"]
    page = choose(b"a,b\n1,2\n", name="good.csv")
    field = page.get_by_label(en("upload.name"), exact=True)
    field.fill(name)
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert house.api.get("/datasets?limit=1")["total"] == before


def test_the_refusal_speaks_russian(choose, words) -> None:
    ru = words("ru")
    page = choose(b"a,b,c\n1,2,3\n4,5\n", language="ru")
    page.get_by_role("button", name=ru("upload.send"), exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("строк")
    expect(page.get_by_role("alert")).to_contain_text(ru("error.request_id"))


def test_another_file_takes_the_place_of_a_bad_one(choose, en) -> None:
    page = choose(b"a,b\n", name="first.csv")
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    page.get_by_role("alert").wait_for()
    good = "имя;возраст\nОльга;31\nПётр;40\n".encode("cp1251")
    file = {"name": "Список людей.csv", "mimeType": "text/csv", "buffer": good}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("cell", name="Ольга")).to_be_visible()
    expect(page.get_by_text(en("upload.semicolon"))).to_be_visible()
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    expect(page.get_by_role("heading", name="Список людей")).to_be_visible()
    expect(page.get_by_role("cell", name="Пётр")).to_be_visible()


def test_a_file_is_dropped(visit, en) -> None:
    page = visit("/data/upload")
    data = page.evaluate_handle(
        """() => {
            const moved = new DataTransfer();
            moved.items.add(new File(['a,b\\n1,2\\n'], 'dropped.csv', { type: 'text/csv' }));
            return moved;
        }"""
    )
    page.get_by_text(en("upload.drop")).dispatch_event("drop", {"dataTransfer": data})
    expect(page.get_by_text("dropped.csv")).to_be_visible()


def test_a_file_put_right_is_chosen_again(visit, en, tmp_path) -> None:
    """A browser tells of a choice only where it differs, and refuses a file that has changed since."""
    path = tmp_path / "put right.csv"
    path.write_text("a,b\n1,2,3\n")
    page = visit("/data/upload")
    picker = page.locator("input[type=file]")
    picker.set_input_files(path)
    expect(page.get_by_text("put right.csv")).to_be_visible()
    expect(picker).to_have_value("")
    path.write_text("a,b\n1,2\n3,4\n")
    later = path.stat().st_mtime + 60
    os.utime(path, (later, later))  # a browser compares whole seconds
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(en("upload.unreadable", name="put right.csv"))
    expect(alert).not_to_contain_text(en("error.offline"))
    picker.set_input_files(path)
    expect(alert).to_have_count(0)
    page.get_by_role("button", name=en("upload.send"), exact=True).click()
    expect(page.get_by_role("heading", name="put right")).to_be_visible()


def test_a_folder_is_refused_in_words(visit, en) -> None:
    page = visit("/data/upload")
    # What a browser gives for a folder: a file that it cannot read.
    data = page.evaluate_handle(
        """() => {
            const folder = new File([], 'folder');
            folder.slice = () => ({
                arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError'))
            });
            Object.defineProperty(DataTransfer.prototype, 'files', { get: () => [folder] });
            return new DataTransfer();
        }"""
    )
    page.get_by_text(en("upload.drop")).dispatch_event("drop", {"dataTransfer": data})
    expect(page.get_by_role("alert")).to_contain_text(en("upload.unreadable", name="folder"))
    expect(page.get_by_text(en("upload.drop"))).to_be_visible()


def test_no_compressed_file_is_offered_to_be_chosen(visit) -> None:
    picker = visit("/data/upload").locator("input[type=file]")
    assert ".gz" not in (picker.get_attribute("accept") or "")
