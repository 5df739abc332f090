"""MLServer's own way to serve what it has no runtime for: a class of the user's."""

from __future__ import annotations

import forest
from mlserver import MLModel, codecs, types


class Titanic(MLModel):
    async def load(self) -> bool:
        self._forest = forest.Forest()
        return True

    async def predict(self, payload: types.InferenceRequest) -> types.InferenceResponse:
        rows = codecs.NumpyCodec.decode_input(payload.inputs[0])
        labels, probabilities = self._forest.answer(rows)
        return types.InferenceResponse(
            model_name=self.name,
            outputs=[
                codecs.NumpyCodec.encode_output("labels", labels),
                codecs.NumpyCodec.encode_output("probabilities", probabilities),
            ],
        )
