"""A whole training on images: what comes out, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from kolba.inference import bundles, images
from kolba.inference.sessions import onnx
from kolba.kit import errors as kit_errors
from kolba.kit.testing import shapes
from kolba.ml_service.families import cnn
from kolba.ml_service.training import errors
from kolba.ml_service.training.images import flow

NAMES = ["ring", "bar", "cross", "corner"]


def said(caught: pytest.ExceptionInfo[kit_errors.KolbaError]) -> tuple[str, str, str]:
    """Of its first fault: the field, and the message in both languages."""
    fault = caught.value.fields[0]
    return fault.field, fault.render("en")["message"], fault.render("ru")["message"]


def replaced(table: pa.Table, column: str, rows: dict[int, object]) -> pa.Table:
    values = table.column(column).to_pylist()
    for row, value in rows.items():
        values[row] = value
    place = table.column_names.index(column)
    return table.set_column(place, column, pa.array(values, table.schema.field(column).type))


@pytest.mark.usefixtures("deep")
def test_a_network_learns_to_tell_drawings_apart(train_images, ask, image_table, heard) -> None:
    made = train_images(image_table, ask())
    assert made.metrics["metrics"]["accuracy"] >= 0.9
    assert made.metrics["split"] == {
        "train_rows": 128, "held_out_rows": 32, "seed": 42, "stratified": True,
    }  # fmt: skip
    assert made.metrics["parity"]["rows"] == 32
    assert made.metrics["parity"]["max_difference"] <= 1e-4
    assert len(made.metrics["importance"]["features"]) == 49
    assert "torch" in made.metrics["libraries"]
    names = {name for name, _, _ in heard.metrics}
    assert names == {
        "loss", "accuracy", "validation_loss", "validation_accuracy", "test_accuracy",
    }  # fmt: skip
    assert heard.fractions == sorted(heard.fractions)


@pytest.mark.usefixtures("deep")
def test_a_bundle_answers_pictures_and_has_its_weights(train_images, ask, image_table, deep):
    written = bundles.write(train_images(image_table, ask()))
    made = bundles.read(written)
    assert made.signature.width == 784
    assert made.signature.columns[0].kind == "image"
    pictures, labels = shapes.draw(40, seed=99)
    ink = np.stack([images.digit_of_file(images.to_png(one)) for one in pictures])
    answer = onnx.OnnxSession(made.graph).run(ink)
    assert (answer.labels == labels).mean() >= 0.85
    again = deep.export.Estimator(deep.network.load(made.weights)).predict_proba(ink)
    assert np.abs(again - answer.probabilities).max() <= 1e-4


@pytest.mark.usefixtures("deep")
def test_the_same_data_seed_and_threads_give_the_same_bundle(
    train_images, ask, image_table
) -> None:
    first, second = (bundles.write(train_images(image_table, ask())) for _ in range(2))
    assert first == second
    assert bundles.write(train_images(image_table, ask(seed=43))) != first


@pytest.mark.usefixtures("deep")
def test_a_training_that_was_broken_off_ends_as_if_it_had_not_been(
    train_images, ask, image_table, keep, heard
) -> None:
    whole = bundles.write(train_images(image_table, ask()))
    dying = keep(after=2)
    with pytest.raises(keep.BrokenOff):
        train_images(image_table, ask(), dying)
    resumed = keep(dying.contents[-1])
    assert bundles.write(train_images(image_table, ask(), resumed)) == whole
    assert "going on from the checkpoint of epoch 2" in heard.messages
    assert resumed.contents == []  # one epoch was left, and the last is not kept


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize("changes", [{"seed": 1}, {"test_size": 0.3}])
def test_the_checkpoint_of_another_training_is_passed_over(
    train_images, ask, image_table, keep, changes
) -> None:
    other = keep()
    train_images(image_table, ask(**changes), other)
    alone = bundles.write(train_images(image_table, ask()))
    assert bundles.write(train_images(image_table, ask(), keep(other.contents[-1]))) == alone


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 64])
def test_a_damaged_checkpoint_is_passed_over(train_images, ask, image_table, keep, content) -> None:
    alone = bundles.write(train_images(image_table, ask()))
    assert bundles.write(train_images(image_table, ask(), keep(content))) == alone


@pytest.mark.parametrize("family", ["LogisticRegression", "CNN"])
def test_the_data_sets_own_split_is_used(request, train_images, ask, image_table, family) -> None:
    if family == "CNN":
        request.getfixturevalue("deep")
    split = ["test" if number % 8 in (0, 1, 2, 3) else "train" for number in range(160)]
    made = train_images(image_table.append_column("split", pa.array(split)), ask(family))
    assert made.metrics["split"]["held_out_rows"] == 80
    assert made.metrics["split"]["seed"] is None
    assert made.metrics["split"]["stratified"] is False


@pytest.mark.parametrize("split", [["train"] * 160, ["train", "valid"] * 80, [None, "test"] * 80])
def test_a_split_that_holds_nothing_out_is_none(train_images, ask, image_table, split) -> None:
    table = image_table.append_column("split", pa.array(split))
    made = train_images(table, ask("LogisticRegression"))
    assert made.metrics["split"]["held_out_rows"] == 32


def test_logistic_regression_learns_pixels_and_is_quick_by_default(
    train_images, ask, image_table
) -> None:
    made = train_images(image_table, ask("LogisticRegression"))
    assert made.metrics["metrics"]["accuracy"] >= 0.9
    assert made.weights is None
    used = {one["name"]: one for one in made.metrics["hyperparameters"]}
    assert used["max_iter"] == {"name": "max_iter", "value": 100, "default": 100, "given": False}
    first, second = (
        bundles.write(train_images(image_table, ask("LogisticRegression"))) for _ in range(2)
    )
    assert first == second


def test_labels_may_be_words(train_images, ask, image_table) -> None:
    words = pa.array([NAMES[one.as_py()] for one in image_table["label"]])
    table = image_table.set_column(1, "label", words)
    made = train_images(table, ask("LogisticRegression"))
    assert made.signature.classes == ("bar", "corner", "cross", "ring")
    assert made.metrics["metrics"]["accuracy"] >= 0.9


@pytest.mark.parametrize(
    "kind", [pa.large_binary(), pa.struct({"bytes": pa.binary(), "path": pa.string()})]
)
def test_other_forms_of_image_columns_are_read(train_images, ask, image_table, kind) -> None:
    files = image_table.column("image").to_pylist()
    values = [{"bytes": one, "path": None} for one in files] if pa.types.is_struct(kind) else files
    table = image_table.set_column(0, "image", pa.array(values, kind))
    plain = train_images(image_table, ask("LogisticRegression"))
    assert train_images(table, ask("LogisticRegression")).graph == plain.graph


def test_broken_images_are_named_by_their_rows(train_images, ask, image_table) -> None:
    empty = images.to_png(np.zeros((28, 28), np.uint8))
    broken = {3: b"no image", 7: None, 11: empty}
    with pytest.raises(errors.Untrainable) as caught:
        train_images(replaced(image_table, "image", broken), ask())
    field, english, russian = said(caught)
    assert field == "dataset_id"
    assert "3 of 160 images in column `image`" in english
    assert "row 4: " in english
    assert "row 8: there is no image" in english
    assert "row 12: nothing is drawn" in english
    assert "строка 12: ничего не нарисовано" in russian


def test_of_many_broken_images_the_first_are_named(train_images, ask, image_table) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train_images(replaced(image_table, "image", dict.fromkeys(range(100), b"x")), ask())
    _, english, _ = said(caught)
    assert "100 of 160" in english
    assert "row 5: " in english
    assert "row 6: " not in english
    assert len(english) < 2000


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        ([0.5 + number % 4 for number in range(160)], "no class"),
        (list(range(160)), "different"),
        ([1] * 160, "same value"),
        ([None, *(number % 4 for number in range(159))], "no value"),
    ],
)
def test_labels_that_are_no_classes_are_refused(
    train_images, ask, image_table, labels, word
) -> None:
    table = image_table.set_column(1, "label", pa.array(labels))
    with pytest.raises(errors.Untrainable) as caught:
        train_images(table, ask())
    assert said(caught)[0] == "target"
    assert word in said(caught)[1]


def test_a_class_with_too_few_images_is_named(train_images, ask, image_table) -> None:
    labels = [
        9 if number < 3 else int(one.as_py()) for number, one in enumerate(image_table["label"])
    ]
    with pytest.raises(errors.Untrainable) as caught:
        train_images(image_table.set_column(1, "label", pa.array(labels)), ask())
    assert "class `9`" in said(caught)[1]


def test_too_few_images_are_refused(train_images, ask, image_table) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train_images(image_table.slice(0, 8), ask())
    assert "8 rows" in said(caught)[1]


def test_a_split_whose_training_part_lacks_a_class_is_refused(
    train_images, ask, image_table
) -> None:
    split = ["test" if one.as_py() == 2 else "train" for one in image_table["label"]]
    with pytest.raises(errors.Untrainable) as caught:
        train_images(image_table.append_column("split", pa.array(split)), ask())
    assert "0 images of class `2`" in said(caught)[1]


@pytest.mark.parametrize("family", ["KNN", "RandomForest"])
def test_a_family_for_tables_refuses_images(train_images, ask, image_table, family) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train_images(image_table, ask(family))
    field, english, russian = said(caught)
    assert field == "model_type"
    assert f"{family} does not learn from images" in english
    assert "не обучается на изображениях" in russian


def test_other_columns_of_a_table_with_images_can_be_learned_from(
    train_images, ask, image_table
) -> None:
    numbers = pa.array(
        [float(one.as_py()) + number % 3 / 10 for number, one in enumerate(image_table["label"])]
    )
    table = image_table.append_column("x", numbers)
    made = train_images(table, ask("RandomForest", features=("x",), folds=0))
    assert [one.name for one in made.signature.columns] == ["x"]


def test_a_family_for_images_refuses_a_table_without_any(train_images, ask, titanic_like) -> None:
    with pytest.raises(errors.Untrainable) as caught:
        train_images(titanic_like, ask(target="Survived"))
    assert "no image column" in said(caught)[1]


def test_of_two_image_columns_one_has_to_be_chosen(train_images, ask, image_table) -> None:
    table = image_table.append_column("other", image_table.column("image"))
    with pytest.raises(errors.Untrainable) as caught:
        train_images(table, ask("LogisticRegression"))
    assert said(caught)[0] == "features"
    made = train_images(table, ask("LogisticRegression", features=("other",)))
    assert made.signature.ignored == ("image",)


def test_a_missing_library_is_named() -> None:
    needy = dataclasses.replace(cnn.FAMILY, image_learner="library_that_is_not_there.part:learn")
    with pytest.raises(errors.LibraryMissing) as caught:
        flow.learner_of(needy)
    assert caught.value.details["library"] == "library_that_is_not_there"
    assert "make torch" in caught.value.render_detail("ru")


def test_the_reference_tells_how_much_ink_there_is(train_images, ask, image_table) -> None:
    made = train_images(image_table, ask("LogisticRegression"))
    known = made.reference["columns"]["image"]
    assert 0.01 < known["mean"] < 0.5
    assert known["deciles"] == sorted(known["deciles"])
