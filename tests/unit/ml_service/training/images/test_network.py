"""The network, its weights as a file, its graph, and what trains it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import annotated_types
import numpy as np
import onnx as onnx_files
import orjson
import pytest

from kolba.inference import errors
from kolba.inference.sessions import onnx
from kolba.kit import settings as kit_settings
from kolba.ml_service.families import cnn
from kolba.ml_service.training import errors as training_errors
from kolba.ml_service.training import export as exports
from kolba.storage import settings as storage_settings

ASKED = {"channels": 3, "dropout": 0.2}
SEED = 5


class Silent:
    def on_resume(self, epochs: int) -> None: ...

    def on_step(self, step: int, steps: int, loss: float, accuracy: float) -> None: ...

    def on_epoch(self, epoch, epochs: int, best) -> None: ...

    def on_checkpoint(self, content: bytes) -> None: ...


@pytest.fixture
def network(deep):
    return deep.network.build(ASKED, classes=4, seed=SEED)


@pytest.fixture
def plan(deep):
    return deep.loop.Plan(epochs=2, batch_size=16, learning_rate=0.003, augmentation="shift")


@pytest.fixture
def train(deep, learnable, plan):
    def run(network=None, told=None, **more):
        fresh = network or deep.network.build(ASKED, classes=4, seed=SEED)
        return deep.loop.train(fresh, learnable, more.pop("plan", plan), told or Silent(), **more)

    return run


def same(first, second) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(bool((one == other).all()) for one, other in pairs)


def test_a_seed_decides_the_fresh_weights(deep, network) -> None:
    assert same(network, deep.network.build(ASKED, classes=4, seed=SEED))
    assert not same(network, deep.network.build(ASKED, classes=4, seed=SEED + 1))


def test_weights_come_back_from_their_file(deep, network) -> None:
    content = deep.network.weights(network)
    again = deep.network.load(content)
    assert same(network, again)
    assert again.shape == network.shape
    assert deep.network.weights(again) == content


def test_foreign_weights_are_refused(deep, network) -> None:
    content = deep.network.weights(network)
    tensors, about = deep.tensors.unpack(content)
    short = {name: tensor for name, tensor in tensors.items() if name != "dense.bias"}
    endless = tensors | {"dense.bias": tensors["dense.bias"] * float("nan")}
    halves = tensors | {"dense.bias": tensors["dense.bias"].half()}
    wide = about | {"shape": about["shape"] | {"channels": 4}}
    huge = about | {"shape": about["shape"] | {"channels": 10**9}}
    strange = about | {"shape": about["shape"] | {"channels": "3"}}
    for parts in (
        (short, about),
        (tensors | {"more": tensors["dense.bias"].clone()}, about),
        (endless, about),
        (halves, about),
        (tensors, wide),
        (tensors, huge),
        (tensors, strange),
        (tensors, about | {"kind": "another"}),
        (tensors, {}),
    ):
        with pytest.raises(errors.BadBundle):
            deep.network.load(deep.tensors.pack(*parts))


@pytest.mark.parametrize("damage", [lambda one: b"", lambda one: one[:40], lambda one: one[:-8]])
def test_damaged_weights_are_refused(deep, network, damage) -> None:
    with pytest.raises(errors.BadBundle):
        deep.network.load(damage(deep.network.weights(network)))


def test_a_safetensors_file_of_others_is_refused(deep) -> None:
    header = orjson.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})
    with pytest.raises(errors.BadBundle):
        deep.network.load(len(header).to_bytes(8, "little") + header + b"\0\0\0\0")


def test_the_graph_answers_as_the_trained_network(deep, train, learnable) -> None:
    network = train().network
    graph = deep.export.to_graph(network)
    assert deep.export.to_graph(network) == graph
    exports.check(onnx_files.load_from_string(graph))
    ink = np.random.default_rng(3).random((300, 784), np.float32)
    session = onnx.OnnxSession(graph, rows_per_run=deep.export.ROWS_PER_RUN)
    _, parity = exports.compare(session, deep.export.Estimator(network), ink, tolerance=1e-5)
    assert parity.different_labels == 0
    assert np.allclose(session.run(ink[:5]).probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_graph_of_other_weights_is_refused(deep, train, learnable) -> None:
    graph = deep.export.to_graph(train().network)
    other = deep.network.build(ASKED, classes=4, seed=SEED + 1).eval()
    ink = np.random.default_rng(3).random((20, 784), np.float32)
    with pytest.raises(training_errors.ParityBroken):
        exports.compare(onnx.OnnxSession(graph), deep.export.Estimator(other), ink, tolerance=1e-4)


def test_the_optimizer_is_torchs_adamw_bit_by_bit(deep) -> None:
    torch = deep.torch
    ours, theirs = (deep.network.build(ASKED, classes=4, seed=1).train() for _ in range(2))
    own = deep.optimizer.AdamW(ours, weight_decay=0.01)
    known = torch.optim.AdamW(theirs.parameters(), lr=1.0, weight_decay=0.01, foreach=False)
    generator = torch.Generator().manual_seed(2)
    for step in range(5):
        pixels = torch.rand((8, 784), generator=generator)
        labels = torch.randint(0, 4, (8,), generator=generator)
        rate = 0.003 * (step + 1)
        for one in (ours, theirs):
            torch.manual_seed(step)
            for parameter in theirs.parameters() if one is theirs else ():
                parameter.grad = None
            if one is ours:
                own.clear()
            torch.nn.functional.cross_entropy(one(pixels), labels).backward()
        own.step(rate)
        known.param_groups[0]["lr"] = rate
        known.step()
    assert same(ours, theirs)


def test_learning_repeats_itself_and_another_seed_does_not(deep, train, plan) -> None:
    first, second = train(), train()
    assert same(first.network, second.network)
    assert first.history == second.history
    assert not same(first.network, train(plan=dataclasses.replace(plan, seed=7)).network)


@pytest.mark.parametrize("augmentation", ["none", "shift", "affine"])
def test_every_augmentation_learns(deep, train, augmentation) -> None:
    plan = deep.loop.Plan(epochs=3, batch_size=16, learning_rate=0.005, augmentation=augmentation)
    assert train(plan=plan).best.validation_accuracy >= 0.8


def test_the_best_epoch_is_kept(deep, train, learnable) -> None:
    plan = deep.loop.Plan(epochs=4, batch_size=16, learning_rate=0.003)
    found = train(plan=plan)
    best = max(found.history, key=lambda one: (one.validation_accuracy, -one.validation_loss))
    assert found.best == best
    answers = deep.export.Estimator(found.network).predict_proba(
        learnable.validation_pixels / np.float32(255)
    )
    hits = (answers.argmax(axis=1) == learnable.validation_labels).mean()
    assert hits == pytest.approx(best.validation_accuracy)


def test_learning_stops_where_nothing_gets_better(deep, train) -> None:
    still = deep.loop.Plan(epochs=30, batch_size=16, learning_rate=1e-12, patience=2)
    found = train(plan=still)
    assert found.stopped_early
    assert len(found.history) == found.best.number + 2


def test_steps_are_told_and_add_up(deep, train) -> None:
    steps: list[tuple[int, int]] = []

    class Heard(Silent):
        def on_step(self, step: int, steps_in_all: int, loss: float, accuracy: float) -> None:
            assert loss > 0
            assert 0 <= accuracy <= 1
            steps.append((step, steps_in_all))

    train(told=Heard())
    assert steps == [(number, 16) for number in range(1, 17)]


def test_another_order_may_be_gone_through(deep, learnable, plan) -> None:
    seen: list[int] = []

    class Twice:
        rows = 32

        def draw(self, generator):
            rows = deep.torch.randint(0, 128, (32,), generator=generator)
            seen.extend(rows.tolist())
            return rows

    fresh = deep.network.build(ASKED, classes=4, seed=SEED)
    found = deep.loop.train(fresh, learnable, plan, Silent(), order=Twice())
    assert len(seen) == 64
    assert found.history[-1].step == 4


def test_shifting_moves_whole_pixels_and_loses_none_of_the_middle(deep) -> None:
    torch = deep.torch
    pixels = torch.zeros((40, 784), dtype=torch.uint8)
    pixels.view(-1, 28, 28)[:, 10:18, 10:18] = 200
    pictures = deep.shifting.Pictures(pixels)
    moved = pictures.take(torch.arange(40), "shift", torch.Generator().manual_seed(1))
    assert torch.allclose(moved.sum(1), torch.full((40,), 64 * 200 / 255))
    places = {int(one) for one in (moved > 0).float().argmax(1)}
    assert places <= {row * 28 + column for row in range(8, 13) for column in range(8, 13)}
    assert len(places) > 10


def test_memory_that_a_step_gives_back_is_there_for_the_next() -> None:
    """Else ten steps are 20,000 page faults and more. In a process of its own, which is set up anew."""
    code = (
        "import resource, torch\n"
        "from kolba.ml_service.training.images import network, runtime\n"
        "runtime.prepare(1)\n"
        "made = network.build({'channels': 16, 'dropout': 0.3}, classes=10, seed=1)\n"
        "def step():\n"
        "    made(torch.rand(128, 784)).sum().backward()\n"
        "for _ in range(5): step()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(10): step()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 8000  # its heap may still grow by a few pieces


def test_pooling_before_the_cut_gives_the_numbers_of_pooling_after_it(deep, network) -> None:
    """In both directions, bit by bit: the order is a matter of time alone."""
    torch = deep.torch
    drawn = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(1)).round()
    found = []
    for order in ((torch.relu, deep.network._halved), (deep.network._halved, torch.relu)):
        pictures = drawn.clone().requires_grad_()
        answer = order[1](order[0](pictures))
        (answer * torch.arange(answer.numel()).view_as(answer)).sum().backward()
        found.append((answer.detach(), pictures.grad))
    assert all(bool((one == other).all()) for one, other in zip(*found, strict=True))


def test_memory_that_is_used_up_is_told_as_such(deep) -> None:
    with pytest.raises(MemoryError), deep.runtime.memory_errors():
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 1 bytes")
    with pytest.raises(RuntimeError), deep.runtime.memory_errors():
        raise RuntimeError("something else")


def test_the_checkpoint_of_the_largest_network_that_may_be_asked_for_is_kept(deep) -> None:
    """Of all digits and letters, and after as many epochs as there may be."""
    fields = cnn.Hyperparameters.model_fields
    channels, epochs = (
        max(one.le for one in fields[name].metadata if isinstance(one, annotated_types.Le))
        for name in ("channels", "epochs")
    )
    network = deep.network.build({"channels": channels, "dropout": 0}, classes=1000, seed=SEED)
    optimizer = deep.optimizer.AdamW(network, weight_decay=0.01)
    epoch = {one.name: 0.123456789012345 for one in dataclasses.fields(deep.loop.Epoch)}
    best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    about = {"identity": {"digest": "0" * 64}, "history": [epoch] * epochs}
    packed = deep.checkpoints.pack(network, best, optimizer, about)
    assert len(packed) > 100_000_000
    for made in (
        storage_settings.RunSettings(),
        kit_settings.load(storage_settings.StorageSettings).runs,
    ):
        assert len(packed) < made.max_checkpoint_bytes
