"""The rules of batch predictions: what is checked before one is queued."""

from __future__ import annotations

from kolba.contracts import batch_predictions, names, runs, storage_client
from kolba.inference import signature
from kolba.kit import context
from kolba.ml_service.predicting import fitting

_SUFFIX = "-predictions"


class BatchPredictions:
    def __init__(self, storage: storage_client.StorageClient) -> None:
        self._storage = storage

    async def start(
        self,
        request: batch_predictions.BatchPredictionRequest,
        *,
        reference: str | None = None,
    ) -> runs.Run:
        """Queue a prediction over a data set, with the version of the model that is meant now.

        With a `reference` that the person has given before, that run is answered.
        Raises `errors.UnfitDataset`, and `RemoteProblem` 404 for an unknown model, version or data set, 403 for a
        name that is another's.
        """
        earlier = await self._storage.run_of(reference)
        if earlier is not None:
            return earlier
        model = await self._storage.resolve_model(*request.meant())
        dataset = await self._storage.dataset(request.dataset_id)
        fitting.check(signature.from_json(model.signature), dataset)
        parameters = batch_predictions.BatchParameters(
            model=model.name,
            version=model.version,
            dataset=dataset.name,
            name=request.name or default_name(dataset.name),
            on_unknown=request.on_unknown,
            language=context.current().language,
        )
        return await self._storage.create_run(
            runs.RunCreate(
                kind="predict",
                reference=reference,
                makes=runs.Makes(
                    kind="dataset",
                    name=parameters.name,
                    if_taken="refuse" if request.name else "rename",
                ),
                dataset_id=dataset.id,
                model_id=model.id,
                parameters=parameters.model_dump(mode="json"),
            )
        )


def default_name(dataset: str) -> str:
    """What the answers to a data set of this name are called."""
    return dataset[: names.MAX_NAME - len(_SUFFIX)] + _SUFFIX
