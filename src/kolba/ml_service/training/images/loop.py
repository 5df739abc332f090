"""The training loop: epochs of shuffled, shifted batches, the best epoch kept, a checkpoint after each.

Whatever chance decides in an epoch follows from the seed and the epoch's number alone, and how fast the network learns
from the step's: going on from a checkpoint therefore gives the very weights that an uninterrupted training gives.

One cycle: L. N. Smith, N. Topin, "Super-Convergence", 2018.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch.nn import functional

from kolba.ml_service.training.images import checkpoints, learning, optimizer, runtime, shifting
from kolba.ml_service.training.images import network as networks

_TOLD_PER_EPOCH = 20
"""How often an epoch says how it goes."""
_WARM_UP = 0.2
"""Share of the steps in which the learning rate rises; then it falls to nothing."""
_WEIGHT_DECAY = 0.01
_ROWS_AT_ONCE = 1000


class Order(Protocol):
    """Which rows an epoch goes through."""

    @property
    def rows(self) -> int:
        """How many, in each epoch."""
        ...

    def draw(self, generator: torch.Generator) -> torch.Tensor:
        """Indices `[rows]`; all chance from `generator`, which is seeded anew for each epoch."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Shuffled:
    """Every row once."""

    rows: int

    def draw(self, generator: torch.Generator) -> torch.Tensor:
        return torch.randperm(self.rows, generator=generator)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    epochs: int
    batch_size: int
    learning_rate: float
    """At its highest."""
    augmentation: Literal["none", "shift", "affine"] = "none"
    patience: int | None = None
    """Stop after so many epochs without a better one; None: never."""
    seed: int = 42


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How an epoch went; numbers count from 1."""

    number: int
    step: int
    """Steps taken since the beginning."""
    loss: float
    accuracy: float
    """Both as seen while learning, the weights changing."""
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    """At its end."""

    @property
    def rank(self) -> tuple[float, float]:
        """Greater is better."""
        return self.validation_accuracy, -self.validation_loss


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    network: networks.Network
    """With the weights of the best epoch, on the processor."""
    history: tuple[Epoch, ...]
    best: Epoch
    stopped_early: bool


class Told(Protocol):
    """Who hears how a training goes."""

    def on_resume(self, epochs: int) -> None:
        """So many epochs were done by an earlier attempt."""
        ...

    def on_step(self, step: int, steps: int, loss: float, accuracy: float) -> None:
        """Since the last call. `steps`: in the whole training."""
        ...

    def on_epoch(self, epoch: Epoch, epochs: int, best: Epoch) -> None: ...

    def on_checkpoint(self, content: bytes) -> None:
        """After each epoch but the last."""
        ...


@runtime.memory_errors()
def train(
    network: networks.Network,
    data: learning.Data,
    plan: Plan,
    told: Told,
    *,
    order: Order | None = None,
    checkpoint: bytes | None = None,
    identity: Mapping[str, Any] | None = None,
) -> Outcome:
    """Train `network` from the weights it has, in place; what is answered has the best epoch's.

    `identity` is whatever else the result depends on: a checkpoint of another one is passed over, as is one that cannot
    be read. The same arguments and number of threads give the same weights. Raises `MemoryError`.
    """
    chosen = order or Shuffled(len(data.labels))
    training = _Training(network, data, plan, told, order=chosen, identity=identity or {})
    return training.run(checkpoint)


def device() -> torch.device:
    """A CUDA device where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class _Training:
    def __init__(
        self,
        network: networks.Network,
        data: learning.Data,
        plan: Plan,
        told: Told,
        *,
        order: Order,
        identity: Mapping[str, Any],
    ) -> None:
        self._device = device()
        self._network = network.to(self._device)
        self._data = _Loaded(data, self._device)
        self._plan = plan
        self._told = told
        self._order = order
        self._optimizer = optimizer.AdamW(self._network, weight_decay=_WEIGHT_DECAY)
        self._steps_per_epoch = math.ceil(self._order.rows / plan.batch_size)
        self._steps = self._steps_per_epoch * plan.epochs
        self._identity = {
            **identity,
            "plan": dataclasses.asdict(plan),
            "rows": self._order.rows,
        }
        self._history: list[Epoch] = []
        self._best: dict[str, torch.Tensor] = {}

    def run(self, checkpoint: bytes | None) -> Outcome:
        if checkpoint is not None:
            self._resume(checkpoint)
        while len(self._history) < self._plan.epochs and not self._is_stuck():
            epoch = self._epoch(len(self._history) + 1)
            self._history.append(epoch)
            if epoch is self._best_epoch():
                self._best = _copied(self._network)
            self._told.on_epoch(epoch, self._plan.epochs, self._best_epoch())
            if epoch.number < self._plan.epochs:
                self._told.on_checkpoint(self._packed())
        self._network.load_state_dict(self._best)
        return Outcome(
            network=self._network.to("cpu").eval(),
            history=tuple(self._history),
            best=self._best_epoch(),
            stopped_early=len(self._history) < self._plan.epochs,
        )

    def _best_epoch(self) -> Epoch:
        return max(self._history, key=lambda one: one.rank)  # the first of equals

    def _is_stuck(self) -> bool:
        if self._plan.patience is None or not self._history:
            return False
        return len(self._history) - self._best_epoch().number >= self._plan.patience

    def _epoch(self, number: int) -> Epoch:
        generator = torch.Generator().manual_seed(_seed(self._plan.seed, number))
        torch.manual_seed(_seed(self._plan.seed, number) + 1)  # what dropout draws from
        rows = self._order.draw(generator)
        self._network.train()
        heard = _Heard(self._told, self._steps, every=-(-self._steps_per_epoch // _TOLD_PER_EPOCH))
        step = (number - 1) * self._steps_per_epoch
        for batch in torch.split(rows, self._plan.batch_size):
            heard.add(step + 1, *self._step(step, batch, generator))
            step += 1
        loss, accuracy = heard.end(step)
        validation_loss, validation_accuracy = self._validate()
        return Epoch(
            number=number,
            step=step,
            loss=loss,
            accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            learning_rate=rate(step, self._steps, self._plan.learning_rate),
        )

    def _step(
        self, step: int, batch: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, int]:
        pixels, labels = self._data.batch(batch, self._plan.augmentation, generator)
        logits = self._network(pixels)
        loss = functional.cross_entropy(logits, labels)
        self._optimizer.clear()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step(rate(step, self._steps, self._plan.learning_rate))
        with torch.no_grad():
            hits = (logits.argmax(1) == labels).sum()
        return loss.detach(), hits, len(batch)

    def _validate(self) -> tuple[float, float]:
        """Loss and accuracy on the validation rows."""
        self._network.eval()
        loss, hits = 0.0, 0
        pixels, labels = self._data.validation_pixels, self._data.validation_labels
        with torch.inference_mode():
            for start in range(0, len(labels), _ROWS_AT_ONCE):
                rows = slice(start, start + _ROWS_AT_ONCE)
                logits = self._network(pixels[rows].float() / 255)
                loss += float(functional.cross_entropy(logits, labels[rows], reduction="sum"))
                hits += int((logits.argmax(1) == labels[rows]).sum())
        return loss / len(labels), hits / len(labels)

    def _packed(self) -> bytes:
        about = {
            "identity": self._identity,
            "history": [dataclasses.asdict(one) for one in self._history],
        }
        return checkpoints.pack(self._network, self._best, self._optimizer, about)

    def _resume(self, content: bytes) -> None:
        found = checkpoints.unpack(content, self._network, self._identity)
        if found is not None:
            self._best = checkpoints.restore(found, self._network, self._optimizer)
            self._history = [Epoch(**one) for one in found.about["history"]]
            self._told.on_resume(len(self._history))


class _Loaded:
    """The data as tensors, on the device. Pixels stay bytes: four times less memory to go through."""

    def __init__(self, data: learning.Data, place: torch.device) -> None:
        self._device = place
        self._pixels = shifting.Pictures(torch.from_numpy(data.pixels).to(place))
        self._labels = torch.from_numpy(data.labels).to(place)
        self.validation_pixels = torch.from_numpy(data.validation_pixels).to(place)
        self.validation_labels = torch.from_numpy(data.validation_labels).to(place)

    def batch(
        self, rows: torch.Tensor, augmentation: str, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """`[B, 784]`, 0 … 1, moved about as `augmentation` says, and the labels `[B]`."""
        pixels = self._pixels.take(rows, augmentation, generator)
        return pixels, self._labels[rows.to(self._device)]


class _Heard:
    """Gathers steps and tells of them now and then: numbers are fetched from the device only then."""

    def __init__(self, told: Told, steps: int, *, every: int) -> None:
        self._told, self._steps, self._every = told, steps, every
        self._losses: list[torch.Tensor] = []
        self._hits: list[torch.Tensor] = []
        self._rows: list[int] = []
        self._sums = np.zeros(3)

    def add(self, step: int, loss: torch.Tensor, hits: torch.Tensor, rows: int) -> None:
        self._losses.append(loss)
        self._hits.append(hits)
        self._rows.append(rows)
        if len(self._rows) == self._every:
            self._tell(step)

    def end(self, step: int) -> tuple[float, float]:
        """Loss and accuracy of the whole epoch."""
        if self._rows:
            self._tell(step)
        loss, hits, rows = self._sums
        return float(loss / rows), float(hits / rows)

    def _tell(self, step: int) -> None:
        rows = np.array(self._rows, np.float64)
        losses = torch.stack(self._losses).double().cpu().numpy()
        hits = float(torch.stack(self._hits).sum())
        sums = np.array([float(losses @ rows), hits, rows.sum()])
        self._sums += sums
        loss, accuracy = float(sums[0] / sums[2]), float(sums[1] / sums[2])
        self._losses, self._hits, self._rows = [], [], []
        self._told.on_step(step, self._steps, loss, accuracy)


def rate(step: int, steps: int, highest: float) -> float:
    """The learning rate of a step, counted from 0: a rise along half a cosine, then a fall along another."""
    rising = max(1, round(steps * _WARM_UP))
    if step < rising:
        start = highest / 25
        return start + (highest - start) * (1 - math.cos(math.pi * step / rising)) / 2
    left = (step - rising) / max(1, steps - rising)
    return highest * (1 + math.cos(math.pi * min(1.0, left))) / 2


def _seed(seed: int, epoch: int) -> int:
    """Of one epoch: far from those of other epochs and seeds."""
    words = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(2))


def _copied(network: networks.Network) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}
