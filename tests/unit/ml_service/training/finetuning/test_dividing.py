"""Which new images are learned from, and how they are mixed with old ones."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from kolba.ml_service.training import job as training_job
from kolba.ml_service.training.finetuning import dividing, job, mixing

NONE = np.zeros((0, 784), np.uint8)


def pictures(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 784), dtype=np.uint8)


def test_of_many_a_fifth_is_held_out_and_none_is_in_two_parts() -> None:
    found = dividing.divide(pictures(500), NONE)
    assert 70 <= len(found.held_out) <= 130
    together = np.concatenate([found.learned, found.held_out])
    assert sorted(together.tolist()) == list(range(500))


@pytest.mark.parametrize("count", [1, 10, 15, 19, 100])
def test_an_image_stays_on_its_side_when_more_come_and_when_it_comes_twice(count: int) -> None:
    """So that none is held out from a second round which the first has learned."""
    old, more = pictures(count), pictures(400, seed=2)
    before = dividing.divide(old, NONE)
    after = dividing.divide(np.concatenate([more, old, old]), NONE)
    held_out = set(after.held_out.tolist())
    for shift in (400, 400 + count):
        assert {row for row in range(count) if row + shift in held_out} == set(before.held_out)


def test_what_the_parent_s_data_set_has_is_neither_learned_nor_held_out() -> None:
    new = pictures(30)
    found = dividing.divide(new, np.concatenate([new[3:6], pictures(50, seed=3)]))
    assert found.passed_over.tolist() == [3, 4, 5]
    assert not {3, 4, 5} & set(np.concatenate([found.learned, found.held_out]).tolist())
    assert len(dividing.divide(new, new).learned) == 0


def test_rows_that_are_declared_to_be_for_tests_are_never_learned() -> None:
    new = pictures(40)
    new[30] = new[7]  # the same image, once for learning and once for tests
    is_test = np.zeros(40, np.bool_)
    is_test[[2, 30, 31]] = True
    found = dividing.divide(new, new[31:32], is_test=is_test)
    assert found.held_out.tolist() == [2, 7, 30]
    assert found.passed_over.tolist() == [31]
    assert len(found.learned) == 36


@pytest.mark.parametrize(
    ("new", "old", "share", "expected"),
    [
        (10, 10_000, 0.9, (8, 720)),  # few images are repeated, so that there is something to do
        (100, 10_000, 0.9, (2, 1800)),
        (1000, 10_000, 0.9, (1, 9000)),
        (1000, 500, 0.9, (1, 500)),  # there are no more
        (300, 10_000, 0.0, (1, 0)),
        (300, 10_000, 0.5, (1, 300)),
    ],
)
def test_an_epoch_has_its_share_of_old_images(
    new: int, old: int, share: float, expected: tuple[int, int]
) -> None:
    mix = mixing.mix(new=new, old=old, share=share)
    assert (mix.repeats, mix.replayed) == expected
    assert mix.rows == new * mix.repeats + mix.replayed


def test_a_job_is_read_as_it_was_written(tmp_path: pathlib.Path) -> None:
    info = training_job.DatasetInfo(
        id=1,
        name="цифры",
        version=2,
        rows=3,
        size_bytes=4,
        sha256="5",
        created_at="2026-01-01T00:00:00Z",
    )
    asked = job.Job(
        parent=job.Parent(id=7, name="digits", version="CNN_1", sha256="ab"),
        base=info,
        new=info,
        family="CNN",
        hyperparameters={"epochs": 2},
        rules=training_job.Rules(codings=(("a", "b"),)),
        gate=job.GateRules(significance=0.01),
        threads=2,
    )
    job.save(asked, tmp_path / "job.json")
    assert job.load(tmp_path / "job.json") == asked
