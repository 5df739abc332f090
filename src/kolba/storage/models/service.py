"""The rules of models."""

from __future__ import annotations

from collections.abc import Iterator

from kolba.contracts import models as contracts
from kolba.kit import clock
from kolba.kit.db import engine
from kolba.storage.aliases import repository as alias_repository
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import shelf
from kolba.storage.datasets import repository as dataset_repository
from kolba.storage.files import repository as file_repository
from kolba.storage.models import errors, models, repository
from kolba.storage.runs import leases

_SHOWN = 10
"""How many names, versions or aliases an error lists."""


class Models:
    def __init__(
        self, *, database: engine.Database, shelf: shelf.Shelf, watch: clock.Clock
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = watch

    def register(self, model: contracts.ModelCreate, *, lease: str = "") -> contracts.ModelDetail:
        """With a `run_id` it is that run's result, and `lease` the proof: where it has left one, that is answered.

        Raises `UnknownReference` for a bundle or data set that is not there, `BundleDiffers`, `LeaseLost`.
        """
        now = self._clock.now()
        with self._database.writing() as session:
            if model.run_id is not None:
                leases.held(session, model.run_id, lease, now)
                earlier = repository.of_run(session, model.run_id)
                if earlier is not None:
                    return _detail(earlier)
            bundle = file_repository.get(session, model.bundle_file_id, lock=True)
            if bundle is None:
                raise catalog_errors.UnknownReference("bundle_file_id", model.bundle_file_id)
            if bundle.sha256 != model.bundle_sha256.lower():
                raise errors.BundleDiffers(expected=model.bundle_sha256, found=bundle.sha256)
            if dataset_repository.get(session, model.dataset_id, lock=True) is None:
                raise catalog_errors.UnknownReference("dataset_id", model.dataset_id)
            row = repository.add(
                session,
                version=f"{model.family}_{now:%Y%m%d_%H%M%S}",
                description="",
                created_at=now,
                **model.model_dump(exclude={"bundle_sha256"}),
            )
            return _detail(row)

    def get(self, model_id: int) -> contracts.ModelDetail:
        """Raises `UnknownModel`."""
        with self._database.reading() as session:
            row = repository.get(session, model_id, whole=True)
            if row is None:
                raise errors.UnknownModel(model_id=model_id)
            return _detail(row)

    def resolve(self, name: str, reference: str | None) -> contracts.ModelDetail:
        """The version that `reference` means: an alias or a version's name; without one `production`, or the newest.

        Raises `UnknownModelName`, `UnknownVersion`.
        """
        with self._database.reading() as session:
            model_id = repository.meant(session, name, reference)
            row = None if model_id is None else repository.get(session, model_id, whole=True)
            if row is not None:
                return _detail(row)
            versions = repository.newest_versions(session, name, limit=_SHOWN)
            if not versions:
                known = repository.some_names(session, limit=_SHOWN)
                raise errors.UnknownModelName(model=name, known=known)
            named = alias_repository.names_of(session, name, limit=_SHOWN)
            raise errors.UnknownVersion(
                model=name, reference=reference or "", versions=versions, aliases=named
            )

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.Model], int]:
        with self._database.reading() as session:
            rows, total = repository.page(session, wanted, sort=sort, limit=limit, offset=offset)
            return [contracts.Model.model_validate(_values(row)) for row in rows], total

    def change(self, model_id: int, change: contracts.ModelChange) -> contracts.ModelDetail:
        """Raises `UnknownModel`."""
        with self._database.writing() as session:
            row = repository.get(session, model_id, lock=True)
            if row is None:
                raise errors.UnknownModel(model_id=model_id)
            row.description = change.description
            return _detail(row)

    def delete(self, model_id: int) -> None:
        """With its bundle. Raises `UnknownModel`, `InUse`."""
        self._shelf.remove(lambda: self._delete_row(model_id), self._is_blob_named)

    def download(self, model: contracts.Model) -> Iterator[bytes]:
        """The bundle in pieces. Raises `CorruptBlob` when it has changed."""
        return self._shelf.read(model.bundle_sha256)

    def _delete_row(self, model_id: int) -> list[str]:
        with self._database.writing() as session:
            row = repository.get(session, model_id, lock=True)
            if row is None:
                raise errors.UnknownModel(model_id=model_id)
            dependents = repository.dependents(session, model_id)
            if dependents:
                raise catalog_errors.InUse(dependents)
            return repository.delete(session, row)

    def _is_blob_named(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return repository.is_blob_named(session, sha256)


def _detail(row: models.ModelRow) -> contracts.ModelDetail:
    return contracts.ModelDetail.model_validate(
        {**_values(row), "signature": row.signature, "summary": row.summary}
    )


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
        "hyperparameters": row.hyperparameters,
        "metrics": row.metrics,
        "description": row.description,
        "bundle_sha256": row.bundle.sha256,
        "bundle_size_bytes": row.bundle.size_bytes,
        "owner": row.owner,
        "created_at": row.created_at,
    }
