import io
import warnings
import zipfile

import pytest

from kolba.inference import bundles, errors, signature

BUNDLE = bundles.Bundle(
    graph=b"graph" * 100,
    signature=signature.Signature(
        columns=(signature.Column(name="x", kind="numeric"),), target="y", classes=("no", "yes")
    ),
    metrics={"b": 1, "a": [0.5]},
    reference={"x": {"mean": 1.5}},
)


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundles.write(BUNDLE))) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def archive(content: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as file:
        warnings.simplefilter("ignore")
        for name, data in content:
            file.writestr(zipfile.ZipInfo(name), data, compression)
    return buffer.getvalue()


def test_a_bundle_is_read_as_it_was_written() -> None:
    content = bundles.write(BUNDLE)
    assert bundles.read(content, sha256=bundles.digest(content)) == BUNDLE


def test_the_same_bundle_gives_the_same_bytes() -> None:
    turned = bundles.Bundle(
        graph=BUNDLE.graph,
        signature=BUNDLE.signature,
        metrics={"a": [0.5], "b": 1},
        reference=BUNDLE.reference,
    )
    assert bundles.write(turned) == bundles.write(BUNDLE)


def test_a_changed_byte_is_noticed() -> None:
    content = bytearray(bundles.write(BUNDLE))
    known = bundles.digest(bytes(content))
    content[len(content) // 2] ^= 1
    with pytest.raises(errors.BadBundle, match="SHA-256"):
        bundles.read(bytes(content), sha256=known)
    with pytest.raises(errors.BadBundle):
        bundles.read(bytes(content))


def test_what_is_not_canonical_is_refused() -> None:
    good = parts()
    missing = [(name, data) for name, data in good.items() if name != bundles.SIGNATURE]
    wrong = {
        "not a zip": b"\x89PNG",
        "empty": b"",
        "cut short": bundles.write(BUNDLE)[:-30],
        "text before it": b"#!/bin/sh\n" + bundles.write(BUNDLE),
        "text after it": bundles.write(BUNDLE) + b"tail",
        "a part is missing": archive(missing),
        "a further part": archive([*good.items(), ("extra.bin", b"x")]),
        "a path": archive([*missing, ("../signature.json", good[bundles.SIGNATURE])]),
        "an absolute path": archive([*missing, ("/signature.json", good[bundles.SIGNATURE])]),
        "a doubled part": archive([*good.items(), (bundles.SIGNATURE, b"{}")]),
        "a bomb": archive([*missing, (bundles.SIGNATURE, b"0" * 10_000_000)], zipfile.ZIP_DEFLATED),
        "other times": archive(sorted(good.items())),
        "not JSON": archive([*missing, (bundles.SIGNATURE, b"pickle")]),
    }
    for content in wrong.values():
        with pytest.raises(errors.BadBundle):
            bundles.read(content)


def test_the_size_is_bounded() -> None:
    with pytest.raises(errors.BadBundle, match="larger"):
        bundles.read(bundles.write(BUNDLE), max_bytes=100)
