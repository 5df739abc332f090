"""The story: collect Titanic, store it, train three models, ask one of them, write its report; then the digits."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

from rich import box, table

from kolba.cli import terminal
from kolba.cli.demo import api, digits, steps
from kolba.cli.embedded import control, layout

SOURCE = "titanic"
BATCH_SIZE = 100
MODELS: dict[str, dict[str, Any]] = {
    "LogisticRegression": {"max_iter": 1000, "C": 1.0},
    "RandomForest": {"n_estimators": 100, "max_depth": 10},
    "KNN": {"n_neighbors": 15, "weights": "distance"},
}
PASSENGER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,1,22,1,0,7.25,2"
TRAINING_SECONDS = 180.0
"""The longest that one of these small models may take before the worker is taken to be ill."""
LANGUAGES = ("en", "ru")
FORMATS = ("html", "pdf")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
    """A model the story trained. Figures are shares on the held-out rows, and seconds."""

    model_id: int
    family: str
    version: str
    accuracy: float
    f1: float
    seconds: float


def run(places: layout.Layout, *, port_offset: int, leave: bool) -> int:
    """Tell the story on the set of `places`, started where none runs; the exit code.

    A set that was started here serves on until Ctrl-C, or stops at once with `leave`.
    """
    try:
        with _a_set(places, port_offset) as (state, launcher):
            _tell(places, state)
            if launcher is not None and not leave:
                terminal.output.print("Serving until Ctrl-C.")
                terminal.watch(places, launcher)
    except steps.Failed as failure:
        terminal.complain(f"{failure.service}: {failure}")
        terminal.complain(f"Its log is {places.log_file(failure.service)}")
        return 1
    except (control.StartFailed, OSError) as failure:
        terminal.complain(failure)
        return 1
    except KeyboardInterrupt:
        terminal.output.print("Stopped.")
    return 0


@contextlib.contextmanager
def _a_set(
    places: layout.Layout, port_offset: int
) -> Iterator[tuple[layout.SetState, subprocess.Popen[bytes] | None]]:
    """The running set of `places`, left as it is; or a new one that ends with the block."""
    try:
        state = control.running(places)
    except control.NotRunning:
        with contextlib.ExitStack() as stack:
            with steps.stepping("Starting the services", "launcher") as step:
                attached = control.attached(places, port_offset=port_offset)
                launcher = stack.enter_context(attached)
                state = control.wait_until_well(
                    places,
                    launcher,
                    on_progress=lambda well, total: step.say(f"{well} of {total} are well"),
                )
                step.done(f"{len(state.programs)} services are up")
            yield state, launcher
    else:
        terminal.output.print(f"Kolba is already running on {places.data_dir}; using it.")
        yield state, None


def _tell(places: layout.Layout, state: layout.SetState) -> None:
    collector = api.Api(state.program("collector").address)
    web_master = api.Api(state.program("web_master").address)
    _fetch(collector)
    dataset_id = collect_and_store(web_master)
    trained = [train(web_master, dataset_id, family) for family in MODELS]
    best = max(trained, key=lambda model: model.accuracy)
    _infer(web_master, best)
    written = _write_reports(web_master, best, places.report_dir)
    digits.tell(web_master)
    _sum_up(trained, best, written, state)


def _fetch(collector: api.Api) -> None:
    with steps.stepping("Fetching the data set", "collector") as step:
        info = collector.get(f"/info?source={SOURCE}")
        size = f"{info['rows']} rows, {len(info['columns'])} columns"
        step.done(f"{SOURCE}, {size}, from {info['fetched_from']}")


def collect_and_store(web_master: api.Api) -> int:
    with steps.stepping("Collecting and storing it", "web_master") as step:
        answer = web_master.post(
            "/scenarios/collect-and-store", {"batch_size": BATCH_SIZE, "source": SOURCE}
        )
        dataset = answer["dataset"]
        step.done(
            f"{answer['rows']} rows in {answer['batches']} batches became data set "
            f"{dataset['id']}, {dataset['name']} version {dataset['version']}"
        )
        return int(answer["dataset_id"])


def train(web_master: api.Api, dataset_id: int, family: str) -> Trained:
    with steps.stepping(f"Training {family}", "worker") as step:
        wish = {
            "dataset_id": dataset_id,
            "model_type": family,
            "hyperparameters": MODELS[family],
        }
        started = web_master.post("/scenarios/train-model", wish)
        run_ = steps.follow(web_master, started, step, seconds=TRAINING_SECONDS)
        report = web_master.get(f"/scenarios/report/{run_['model_id']}?format=json")
        trained = _read_figures(run_["model_id"], report)
        step.done(f"accuracy {trained.accuracy:.3f}, F1 {trained.f1:.3f}, {trained.version}")
        return trained


def _read_figures(model_id: int, report: dict[str, Any]) -> Trained:
    model, metrics = report["model"], report["metrics"]
    return Trained(
        model_id=model_id,
        family=model["family"],
        version=model["version"],
        accuracy=metrics["accuracy"],
        f1=metrics["f1_macro"],
        seconds=model["training_seconds"],
    )


def _infer(web_master: api.Api, model: Trained) -> None:
    with steps.stepping("Asking it about a passenger", "ml_service") as step:
        wish = {"model_id": model.model_id, "data": PASSENGER}
        answer = web_master.post("/scenarios/infer-model", wish)["predictions"][0]
        sure = answer["probabilities"][str(answer["label"])]
        step.done(f"third class, male, 22: Survived = {answer['label']}, probability {sure:.2f}")


def _write_reports(web_master: api.Api, model: Trained, folder: pathlib.Path) -> list[pathlib.Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with steps.stepping("Writing the report", "visualization") as step:
        for language in LANGUAGES:
            for format_ in FORMATS:
                path = folder / f"{SOURCE}-{model.version}.{language}.{format_}"
                query = f"?format={format_}&lang={language}"
                path.write_bytes(web_master.get_bytes(f"/scenarios/report/{model.model_id}{query}"))
                written.append(path)
        step.done(f"{len(written)} documents, {' and '.join(FORMATS)}, {' and '.join(LANGUAGES)}")
    return written


def _sum_up(
    trained: list[Trained],
    best: Trained,
    written: list[pathlib.Path],
    state: layout.SetState,
) -> None:
    models = table.Table("model", "accuracy", "F1 (macro)", "training time", box=box.SIMPLE_HEAD)
    for column in models.columns[1:]:
        column.justify = "right"
    for model in trained:
        models.add_row(
            model.family,
            f"{model.accuracy:.3f}",
            f"{model.f1:.3f}",
            f"{model.seconds:.2f} s",
            style="bold" if model is best else None,
        )
    terminal.output.print(models)
    terminal.output.print(f"The report on {best.family} (on the held-out rows, as above):")
    for path in written:
        terminal.output.print(f"  {path}", soft_wrap=True)
    terminal.output.print("The services (each has /docs):")
    for program in state.programs:
        terminal.output.print(f"  {program.name:<14}{program.address}")
