"""One run: every contender in turn, round after round, so that a machine that drifts hurts all alike."""

from __future__ import annotations

import collections
import dataclasses
import random
import subprocess
import time
from collections.abc import Callable, Sequence

from bench.common import environments, processes
from bench.serving import figures, load, open_loop, requests, targets

CLIENTS = (1, 32, 128)
FRACTIONS = (0.25, 0.5, 0.75)
COMMON_RATE = 100.0
"""Requests a second that every contender can bear: latency where nothing queues."""
_REST_SECONDS = 0.5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    rounds: int = 3
    seconds: float = 4.0
    warm_up_seconds: float = 1.0
    clients: tuple[int, ...] = CLIENTS
    fractions: tuple[float, ...] = FRACTIONS


@dataclasses.dataclass(slots=True, kw_only=True)
class Result:
    """What one target gave."""

    target: targets.Target
    environment: environments.Installed | None
    closed: dict[int, list[figures.Figure]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    """By clients; one figure a round."""
    opened: dict[str, list[figures.OpenLoopFigure]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    """By label: `25 %` … of its own capacity in that round, or `100/s`."""
    failures: list[str] = dataclasses.field(default_factory=list)


Say = Callable[[str], None]


def run(
    contenders: Sequence[targets.Contender], session: targets.Session, plan: Plan, say: Say
) -> list[Result]:
    """Measure; what cannot be installed, started or asked is said in its result, and the rest goes on."""
    results = _prepare(contenders, session, say)
    order = [one for one in contenders if not results[one.routes[0].name].failures]
    for number in range(plan.rounds):
        random.Random(number).shuffle(order)
        for contender in order:
            say(f"round {number + 1} of {plan.rounds}: {contender.name}")
            _measure(contender, session, plan, results)
    return list(results.values())


def _prepare(
    contenders: Sequence[targets.Contender], session: targets.Session, say: Say
) -> dict[str, Result]:
    results = {}
    for contender in contenders:
        say(f"preparing {contender.name}")
        installed, failures = None, []
        try:
            installed = contender.prepare(session)
        except environments.NotInstallable as error:
            failures.append(f"could not be installed: {error}")
        except subprocess.CalledProcessError as error:
            failures.append(f"its model could not be made: {str(error.stderr)[-300:]}")
        for target in contender.routes:
            results[target.name] = Result(
                target=target, environment=installed, failures=list(failures)
            )
    return results


def _measure(
    contender: targets.Contender,
    session: targets.Session,
    plan: Plan,
    results: dict[str, Result],
) -> None:
    try:
        with contender.serve(session) as serving:
            for target in contender.routes:
                _measure_target(results[target.name], serving, session, plan)
    except processes.NotStarted as error:
        for target in contender.routes:
            results[target.name].failures.append(f"did not start: {error}")


def _measure_target(
    result: Result, serving: targets.Serving, session: targets.Session, plan: Plan
) -> None:
    try:
        asked = requests.make(result.target, serving, session.model.rows)
        requests.check(asked, result.target, session.model)
        _closed_loop(result, asked, session, plan)
        _open_loop(result, asked, session, plan)
    except requests.WrongAnswer as error:
        result.failures.append(str(error))
    except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
        result.failures.append(f"could not be measured: {error}")


def _closed_loop(
    result: Result, asked: requests.Requests, session: targets.Session, plan: Plan
) -> None:
    load.measure(asked, clients=32, seconds=plan.warm_up_seconds, folder=session.folder)
    for clients in plan.clients:
        time.sleep(_REST_SECONDS)
        found = load.measure(asked, clients=clients, seconds=plan.seconds, folder=session.folder)
        result.closed[clients].append(found)


def _open_loop(
    result: Result, asked: requests.Requests, session: targets.Session, plan: Plan
) -> None:
    capacity = max(every[-1].requests_per_second for every in result.closed.values())
    rates = {f"{fraction:.0%}": capacity * fraction for fraction in plan.fractions}
    for label, rate in {f"{COMMON_RATE:.0f}/s": COMMON_RATE, **rates}.items():
        time.sleep(_REST_SECONDS)
        found = open_loop.measure(
            asked, rate=max(rate, 1.0), seconds=plan.seconds, folder=session.folder
        )
        result.opened[label].append(found)
