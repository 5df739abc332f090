"""The worker: claims runs, keeps their leases alive, and says how each ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import socket
from collections.abc import AsyncIterator

import structlog

from kolba.contracts import runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.ml_service.worker import (
    assignments,
    children,
    delivery,
    errors,
    execution,
    metrics,
    refusal,
    settings,
    workshop,
)

_log = structlog.get_logger("kolba.worker")
_RELEASE_SECONDS = 2.0
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0


class Worker:
    """`concurrency` slots, each claiming and carrying out one run at a time."""

    def __init__(
        self,
        storage: storage_client.StorageClient,
        nursery: children.Nursery,
        config: settings.WorkerSettings,
        measured: metrics.WorkerMetrics,
    ) -> None:
        self._storage = storage
        self._nursery = nursery
        self._config = config
        self._measured = measured
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work for as long as the block lasts; at its end runs under way are given back."""
        with workshop.opened(self._config.data_dir) as folder:
            async with self._slots(folder):
                yield

    @contextlib.asynccontextmanager
    async def _slots(self, folder: pathlib.Path) -> AsyncIterator[None]:
        nursery = asyncio.create_task(self._nursery.keep(), name="nursery")
        slots = [
            asyncio.create_task(self._work(f"{self._name}/{number}", folder), name=f"slot-{number}")
            for number in range(1, self._config.concurrency + 1)
        ]
        try:
            yield
        finally:
            await _end(*slots)
            await _end(nursery)

    async def _work(self, name: str, folder: pathlib.Path) -> None:
        delay = _FIRST_DELAY
        while True:
            try:
                await self._nursery.ready()
                claim = await self._storage.claim_run(
                    runs.ClaimRequest(
                        worker=name,
                        kinds=assignments.KINDS,
                        lease_seconds=self._config.lease_seconds,
                        wait_seconds=self._config.claim_wait_seconds,
                    )
                )
                delay = _FIRST_DELAY
            except (kit_errors.ServiceUnavailable, kit_errors.RemoteProblem) as error:
                _log.warning("no answer to a claim", retry_in_seconds=delay, reason=str(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)
                continue
            if claim is not None:
                await self._carry_out(claim, folder)

    async def _carry_out(self, claim: runs.Claim, folder: pathlib.Path) -> None:
        """Carry out one run, whatever becomes of it; a cancellation of this task gives it back."""
        _log.info("run taken up", run_id=claim.run.id, attempt=claim.run.attempts)
        with self._measured.run() as outcome:
            try:
                outcome.name = await self._attempt(claim, folder)
            except delivery.LeaseLost:
                outcome.name = "lost"
            except asyncio.CancelledError:
                outcome.name = "released"
                await self._release(claim)
                raise
            except Exception:  # whatever it is, the slot goes on; the run's lease will lapse
                outcome.name = "failed"
                _log.exception("the end of a run could not be reported", run_id=claim.run.id)
        _log.info("run ended", run_id=claim.run.id, outcome=outcome.name)

    async def _attempt(self, claim: runs.Claim, folder: pathlib.Path) -> str:
        job = execution.Execution(claim, self._storage, self._nursery, self._config, folder)
        work = asyncio.create_task(job.carry_out())
        watch = asyncio.create_task(self._watch(claim, job))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                watch.result()  # raises when the lease was lost
                await _end(work)
                await delivery.persist(
                    lambda: self._storage.acknowledge_cancel(
                        claim.run.id, runs.Lease(token=claim.token)
                    ),
                    patience_seconds=self._config.patience_seconds,
                )
                return "cancelled"
            return await self._report(claim, work)
        finally:
            await _end(work, watch)

    async def _report(self, claim: runs.Claim, work: asyncio.Task[runs.Completion]) -> str:
        try:
            completion = work.result()
        except refusal.Refused as refused:
            await self._fail(
                claim, runs.Failure(token=claim.token, error=refused.document, retry=refused.retry)
            )
            return "retried" if refused.retry else "failed"
        except delivery.LeaseLost:
            raise
        except Exception as error:
            _log.exception("a run broke in the worker", run_id=claim.run.id)
            problem = errors.Broke(reason=f"{type(error).__name__}: {error}"[:300]).problem("en")
            await self._fail(claim, runs.Failure(token=claim.token, error=problem, retry=True))
            return "failed"
        await delivery.persist(
            lambda: self._storage.complete_run(claim.run.id, completion),
            patience_seconds=self._config.patience_seconds,
        )
        return "succeeded"

    async def _fail(self, claim: runs.Claim, failure: runs.Failure) -> None:
        await delivery.persist(
            lambda: self._storage.fail_run(claim.run.id, failure),
            patience_seconds=self._config.patience_seconds,
        )

    async def _watch(self, claim: runs.Claim, job: execution.Execution) -> None:
        """Renew the lease until cancellation is asked for. Raises `delivery.LeaseLost`."""
        request = runs.HeartbeatRequest(token=claim.token, lease_seconds=self._config.lease_seconds)
        while True:
            await asyncio.sleep(self._config.heartbeat_seconds)
            heard = await delivery.persist(lambda: self._storage.heartbeat(claim.run.id, request))
            if heard.cancel_requested and not job.handing_in:
                return

    async def _release(self, claim: runs.Claim) -> None:
        """Give the run back, so that another takes it up at once. Where that fails, its lease will lapse."""
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._storage.release_run(claim.run.id, runs.Release(token=claim.token))
        except (kit_errors.KolbaError, TimeoutError) as error:
            _log.warning("a run could not be given back", run_id=claim.run.id, reason=str(error))


async def _end(*tasks: asyncio.Task[object]) -> None:
    """Cancel what is still running and wait for it; what it raised was heard before, or matters no more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
