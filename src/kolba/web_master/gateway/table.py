"""What goes through the door, where to, and who may."""

from __future__ import annotations

from kolba.web_master.gateway import data_passages, image_passages, model_passages, passage

PASSAGES: tuple[passage.Passage, ...] = (
    *data_passages.PASSAGES,
    *image_passages.PASSAGES,
    *model_passages.PASSAGES,
)
