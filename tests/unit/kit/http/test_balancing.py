"""Questions spread over replicas that come, go, stall and refuse. Each is a real listener on an address of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import orjson
import pytest

from kolba.kit import errors
from kolba.kit.http import balancing
from kolba.kit.testing import servers

FIRST, SECOND, THIRD, FOURTH = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"
pytestmark = pytest.mark.filterwarnings("error")


class Replica:
    """Answers every question with its own address, or as it is told."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        self.port = port
        self.asked = 0
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (
            len(address),
            address.encode(),
        )
        self._goes_on = asyncio.Event()
        self._goes_on.set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.address, self.port)

    async def kill(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    def refuse(self, status: int, slug: str) -> None:
        body = orjson.dumps({"type": f"urn:kolba:problem:{slug}", "status": status})
        self.answer = b"HTTP/1.1 %d No\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)

    def stall(self) -> None:
        self._goes_on.clear()

    def go_on(self) -> None:
        self._goes_on.set()

    def drain(self) -> None:
        self.answer = self.answer.replace(b"\r\n\r\n", b"\r\nx-draining: true\r\n\r\n", 1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await self._goes_on.wait()
                writer.write(self.answer)
        self._writers.discard(writer)
        writer.close()


class House:
    def __init__(self) -> None:
        self.port = servers.free_port()
        self.named: list[str] = [FIRST, SECOND]
        self.replicas = {one: Replica(one, self.port) for one in (FIRST, SECOND, THIRD, FOURTH)}

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("model", self.port)
        if not self.named:
            raise OSError("no such name")
        return self.named

    def balanced(self, **given: float) -> balancing.Balanced:
        chosen = {"resolve_seconds": 0.02, "attempt_seconds": 0.2, **given}
        url = f"http://model:{self.port}"
        return balancing.Balanced("model", [url], resolve=self.resolve, **chosen)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    for replica in made.replicas.values():
        await replica.start()
    yield made
    for replica in made.replicas.values():
        await replica.kill()


async def ask(balanced: balancing.Balanced, *, seconds: float = 5.0) -> str:
    answer = await balanced.post("/predict", b"", {}, seconds=seconds)
    return answer.content.decode()


async def test_questions_in_turn_reach_every_replica(house: House) -> None:
    async with house.balanced() as balanced:
        heard = [await ask(balanced) for _ in range(20)]
    assert heard.count(FIRST) == heard.count(SECOND) == 10


async def test_the_replica_with_the_fewest_in_hand_is_asked(house: House) -> None:
    house.replicas[FIRST].stall()
    async with house.balanced(attempt_seconds=5.0) as balanced:
        first = [asyncio.create_task(ask(balanced)) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert [await ask(balanced) for _ in range(10)] == [SECOND] * 10
        house.replicas[FIRST].go_on()
        await asyncio.gather(*first)


async def test_a_replica_that_joins_is_found_and_one_that_leaves_forgotten(house: House) -> None:
    async with house.balanced() as balanced:
        house.named = [SECOND, THIRD]
        await asyncio.sleep(0.1)
        assert sorted(balanced.addresses) == [SECOND, THIRD]
        assert {await ask(balanced) for _ in range(10)} == {SECOND, THIRD}


async def test_a_name_that_cannot_be_looked_up_leaves_what_was_known(house: House) -> None:
    async with house.balanced() as balanced:
        house.named = []
        await asyncio.sleep(0.1)
        assert sorted(balanced.addresses) == [FIRST, SECOND]


async def test_a_name_unknown_at_first_is_looked_up_by_who_asks(house: House) -> None:
    house.named = []
    async with house.balanced(resolve_seconds=60.0) as balanced:
        asked = asyncio.create_task(ask(balanced))
        await asyncio.sleep(0.02)
        house.named = [FIRST]
        assert await asked == FIRST


async def test_a_killed_replica_loses_no_question(house: House) -> None:
    async with house.balanced() as balanced:
        for _ in range(4):
            await ask(balanced)
        stalled = house.replicas[FIRST]
        stalled.stall()
        waiting = [asyncio.create_task(ask(balanced)) for _ in range(8)]
        await asyncio.sleep(0.02)
        await stalled.kill()
        assert await asyncio.gather(*waiting) == [SECOND] * 8
        assert [await ask(balanced) for _ in range(5)] == [SECOND] * 5


async def test_one_that_says_nothing_is_given_up_and_rests(house: House) -> None:
    house.replicas[FIRST].stall()
    async with house.balanced(attempt_seconds=0.1) as balanced:
        assert {await ask(balanced) for _ in range(6)} == {SECOND}
    assert house.replicas[FIRST].asked <= 3
    house.replicas[FIRST].go_on()


async def test_replicas_that_were_tried_and_are_gone_make_no_other_the_last(house: House) -> None:
    """A new one that hangs gets its attempt, not all the time that is left: another new one is free."""
    await house.replicas[FIRST].kill()
    for silent in (SECOND, THIRD):
        house.replicas[silent].stall()
    async with house.balanced(attempt_seconds=0.3) as balanced:
        asked = [asyncio.create_task(ask(balanced)) for _ in range(2)]
        await asyncio.sleep(0.1)
        house.named = [THIRD, FOURTH]
        await asyncio.sleep(0.2)
        await house.replicas[SECOND].kill()
        assert await asyncio.gather(*asked) == [FOURTH] * 2
    house.replicas[THIRD].go_on()


async def test_the_only_one_is_not_given_up_before_the_deadline(house: House) -> None:
    house.named = [FIRST]
    replica = house.replicas[FIRST]
    replica.stall()
    async with house.balanced(attempt_seconds=0.02) as balanced:
        asked = asyncio.create_task(ask(balanced))
        await asyncio.sleep(0.1)
        replica.go_on()
        assert await asked == FIRST
    assert replica.asked == 1


async def test_all_lost_is_waited_for_until_one_is_back(house: House) -> None:
    house.named = [FIRST]
    replica = house.replicas[FIRST]
    async with house.balanced() as balanced:
        await replica.kill()
        asked = asyncio.create_task(ask(balanced))
        await asyncio.sleep(0.15)
        await replica.start()
        assert await asked == FIRST


async def test_none_reached_is_said_when_the_time_is_over(house: House) -> None:
    house.named = [FIRST]
    async with house.balanced() as balanced:
        await house.replicas[FIRST].kill()
        with pytest.raises(errors.ServiceUnavailable):
            await ask(balanced, seconds=2.0)


async def test_a_deadline_ends_the_question(house: House) -> None:
    for replica in house.replicas.values():
        replica.stall()
    async with house.balanced(attempt_seconds=5.0) as balanced:
        with pytest.raises(balancing.DeadlinePassed):
            await ask(balanced, seconds=0.1)
    for replica in house.replicas.values():
        replica.go_on()


async def test_a_refusal_of_one_that_is_not_ready_is_no_answer_while_another_is(
    house: House,
) -> None:
    house.replicas[FIRST].refuse(503, "no-model")
    async with house.balanced() as balanced:
        assert {await ask(balanced) for _ in range(6)} == {SECOND}
        house.replicas[SECOND].refuse(503, "no-model")
        with pytest.raises(errors.RemoteProblem) as caught:
            await ask(balanced)
        assert caught.value.remote_slug == "no-model"


async def test_a_callers_own_mistake_is_told_at_once(house: House) -> None:
    for replica in house.replicas.values():
        replica.refuse(422, "bad-tensor")
    async with house.balanced() as balanced:
        with pytest.raises(errors.RemoteProblem) as caught:
            await ask(balanced)
    assert caught.value.remote_status == 422
    assert sum(replica.asked for replica in house.replicas.values()) == 1


async def test_one_that_drains_is_asked_no_more_while_another_is_there(house: House) -> None:
    house.replicas[FIRST].drain()
    async with house.balanced() as balanced:
        heard = [await ask(balanced) for _ in range(10)]
    assert heard.count(FIRST) == 1


async def test_a_refused_token_is_not_carried_from_replica_to_replica(house: House) -> None:
    class Stale:
        def token(self) -> str:
            return "stale"

        def renewed(self, refused: str) -> str | None:
            return None

    for replica in house.replicas.values():
        replica.refuse(401, "invalid-token")
    url = f"http://model:{house.port}"
    balanced = balancing.Balanced("model", [url], resolve=house.resolve, shown=Stale())
    async with balanced:
        with pytest.raises(errors.TokenRefused):
            await ask(balanced)
    assert sum(replica.asked for replica in house.replicas.values()) == 1
