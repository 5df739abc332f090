"""What is asked of a chain, and what it has to answer."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import statistics
import sys
import time
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import numpy as np

from kolba.inference import bundles, images
from kolba.pipeline.check import stencil

_PATIENCE_SECONDS = 60.0
_CALLERS = 8
_READY_TIMES = 20
_MODEL = "digits"
_ALIAS = f"/aliases/{_MODEL}/production"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where it answers, and who asks."""

    storage: str
    preprocess: str
    model: str
    postprocess: str
    token: Callable[[], str] | None

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"} if self.token else {}


class Failed(Exception):
    """Something is not as it has to be; the message says what was found."""


def require(is_so: bool, found: object) -> None:
    """Raises `Failed`."""
    if not is_so:
        raise Failed(str(found)[:1000])


class Examiner:
    """Asks, and looks at the answers."""

    def __init__(self, chain: Chain, session: aiohttp.ClientSession, *, requests: int) -> None:
        self._chain = chain
        self._session = session
        self._requests = requests
        self.knows_stencils = False

    async def finalize(
        self,
        content: bytes,
        *,
        status: int = 200,
        signed: bool = True,
        request_id: str | None = None,
    ) -> tuple[dict[str, Any], aiohttp.ClientResponse]:
        """Send an image through the chain, as a form. Raises `Failed` for another status."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename="digit.png", content_type="image/png")
        sent = self._chain.headers() if signed else {}
        if request_id is not None:
            sent["X-Request-Id"] = request_id
        url = f"{self._chain.postprocess}/finalize"
        async with self._session.post(url, data=form, headers=sent) as answer:
            document: dict[str, Any] = await answer.json(content_type=None)
            require(answer.status == status, (answer.status, document))
            return document, answer

    async def pages(self) -> None:
        """Health, readiness, metrics and documentation of each."""
        for url in (self._chain.preprocess, self._chain.model, self._chain.postprocess):
            await self._until_ready(url)
            for path in ("/health", "/metrics", "/docs"):
                async with self._session.get(url + path) as answer:
                    require(answer.status == 200, f"{url}{path}: {answer.status}")

    async def _until_ready(self, url: str) -> None:
        """Each time some replica answers; all are ready when none says otherwise for a while."""
        limit = time.monotonic() + _PATIENCE_SECONDS
        good = 0
        while good < _READY_TIMES:
            async with self._session.get(f"{url}/ready", headers={"Connection": "close"}) as answer:
                good = good + 1 if answer.status == 200 else 0
                found = await answer.text()
            require(time.monotonic() < limit, f"{url}/ready: {found}")
            if not good:
                await asyncio.sleep(0.2)

    async def signing_in(self) -> None:
        """Who shows nothing is not answered."""
        if self._chain.token is not None:
            found, _ = await self.finalize(stencil.png(1), status=401, signed=False)
            require(found["type"].endswith(":sign-in-required"), found)

    async def digits(self) -> None:
        """All ten, as a person draws them and as MNIST has them."""
        for digit in range(10):
            for content in (stencil.png(digit), stencil.digit_png(digit)):
                found, _ = await self.finalize(content)
                probabilities = found["probabilities"]
                require(len(probabilities) == 10, found)
                require(abs(sum(probabilities.values()) - 1) < 1e-3, found)
                require(found["probability"] == max(probabilities.values()), found)
                require(not self.knows_stencils or found["digit"] == digit, (digit, found))

    async def hops(self) -> None:
        """The request's id and its times come through all of them."""
        found, answer = await self.finalize(stencil.png(7), request_id="check-1")
        require(found["request_id"] == answer.headers["X-Request-Id"] == "check-1", found)
        said = answer.headers["Server-Timing"]
        for hop in ("postprocess", "network-preprocess", "preprocess", "network-model", "model"):
            require(f"{hop};dur=" in said, said)

    async def tensors(self) -> None:
        """Preprocess's tensor, sent to model by hand, is answered as through the chain."""
        content = stencil.png(3)
        url = f"{self._chain.preprocess}/process?only=tensor"
        headers = self._chain.headers()
        async with self._session.post(url, data=content, headers=headers) as answer:
            require(answer.status == 200, await answer.text())
            tensor = (await answer.json())["tensor"]
        require(np.shape(tensor) == images.SHAPE, np.shape(tensor))
        url = f"{self._chain.model}/predict"
        async with self._session.post(url, json={"tensor": tensor}, headers=headers) as answer:
            require(answer.status == 200, await answer.text())
            by_hand = (await answer.json())["probabilities"]
        found, _ = await self.finalize(content)
        through = list(found["probabilities"].values())
        require(np.allclose(by_hand, through, atol=1e-4), (by_hand, through))

    async def bad_input(self) -> None:
        """What is no digit is refused, with the reason."""
        empty = images.to_png(np.full((280, 280), 255, np.uint8))
        for content, status, slug in (
            (b"no image", 422, "invalid-image"),
            (stencil.png(4)[:-40], 422, "invalid-image"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "invalid-image"),
            (empty, 422, "nothing-drawn"),
            (b"", 422, "no-file"),
        ):
            found, answer = await self.finalize(content, status=status)
            require(found["type"] == f"urn:kolba:problem:{slug}", found)
            require(answer.content_type == "application/problem+json", answer.content_type)

    async def replicas(self) -> None:
        """Every replica of model has a share; prints how long answers took."""
        addresses = await _addresses(self._chain.model)
        content = stencil.digit_png(7)
        times: list[float] = []
        shares: dict[str, int] = {}

        async def ask(count: int) -> None:
            for _ in range(count):
                began = time.perf_counter()
                found, _ = await self.finalize(content)
                times.append(time.perf_counter() - began)
                shares[found["instance"]] = shares.get(found["instance"], 0) + 1

        began = time.perf_counter()
        await asyncio.gather(*(ask(self._requests // _CALLERS) for _ in range(_CALLERS)))
        rate = len(times) / (time.perf_counter() - began)
        require(len(shares) == addresses, f"{addresses} replicas, and answers from {shares}")
        median = statistics.median(times) * 1000
        _say(f"    {rate:.0f} images/s by {_CALLERS} callers, median {median:.1f} ms, {shares}")


async def examine(chain: Chain, *, requests: int) -> int:
    """Look at everything; 0 when all was as it has to be, 1 if not."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        examiner = Examiner(chain, session, requests=requests)
        try:
            async with _model(chain, session, examiner):
                failures = [await _look(look) for look in _all(examiner)]
        except (Failed, aiohttp.ClientError, TimeoutError, OSError) as error:
            _say(f"FAILED  there is no chain to look at: {error!r}")
            return 1
    _say(f"{failures.count(False)} of {len(failures)} as it has to be")
    return int(any(failures))


def _all(examiner: Examiner) -> list[Callable[[], Awaitable[None]]]:
    return [
        examiner.pages,
        examiner.signing_in,
        examiner.digits,
        examiner.hops,
        examiner.tensors,
        examiner.bad_input,
        examiner.replicas,
    ]


async def _look(look: Callable[[], Awaitable[None]]) -> bool:
    """Whether it failed."""
    name = getattr(look, "__name__", "")
    try:
        await look()
    except (Failed, aiohttp.ClientError, TimeoutError, LookupError, ValueError) as error:
        _say(f"FAILED  {name}: {error!r}")
        return True
    _say(f"ok      {name}")
    return False


@contextlib.asynccontextmanager
async def _model(
    chain: Chain, session: aiohttp.ClientSession, examiner: Examiner
) -> AsyncIterator[None]:
    """A model in production: the one that is there, or one of ours for as long as the block."""
    async with session.get(chain.storage + _ALIAS, headers=chain.headers()) as answer:
        is_there = answer.status == 200
        require(answer.status in (200, 404), (answer.status, await answer.text()))
    if is_there:
        await _until_answered(examiner)
        yield
        return
    examiner.knows_stencils = True
    made = await _register(chain, session)
    try:
        await _until_answered(examiner)
        yield
    finally:
        for path in (_ALIAS, *made):
            async with session.delete(chain.storage + path, headers=chain.headers()):
                pass


async def _register(chain: Chain, session: aiohttp.ClientSession) -> list[str]:
    """The stencil's model, in production; what is to be deleted afterwards."""
    content = stencil.bundle()

    async def send(method: str, path: str, **body: Any) -> dict[str, Any]:
        headers = {**chain.headers(), **body.pop("headers", {})}
        async with session.request(method, chain.storage + path, headers=headers, **body) as answer:
            require(answer.status in (200, 201), (path, answer.status, await answer.text()))
            found: dict[str, Any] = await answer.json()
            return found

    table = b"x,label\n1,0\n2,1\n"
    headers = {"Content-Type": "text/csv"}
    data = await send("POST", "/upload/dataset?name=check", data=table, headers=headers)
    headers = {"Content-Type": "application/zip"}
    file = await send("POST", "/files?name=check.zip", data=content, headers=headers)
    model = {
        "name": _MODEL,
        "family": "Stencil",
        "bundle_file_id": file["id"],
        "bundle_sha256": bundles.digest(content),
        "dataset_id": data["id"],
        "hyperparameters": {},
        "metrics": {},
        "signature": bundles.read(content).signature.to_json(),
        "summary": {},
    }
    registered = await send("POST", "/models", json=model)
    await send("PUT", _ALIAS, json={"model_id": registered["id"]})
    return [
        f"/models/{registered['id']}",
        f"/files/{file['id']}",
        f"/datasets/{data['id']}",
    ]


async def _until_answered(examiner: Examiner) -> None:
    """Raises `Failed` when no image is answered in all that time."""
    limit = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            await examiner.finalize(stencil.png(7))
        except (Failed, aiohttp.ClientError, TimeoutError):
            if time.monotonic() > limit:
                raise
            await asyncio.sleep(0.2)
        else:
            return


async def _addresses(url: str) -> int:
    """How many replicas a name leads to."""
    place = urllib.parse.urlsplit(url)
    found = await asyncio.get_running_loop().getaddrinfo(
        place.hostname, place.port, type=socket.SOCK_STREAM
    )
    return len({address[0] for *_, address in found})


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
