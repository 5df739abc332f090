"""The convolutional network as a learner of images."""

from __future__ import annotations

from kolba.inference import errors as inference_errors
from kolba.kit import text
from kolba.ml_service.training import assembly
from kolba.ml_service.training.images import export, learning, loop, network, runtime

_NOT_LEARNED = text.Text("images not learned from", "изображениях вне обучения")


@runtime.memory_errors()
def learn(task: learning.Task) -> learning.Learned:
    """Train it from fresh weights, or go on from a checkpoint. Raises `MemoryError`."""
    runtime.prepare(task.threads)
    asked = task.hyperparameters
    trained = loop.train(
        network.build(asked, classes=task.classes, seed=task.seed),
        task.data,
        plan(asked, task.seed),
        Telling(task.progress, task.checkpoints),
        checkpoint=task.checkpoints.load(),
        identity=task.identity,
    )
    return learned(trained.network)


def plan(hyperparameters: learning.Hyperparameters, seed: int) -> loop.Plan:
    return loop.Plan(
        epochs=hyperparameters["epochs"],
        batch_size=hyperparameters["batch_size"],
        learning_rate=hyperparameters["learning_rate"],
        augmentation=hyperparameters["augmentation"],
        patience=hyperparameters["patience"],
        seed=seed,
    )


def learned(trained: network.Network) -> learning.Learned:
    """A trained network with its graph and weights."""
    return learning.Learned(
        estimator=export.Estimator(trained),
        graph=export.to_graph(trained),
        tolerance=export.TOLERANCE,
        rows_per_run=export.ROWS_PER_RUN,
        weights=network.weights(trained),
        libraries={"torch": runtime.version()},
    )


class Telling:
    """Makes events of what the loop says."""

    def __init__(
        self,
        progress: assembly.Progress,
        checkpoints: learning.Checkpoints,
        *,
        begin: float = learning.BEGIN,
        end: float = learning.END,
        judged: text.Text = _NOT_LEARNED,
    ) -> None:
        """`judged`: what the best epoch is chosen by, as it stands after "on"."""
        self._judged = judged
        self._progress = progress
        self._checkpoints = checkpoints
        self._begin, self._end = begin, end

    def on_resume(self, epochs: int) -> None:
        self._progress.progress(
            self._begin,
            inference_errors.message(
                "going on from the checkpoint of epoch {epochs}",
                "продолжаю с контрольной точки эпохи {epochs}",
                epochs=epochs,
            ),
        )

    def on_step(self, step: int, steps: int, loss: float, accuracy: float) -> None:
        message = inference_errors.message(
            "step {step} of {steps}: loss {loss:.4f}, accuracy {accuracy:.4f}",
            "шаг {step} из {steps}: потери {loss:.4f}, точность {accuracy:.4f}",
            step=step,
            steps=steps,
            loss=loss,
            accuracy=accuracy,
        )
        self._progress.metric("loss", loss, step=step, message=message)
        self._progress.metric("accuracy", accuracy, step=step, message=message)
        self._progress.progress(self._begin + (self._end - self._begin) * step / steps, message)

    def on_epoch(self, epoch: loop.Epoch, epochs: int, best: loop.Epoch) -> None:
        message = inference_errors.message(
            "epoch {number} of {epochs}: accuracy {accuracy:.4f}, on {judged} "
            "{validation_accuracy:.4f}; best so far: epoch {best}",
            "эпоха {number} из {epochs}: точность {accuracy:.4f}, на {judged} "
            "{validation_accuracy:.4f}; лучшая пока — эпоха {best}",
            judged=self._judged,
            number=epoch.number,
            epochs=epochs,
            accuracy=epoch.accuracy,
            validation_accuracy=epoch.validation_accuracy,
            best=best.number,
        )
        for name in ("validation_loss", "validation_accuracy"):
            self._progress.metric(name, getattr(epoch, name), step=epoch.step, message=message)
        share = epoch.number / epochs
        self._progress.progress(self._begin + (self._end - self._begin) * share, message)

    def on_checkpoint(self, content: bytes) -> None:
        self._checkpoints.save(content)
