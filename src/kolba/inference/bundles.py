"""Bundles: what training leaves behind, as one file.

A bundle is an uncompressed zip archive of four parts, and a fifth where training can go on from it, in one canonical
form: the same parts always give the same bytes, so that its SHA-256 names the model, and a reader accepts nothing but
that form. Whatever else an archive can carry (paths, links, doubled names, compressed bombs, text before the first
part) is thereby refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from typing import Any

import orjson

from kolba.inference import errors, signature

GRAPH = "model.onnx"
SIGNATURE = "signature.json"
METRICS = "metrics.json"
REFERENCE = "reference.json"
WEIGHTS = "weights.safetensors"
PARTS = (METRICS, GRAPH, REFERENCE, SIGNATURE)
MAX_BYTES = 1 << 30
_EPOCH = (1980, 1, 1, 0, 0, 0)
_JSON = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A model and everything that is known of it."""

    graph: bytes
    """An ONNX model."""
    signature: signature.Signature
    metrics: dict[str, Any]
    """What a report says of the model: figures, split, seeds, versions, hashes."""
    reference: dict[str, Any]
    """Statistics of each column of the training data, to compare later data with."""
    weights: bytes | None = None
    """What training goes on from, as safetensors."""


def write(bundle: Bundle) -> bytes:
    """The bundle's one canonical form."""
    parts = {
        GRAPH: bundle.graph,
        SIGNATURE: orjson.dumps(bundle.signature.to_json(), option=_JSON),
        METRICS: orjson.dumps(bundle.metrics, option=_JSON),
        REFERENCE: orjson.dumps(bundle.reference, option=_JSON),
    }
    if bundle.weights is not None:
        parts[WEIGHTS] = bundle.weights
    return _archive(parts)


def read(content: bytes, *, sha256: str | None = None, max_bytes: int = MAX_BYTES) -> Bundle:
    """The bundle in `content`.

    Raises `errors.BadBundle` when it is larger than `max_bytes`, does not have the digest `sha256`, lacks a part, or
    is not in canonical form.
    """
    if len(content) > max_bytes:
        raise errors.BadBundle(reason=f"it is larger than {max_bytes} bytes")
    if sha256 is not None and digest(content) != sha256:
        raise errors.BadBundle(
            reason="its SHA-256 is not the registered one, so its content has changed"
        )
    parts = _parts(content)
    if _archive(parts) != content:
        raise errors.BadBundle(reason="it is not in canonical form")
    return Bundle(
        graph=parts[GRAPH],
        signature=signature.from_json(_document(parts, SIGNATURE)),
        metrics=_document(parts, METRICS),
        reference=_document(parts, REFERENCE),
        weights=parts.get(WEIGHTS),
    )


def digest(content: bytes) -> str:
    """SHA-256, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _archive(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, parts[name])
    return buffer.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = sorted(entry.filename for entry in entries)
            if names not in (sorted(PARTS), sorted((*PARTS, WEIGHTS))):
                raise errors.BadBundle(
                    reason=f"its parts must be exactly {', '.join(PARTS)}, and {WEIGHTS} if any"
                )
            for entry in entries:
                if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > len(content):
                    raise errors.BadBundle(
                        reason=f"its part {entry.filename} is compressed or misstated"
                    )
            return {entry.filename: archive.read(entry) for entry in entries}
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
    ) as error:
        raise errors.BadBundle(reason=f"it is not a readable archive ({error})") from None


def _document(parts: dict[str, bytes], name: str) -> dict[str, Any]:
    try:
        document = orjson.loads(parts[name])
    except orjson.JSONDecodeError:
        raise errors.BadBundle(reason=f"its part {name} is not JSON") from None
    if not isinstance(document, dict):
        raise errors.BadBundle(reason=f"its part {name} is not a JSON object")
    return document
