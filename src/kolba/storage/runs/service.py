"""The rules of runs: a state machine, leases, and the events that tell of both."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from kolba.contracts import runs as contracts
from kolba.kit import clock, context
from kolba.kit.db import engine
from kolba.storage import settings
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import models as catalog_models
from kolba.storage.catalog import ownership
from kolba.storage.catalog import repository as catalog_repository
from kolba.storage.datasets import models as dataset_models
from kolba.storage.models import models as model_models
from kolba.storage.runs import bell, checkpoints, errors, leases, models, repository, shortening

MOST_EVENTS = 1000
QUEUE = "queue"
"""What the bell rings for when a run is queued; for a run's events, its id."""
State = contracts.State
_NAMES: dict[str, type[catalog_models.Names]] = {
    "dataset": dataset_models.DatasetNameRow,
    "model": model_models.ModelNameRow,
}


class Runs:
    def __init__(
        self,
        *,
        database: engine.Database,
        bell: bell.Bell,
        options: settings.RunSettings,
        watch: clock.Clock,
        checkpoints: checkpoints.Checkpoints,
    ) -> None:
        self._database = database
        self._bell = bell
        self._options = options
        self._clock = watch
        self._checkpoints = checkpoints

    # --- for people ---------------------------------------------------------------------------------------------

    def create(self, run: contracts.RunCreate) -> contracts.Run:
        """A new run, or the one that the same person has created with this reference.

        Raises `OwnerGiven`, `UnknownReference` for what it reads, `NameTaken`, `ReferenceTaken`.
        """
        now = self._clock.now()
        owner = ownership.owner_asked_for(run.owner)
        with self._database.writing() as session:
            earlier = _earlier(session, run.reference, owner)
            if earlier is not None:
                return _run(earlier)
            self._check_references(session, run)
            finished = {"started_at": now, "finished_at": now} if run.state.is_final else {}
            row = repository.add(
                session,
                **run.model_dump(mode="json", exclude={"owner", "makes"}),
                **finished,
                owner=owner,
                result_name=_result_name(session, run.makes, owner),
                fraction=1.0 if run.state is State.SUCCEEDED else 0.0,
                created_at=now,
            )
            if row is None:  # somebody was faster by a moment
                return _run(_found(_earlier(session, run.reference, owner), 0))
            repository.append(session, row, [_state_event(run.state)], now)
            created = _run(row)
        self._announce(row)
        return created

    def get(self, run_id: int) -> contracts.Run:
        """Raises `UnknownRun`."""
        with self._database.reading() as session:
            return _run(_theirs(session, run_id))

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.Run], int]:
        """The person's own. What is very long in a run (rows to predict, their answers) is cut; `get` has the whole."""
        with self._database.reading() as session:
            rows, total = catalog_repository.page(
                session,
                models.RunRow,
                wanted,
                context.current().person,
                sortable=repository.SORTABLE,
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return [_shortened(row) for row in rows], total

    def change(self, run_id: int, change: contracts.RunChange) -> contracts.Run:
        """Raises `UnknownRun`."""
        with self._database.writing() as session:
            row = _theirs(session, run_id, lock=True)
            row.description = change.description
            return _run(row)

    def delete(self, run_id: int) -> None:
        """Raises `UnknownRun`, `RunUnfinished`."""
        with self._database.writing() as session:
            row = _theirs(session, run_id, lock=True)
            if not State(row.state).is_final:
                raise errors.RunUnfinished(run_id=run_id, state=row.state)
            repository.delete(session, row)

    def cancel(self, run_id: int) -> contracts.Run:
        """A queued run ends at once, a running one when its worker hears of it. Raises `UnknownRun`, `RunFinished`."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = _theirs(session, run_id, lock=True)
            state = State(row.state)
            if state.is_final and state is not State.CANCELLED:
                raise errors.RunFinished(run_id=run_id, state=row.state)
            if state is State.QUEUED:
                row.cancel_requested = True
                self._move(session, row, State.CANCELLED, now)
            elif state is State.RUNNING and not row.cancel_requested:
                row.cancel_requested = True
                asked = contracts.EventData(type="log", message="cancellation was asked for")
                repository.append(session, row, [asked], now)
            changed = _run(row)
        self._announce(row)
        return changed

    def events(self, run_id: int, *, after: int) -> contracts.EventList:
        """Raises `UnknownRun`."""
        with self._database.reading() as session:
            row = _theirs(session, run_id)
            found = repository.events(session, run_id, after=after, limit=MOST_EVENTS)
            items = [contracts.Event.model_validate(one, from_attributes=True) for one in found]
            is_more_left = bool(items) and items[-1].sequence < row.last_sequence
            state = State.RUNNING if is_more_left else State(row.state)
            return contracts.EventList(items=items, state=state)

    # --- for workers --------------------------------------------------------------------------------------------

    def claim(self, request: contracts.ClaimRequest) -> contracts.Claim | None:
        """The oldest queued run of these kinds, leased to the caller; None when there is none at the moment."""
        now = self._clock.now()
        self.reap()
        with self._database.reading() as session:
            if not repository.has_queued(session, request.kinds):
                return None
        with self._database.writing() as session:
            row = repository.next_queued(session, request.kinds)
            if row is None:
                return None
            token = secrets.token_urlsafe(24)
            until = now + dt.timedelta(seconds=request.lease_seconds)
            if not repository.take(
                session, row, token=token, worker=request.worker, now=now, until=until
            ):
                return None
            data = {"attempt": row.attempts, "worker": request.worker}
            repository.append(session, row, [_state_event(State.RUNNING, **data)], now)
            claim = contracts.Claim(run=_run(row), token=token)
        self._announce(row)
        return claim

    def heartbeat(self, run_id: int, request: contracts.HeartbeatRequest) -> contracts.Heartbeat:
        """Raises `LeaseLost`."""
        now = self._clock.now()
        until = now + dt.timedelta(seconds=request.lease_seconds)
        with self._database.writing() as session:
            asked = repository.renew(session, run_id, token=request.token, now=now, until=until)
        if asked is None:
            raise errors.LeaseLost(run_id=run_id)
        return contracts.Heartbeat(cancel_requested=asked)

    def append_events(self, run_id: int, request: contracts.EventsRequest) -> None:
        """Numbered events that have arrived already are passed over. Raises `LeaseLost`."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = leases.held(session, run_id, request.token, now)
            fresh = _fresh(row, request)
            repository.append(session, row, fresh, now)
            for event in fresh:
                if event.type == "progress":
                    row.message = event.message or row.message
                    row.fraction = row.fraction if event.fraction is None else event.fraction
        self._announce(row)

    def complete(self, run_id: int, completion: contracts.Completion) -> contracts.Run:
        """Raises `LeaseLost`, `UnknownReference`."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = leases.held(session, run_id, completion.token, now)
            made = completion.model_id
            _check_reference(session, "model_id", made, model_models.ModelRow)
            row.model_id = row.model_id if made is None else made
            row.result = completion.result
            row.fraction = 1.0
            self._move(session, row, State.SUCCEEDED, now, model_id=row.model_id)
            changed = _run(row)
        self._announce(row)
        return changed

    def fail(self, run_id: int, failure: contracts.Failure) -> contracts.Run:
        """Back to the queue when it may be tried again and attempts are left. Raises `LeaseLost`."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = leases.held(session, run_id, failure.token, now)
            row.error = failure.error
            if row.cancel_requested:
                self._move(session, row, State.CANCELLED, now)
            elif failure.retry and row.attempts < self._options.max_attempts:
                self._move(session, row, State.QUEUED, now, error=failure.error)
            else:
                self._move(session, row, State.FAILED, now, error=failure.error)
            changed = _run(row)
        self._announce(row)
        return changed

    def release(self, run_id: int, release: contracts.Release) -> contracts.Run:
        """The attempt is not counted. Raises `LeaseLost`."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = leases.held(session, run_id, release.token, now)
            row.attempts -= 1
            self._move(session, row, State.CANCELLED if row.cancel_requested else State.QUEUED, now)
            changed = _run(row)
        self._announce(row)
        return changed

    def acknowledge_cancel(self, run_id: int, lease: contracts.Lease) -> contracts.Run:
        """Raises `LeaseLost`, `CancelNotRequested`."""
        now = self._clock.now()
        with self._database.writing() as session:
            row = leases.held(session, run_id, lease.token, now)
            if not row.cancel_requested:
                raise errors.CancelNotRequested(run_id=run_id)
            self._move(session, row, State.CANCELLED, now)
            changed = _run(row)
        self._announce(row)
        return changed

    def reap(self) -> int:
        """Take back the runs whose lease has lapsed; how many there were."""
        now = self._clock.now()
        with self._database.reading() as session:
            if not repository.has_lapsed(session, now):
                return 0
        with self._database.writing() as session:
            rows = repository.lapsed(session, now)
            for row in rows:
                self._take_back(session, row, now)
        for row in rows:
            self._announce(row)
        return len(rows)

    # --- inside -------------------------------------------------------------------------------------------------

    def _check_references(self, session: Any, run: contracts.RunCreate) -> None:
        for field, number, table in (
            ("dataset_id", run.dataset_id, dataset_models.DatasetRow),
            ("model_id", run.model_id, model_models.ModelRow),
        ):
            _check_reference(session, field, number, table)

    def _take_back(self, session: Any, row: models.RunRow, now: dt.datetime) -> None:
        lost = f"worker {row.worker} went silent"
        if row.cancel_requested:
            self._move(session, row, State.CANCELLED, now, reason=lost)
        elif row.attempts < self._options.max_attempts:
            self._move(session, row, State.QUEUED, now, reason=lost)
        else:
            row.error = errors.AttemptsExhausted(attempts=row.attempts).problem("en")
            self._move(session, row, State.FAILED, now, reason=lost, error=row.error)

    def _move(
        self,
        session: Any,
        row: models.RunRow,
        state: contracts.State,
        now: dt.datetime,
        **data: Any,
    ) -> None:
        """To `state`, out of the worker's hands, with an event that says so."""
        row.state = state.value
        row.token = None
        row.lease_expires_at = None
        if state.is_final:
            row.finished_at = now
        else:
            row.worker = None
            row.fraction = 0.0
        repository.append(session, row, [_state_event(state, **data)], now)

    def _announce(self, row: models.RunRow) -> None:
        """After the commit: wake those who wait for the run's events or, when it is queued, for work.

        Of a run that has ended nothing is left to go on from.
        """
        self._bell.ring(row.id)
        if row.state == State.QUEUED.value:
            self._bell.ring(QUEUE)
        if State(row.state).is_final:
            self._checkpoints.forget(row.id)


def _state_event(state: contracts.State, **data: Any) -> contracts.EventData:
    return contracts.EventData(type="state", data={"state": state.value, **data})


def _fresh(row: models.RunRow, request: contracts.EventsRequest) -> list[contracts.EventData]:
    """Those of the batch that have not arrived yet; the run, which must be locked, remembers them."""
    if request.first is None:
        return request.events
    before = request.first - 1
    known = max(row.events_received - before, 0)
    row.events_received = max(row.events_received, before + len(request.events))
    return request.events[known:]


def _check_reference(
    session: Any, field: str, number: int | None, table: type[catalog_models.Owned]
) -> None:
    """Raises `UnknownReference` for what is not there, or not the person's to see."""
    if number is None:
        return
    person = context.current().person
    if catalog_repository.find(session, table, number, person, lock=True) is None:
        raise catalog_errors.UnknownReference(field, number)


def _earlier(session: Any, reference: str | None, owner: str) -> models.RunRow | None:
    """The run that was created with this reference. Raises `ReferenceTaken`."""
    row = None if reference is None else repository.of_reference(session, reference)
    if row is not None and row.owner != owner:
        raise errors.ReferenceTaken
    return row


def _result_name(session: Any, makes: contracts.Makes | None, owner: str) -> str | None:
    """The name that is kept for the run's result. Raises `NameTaken`."""
    if makes is None:
        return None
    person = context.current().person
    return ownership.take_name(
        session, _NAMES[makes.kind], makes.name, owner, makes.if_taken, person=person
    )


def _theirs(session: Any, run_id: int, *, lock: bool = False) -> models.RunRow:
    """Raises `UnknownRun`, also for a run that is not the person's to see."""
    person = context.current().person
    return _found(
        catalog_repository.find(session, models.RunRow, run_id, person, lock=lock), run_id
    )


def _found(row: models.RunRow | None, run_id: int) -> models.RunRow:
    if row is None:
        raise errors.UnknownRun(run_id=run_id)
    return row


def _run(row: models.RunRow) -> contracts.Run:
    return contracts.Run.model_validate(row, from_attributes=True)


def _shortened(row: models.RunRow) -> contracts.Run:
    run = _run(row)
    return run.model_copy(
        update={
            "parameters": shortening.shortened(run.parameters),
            "result": shortening.shortened(run.result),
        }
    )
