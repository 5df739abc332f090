"""The convolutional network, tuned on from its weights."""

from __future__ import annotations

import dataclasses

import torch

from kolba.kit import text
from kolba.ml_service.training.finetuning import learning, mixing
from kolba.ml_service.training.images import convolutional, loop, network, runtime
from kolba.ml_service.training.images import learning as images

_JUDGED = text.Text(
    "old images set aside together with the new", "отложенных прежних вместе с новыми"
)


@runtime.memory_errors()
def tune(task: learning.Task) -> images.Learned:
    """Go on from the parent's weights, or from a checkpoint. Raises `inference.errors.BadBundle`, `MemoryError`."""
    runtime.prepare(task.threads)
    asked = task.hyperparameters
    trained = loop.train(
        network.load(task.weights),
        task.data,
        loop.Plan(
            epochs=asked["epochs"],
            batch_size=asked["batch_size"],
            learning_rate=asked["learning_rate"],
            augmentation=asked["augmentation"],
            seed=task.seed,
        ),
        convolutional.Telling(task.progress, task.checkpoints, judged=_JUDGED),
        order=Rehearsal(task.mix),
        checkpoint=task.checkpoints.load(),
        identity=task.identity,
    )
    return convolutional.learned(trained.network)


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsal:
    """A `loop.Order` of the mix: all new images, each as often as it says, and some old ones, drawn for each epoch."""

    mix: mixing.Mix

    @property
    def rows(self) -> int:
        return self.mix.rows

    def draw(self, generator: torch.Generator) -> torch.Tensor:
        new = torch.arange(self.mix.old, self.mix.old + self.mix.new).repeat(self.mix.repeats)
        old = torch.randperm(self.mix.old, generator=generator)[: self.mix.replayed]
        together = torch.cat([new, old])
        return together[torch.randperm(len(together), generator=generator)]
