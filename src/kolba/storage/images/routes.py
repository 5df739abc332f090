"""`/images`."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi
from starlette import concurrency, responses

from kolba.contracts import images as contracts
from kolba.contracts import pages, predictions
from kolba.inference import images
from kolba.kit import bounded
from kolba.kit.http import bodies, disposition
from kolba.storage.datasets import forms
from kolba.storage.images import repository, service

router = bodies.router(tags=["images"])
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_KINDS: dict[str, Any] = {"image/png": _BYTES, "image/jpeg": _BYTES}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
}
_BODY = {"requestBody": {"required": True, "content": {**_KINDS, "multipart/form-data": _FORM}}}
_LARGEST_BODY = 4 * images.MAX_BYTES
"""More than an image may have: that one is too large is said by who knows how large it may be."""
_LARGEST_SIZE = 4096
ImageId = Annotated[predictions.ImageId, fastapi.Path(description="The SHA-256 of the file.")]
Owner = Annotated[
    str | None,
    fastapi.Query(max_length=255, description="Whose, where several have the same image."),
]
_SHOWN: dict[str, Any] = {
    "response_class": responses.Response,
    "responses": {200: {"content": _KINDS}, 304: {"description": "As the one that is known."}},
}


def _images(request: fastapi.Request) -> service.Images:
    found: service.Images = request.state.images
    return found


def _decoding(request: fastapi.Request) -> bounded.Executor:
    """Whatever decodes pictures goes through here: in the threads of other requests it would be in their way."""
    found: bounded.Executor = request.state.decoding
    return found


@router.post(
    "/images",
    status_code=201,
    max_body_size=_LARGEST_BODY,
    openapi_extra=_BODY,
    responses={200: {"model": contracts.Image, "description": "It was there already."}},
)
async def create_image(request: fastapi.Request, response: fastapi.Response) -> contracts.Image:
    """Keep a PNG or JPEG file, sent as it is or as `file` of a form; what one has already is not kept twice."""
    content = await _content(request)
    image, is_new = await _decoding(request).run(_images(request).create, content)
    if not is_new:
        response.status_code = 200
    return image


async def _content(request: fastapi.Request) -> bytes:
    media_type = request.headers.get("content-type", "")
    if not media_type.lower().startswith("multipart/form-data"):
        return await request.body()
    return b"".join([piece async for piece in forms.FileField(request.stream(), media_type)])


@router.get("/images")
def list_images(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-created_at",
    owner: Owner = None,
    media_type: contracts.MediaType | None = None,
    sha256: Annotated[predictions.ImageId | None, fastapi.Query()] = None,
) -> pages.Page[contracts.Image]:
    """One's own images, the newest first."""
    wanted = repository.Filter(owner=owner, media_type=media_type, sha256=sha256)
    items, total = _images(request).page(wanted, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.get("/images/{image_id}")
def get_image(request: fastapi.Request, image_id: ImageId, owner: Owner = None) -> contracts.Image:
    """What is known of an image."""
    return _images(request).get(image_id, owner=owner)


@router.get("/images/{image_id}/content", **_SHOWN)
def get_image_content(
    request: fastapi.Request, image_id: ImageId, owner: Owner = None
) -> responses.Response:
    """The file as it came."""
    image = _images(request).get(image_id, owner=owner)
    known = _if_known(request, image.id)
    return known or _shown(_images(request).content(image_id, owner=owner), image.id)


@router.get("/images/{image_id}/thumbnail", **_SHOWN)
async def get_image_thumbnail(
    request: fastapi.Request,
    image_id: ImageId,
    size: Annotated[int, fastapi.Query(ge=1, le=_LARGEST_SIZE)] = 128,
    owner: Owner = None,
) -> responses.Response:
    """The image made smaller: its longest side is `size`, rounded up to 32, 64, 128, 256 or 512 pixels, at most."""
    images, tag = _images(request), f"{image_id}-{size}"
    await concurrency.run_in_threadpool(images.get, image_id, owner=owner)
    known = _if_known(request, tag)
    if known is not None:
        return known
    made = await concurrency.run_in_threadpool(images.thumbnail, image_id, size, owner=owner)
    if made is None:
        made = await _decoding(request).run(images.make_thumbnail, image_id, size, owner=owner)
    return _shown(made, tag)


@router.delete("/images/{image_id}", status_code=204)
def delete_image(
    request: fastapi.Request, image_id: ImageId, owner: Owner = None, unlink: bool = False
) -> None:
    """Refused while predictions show it; with `unlink` it is taken out of them."""
    _images(request).delete(image_id, owner=owner, unlink=unlink)


def _if_known(request: fastapi.Request, tag: str) -> responses.Response | None:
    """Nothing, to whoever has it already."""
    asked = request.headers.get("if-none-match", "")
    if f'"{tag}"' not in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        return None
    return responses.Response(status_code=304, headers=_headers(tag))


def _shown(file: service.File, tag: str) -> responses.Response:
    """A stranger's bytes: shown as a picture or not at all."""
    ending = file.media_type.partition("/")[2]
    headers = {
        **_headers(tag),
        "Content-Disposition": disposition.header(f"{tag[:12]}.{ending}", "inline"),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return responses.Response(file.content, media_type=file.media_type, headers=headers)


def _headers(tag: str) -> dict[str, str]:
    """What a hash names never changes, and nobody guesses a hash: a browser may keep it, but nothing between."""
    return {"ETag": f'"{tag}"', "Cache-Control": "private, max-age=86400, immutable"}
