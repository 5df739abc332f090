"""The rules of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kolba.contracts import models as contracts
from kolba.kit import context
from kolba.kit import errors as kit_errors
from kolba.storage.aliases import repository as alias_repository
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import models as catalog_models
from kolba.storage.catalog import ownership, things
from kolba.storage.catalog import repository as catalog_repository
from kolba.storage.datasets import models as dataset_models
from kolba.storage.files import models as file_models
from kolba.storage.links import repository as links
from kolba.storage.models import errors, models, repository
from kolba.storage.runs import leases

_SHOWN = 10
"""How many names, versions or aliases an error lists."""


class Models(things.Things[models.ModelRow, contracts.ModelDetail, repository.Filter]):
    row_type = models.ModelRow
    sortable = repository.SORTABLE
    whole = repository.WHOLE

    def register(self, model: contracts.ModelCreate, *, lease: str = "") -> contracts.ModelDetail:
        """With a `run_id` it is that run's result, and `lease` the proof: where it has left one, that is answered.

        Raises `UnknownReference` for a bundle, data set or parent that is not there, `BundleDiffers`, `LeaseLost`,
        `OwnerGiven`, `NameTaken`, `NotYours` for a bundle that is another's.
        """
        now = self._clock.now()
        with self._database.writing() as session:
            run = None
            if model.run_id is not None:
                run = leases.held(session, model.run_id, lease, now)
                earlier = repository.of_run(session, model.run_id)
                if earlier is not None:
                    return self._shown(earlier)
            owner, name = self._whose(session, model, run)
            bundle = self._bundle(session, model)
            if context.current().person.is_service:
                bundle.owner = owner
            self._check_reference(
                session, "dataset_id", model.dataset_id, dataset_models.DatasetRow
            )
            self._check_reference(
                session, "parent_model_id", model.parent_model_id, models.ModelRow
            )
            row = repository.add(
                session,
                version=f"{model.family}_{now:%Y%m%d_%H%M%S}",
                description="",
                created_at=now,
                owner=owner,
                name=name,
                **model.model_dump(exclude={"bundle_sha256", "owner", "name"}),
            )
            return self._shown(row)

    def resolve(self, name: str, reference: str | None) -> contracts.ModelDetail:
        """The version that `reference` means: an alias or a version's name; without one `production`, or the newest.

        Raises `UnknownModelName`, `UnknownVersion`.
        """
        person = context.current().person
        with self._database.reading() as session:
            model_id = repository.meant(session, name, reference, person)
            if model_id is not None:
                return self._shown(self._seen(session, model_id, *self.whole))
            versions = repository.newest_versions(session, name, person, limit=_SHOWN)
            if not versions:
                known = repository.some_names(session, person, limit=_SHOWN)
                raise errors.UnknownModelName(model=name, known=known)
            named = alias_repository.names_of(session, name, person, limit=_SHOWN)
            raise errors.UnknownVersion(
                model=name, reference=reference or "", versions=versions, aliases=named
            )

    def change(self, model_id: int, change: contracts.ModelChange) -> contracts.ModelDetail:
        """Raises `UnknownModel`, `NotYours`, `UnknownGroup`."""
        with self._database.writing() as session:
            row = self._changeable(session, model_id)
            if change.description is not None:
                row.description = change.description
            self._share(row, change)
            return self._shown(row)

    def download(self, model: contracts.Model) -> Iterator[bytes]:
        """The bundle in pieces. Raises `CorruptBlob` when it has changed."""
        return self._shelf.read(model.bundle_sha256)

    def _whose(self, session: Any, model: contracts.ModelCreate, run: Any) -> tuple[str, str]:
        """The new version's owner and name. Raises `OwnerGiven`, `NameTaken`."""
        table = models.ModelNameRow
        if run is not None:
            return run.owner, ownership.name_of_result(session, table, run, model.name)
        owner = ownership.owner_asked_for(model.owner)
        person = context.current().person
        return owner, ownership.take_name(
            session, table, model.name, owner, "refuse", person=person
        )

    def _bundle(self, session: Any, model: contracts.ModelCreate) -> file_models.FileRow:
        """The model's from now on: deleted with it. Raises `UnknownReference`, `NotYours`, `BundleDiffers`."""
        person = context.current().person
        found = catalog_repository.find(
            session, file_models.FileRow, model.bundle_file_id, person, lock=True
        )
        if found is None:
            raise catalog_errors.UnknownReference("bundle_file_id", model.bundle_file_id)
        ownership.check_change(person, found.owner)
        if found.sha256 != model.bundle_sha256.lower():
            raise errors.BundleDiffers(expected=model.bundle_sha256, found=found.sha256)
        return found

    def _check_reference(
        self, session: Any, field: str, number: int | None, table: type[catalog_models.Owned]
    ) -> None:
        """Raises `UnknownReference` for what is not there, or not the person's to see."""
        if number is None:
            return
        person = context.current().person
        if catalog_repository.find(session, table, number, person, lock=True) is None:
            raise catalog_errors.UnknownReference(field, number)

    def _shown(self, row: models.ModelRow) -> contracts.ModelDetail:
        return contracts.ModelDetail.model_validate(
            {**_values(row), "signature": row.signature, "summary": row.summary}
        )

    def _listed(self, row: models.ModelRow) -> contracts.Model:
        return contracts.Model.model_validate(_values(row))

    def _unknown(self, number: int) -> kit_errors.NotFound:
        return errors.UnknownModel(model_id=number)

    def _dependents(self, session: Any, number: int) -> list[catalog_errors.Dependent]:
        return links.of_model(session, number)

    def _forget(self, session: Any, row: models.ModelRow) -> list[str]:
        """With its bundle."""
        return repository.delete(session, row)


def _values(row: models.ModelRow) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "family": row.family,
        "dataset_id": row.dataset_id,
        "dataset_name": row.dataset.name,
        "dataset_version": row.dataset.version,
        "run_id": row.run_id,
        "parent_model_id": row.parent_model_id,
        "hyperparameters": row.hyperparameters,
        "metrics": row.metrics,
        "description": row.description,
        "bundle_sha256": row.bundle.sha256,
        "bundle_size_bytes": row.bundle.size_bytes,
        "owner": row.owner,
        "shared_with": row.shared_with,
        "created_at": row.created_at,
    }
