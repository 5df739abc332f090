"""The families over HTTP."""

from __future__ import annotations

from kolba.contracts import training
from kolba.kit import context
from kolba.kit.http import bodies
from kolba.ml_service import dependencies
from kolba.ml_service.families import family

router = bodies.router(tags=["families"])


@router.get("/families")
async def list_families(families: dependencies.Families) -> training.FamilyList:
    """The kinds of models that can be trained, each with its hyperparameters as JSON Schema."""
    language = context.current().language
    return training.FamilyList(
        items=[
            training.Family(
                name=one.name,
                title=one.title.render(language),
                description=one.description.render(language),
                tasks=list(one.tasks),
                hyperparameters=family.schema(one, language),
                fine_tuning=one.fine_tuning and family.schema_of(one.fine_tuning, language),
            )
            for one in families.all()
        ]
    )
