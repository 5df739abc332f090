"""The file in a form."""

from __future__ import annotations

import asyncio

import pytest

from kolba.storage.datasets import forms

WHOLE = (
    b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    b"a,b\r\n1,2\r\n3,4\r\n--X--\r\n"
)


def _read(content):
    async def chunks():
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    async def gather():
        form = forms.FileField(chunks(), "multipart/form-data; boundary=X")
        return b"".join([piece async for piece in form]), form.filename

    return asyncio.run(gather())


@pytest.mark.parametrize("content", [WHOLE, WHOLE.removesuffix(b"\r\n")])
def test_the_file_comes_out_as_it_was(content):
    assert _read(content) == (b"a,b\r\n1,2\r\n3,4", "a.csv")


@pytest.mark.parametrize("left", [4, 8, 12, 16, 20])
def test_a_form_that_breaks_off_is_refused(left):
    with pytest.raises(forms.MalformedForm):
        _read(WHOLE[:-left])
