"""The ways to images and to what people contribute."""

from __future__ import annotations

import typing

from kolba.contracts import contributions, images, pages
from kolba.web_master.gateway import passage

_FILE: passage.Schema = {"type": "string", "format": "binary"}
_KINDS = ("image/png", "image/jpeg")
_DIGIT: passage.Schema = {"type": "integer", "minimum": 0, "maximum": 9}
_OWNER: typing.Mapping[str, passage.Schema] = {"owner": passage.TEXT}
_CONTRIBUTE = contributions.Contribute.model_json_schema()
_FORM: passage.Schema = {
    "type": "object",
    "required": ["file", "label"],
    "properties": {
        "file": _FILE,
        "label": _DIGIT,
        "predicted": _DIGIT,
        "prediction_id": passage.TEXT,
        "was_wrong": {"type": "boolean"},
    },
}

PASSAGES: tuple[passage.Passage, ...] = (
    # --- what people contribute
    passage.Passage(
        method="POST",
        path="/user-data",
        service="collector",
        right="contribute",
        summary="Contribute an image with the digit that it shows",
        answer=contributions.Contribution,
        status=201,
        body="upload",
        uploaded={"multipart/form-data": _FORM, "application/json": _CONTRIBUTE},
    ),
    passage.Passage(
        method="GET",
        path="/user-data",
        service="collector",
        right="contribute",
        summary="What one has contributed, the newest first; an administrator's view: everybody",
        answer=pages.Page[contributions.Contribution],
        query={
            **passage.PAGE,
            "person": passage.TEXT,
            "label": _DIGIT,
            "was_wrong": {"type": "boolean"},
            "sha256": passage.TEXT,
        },
    ),
    passage.Passage(
        method="GET",
        path="/user-data/{contribution_id}",
        service="collector",
        right="contribute",
        summary="One contribution",
        answer=contributions.Contribution,
    ),
    passage.Passage(
        method="GET",
        path="/user-data/{contribution_id}/content",
        service="collector",
        right="contribute",
        summary="The contributed file",
        media_types=_KINDS,
    ),
    passage.Passage(
        method="DELETE",
        path="/user-data/{contribution_id}",
        service="collector",
        right="contribute",
        summary="Take a contribution back",
        status=204,
    ),
    # --- images
    passage.Passage(
        method="POST",
        path="/images",
        service="storage",
        right="contribute",
        summary="Keep a PNG or JPEG file",
        answer=images.Image,
        status=201,
        body="upload",
        uploaded={
            **dict.fromkeys(_KINDS, _FILE),
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": _FILE},
            },
        },
    ),
    passage.Passage(
        method="GET",
        path="/images",
        service="storage",
        right="read",
        summary="One's images",
        answer=pages.Page[images.Image],
        query={
            **passage.PAGE,
            **_OWNER,
            "media_type": {"type": "string", "enum": list(_KINDS)},
            "sha256": passage.TEXT,
        },
    ),
    passage.Passage(
        method="GET",
        path="/images/{image_id}",
        service="storage",
        right="read",
        summary="What is known of an image",
        answer=images.Image,
        query=_OWNER,
    ),
    passage.Passage(
        method="GET",
        path="/images/{image_id}/content",
        service="storage",
        right="read",
        summary="An image's file",
        media_types=_KINDS,
        query=_OWNER,
    ),
    passage.Passage(
        method="GET",
        path="/images/{image_id}/thumbnail",
        service="storage",
        right="read",
        summary="An image made smaller",
        media_types=_KINDS,
        query={**_OWNER, "size": passage.INTEGER},
    ),
    passage.Passage(
        method="DELETE",
        path="/images/{image_id}",
        service="storage",
        right="delete",
        summary="Delete an image that no prediction shows",
        status=204,
        query={**_OWNER, "unlink": {"type": "boolean"}},
    ),
)
