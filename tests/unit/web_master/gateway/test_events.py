"""A stream of events ends where its reader is no longer welcome, and where the service behind it does."""

from collections.abc import AsyncIterator

from kolba.kit import errors
from kolba.web_master.gateway import relay


class Reader:
    """Welcome so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0

    async def is_welcome(self) -> bool:
        self.asked += 1
        return self.asked <= self.times


async def three() -> AsyncIterator[bytes]:
    for number in range(3):
        yield b"%d" % number


async def broken() -> AsyncIterator[bytes]:
    yield b"0"
    raise errors.ServiceUnavailable(service="ml_service")


async def read(events: AsyncIterator[bytes]) -> list[bytes]:
    return [one async for one in events]


async def test_who_is_signed_out_gets_no_further_event() -> None:
    reader = Reader(1)
    events = relay.events(three(), reader.is_welcome, asked_again_seconds=0)
    assert await read(events) == [b"0"]


async def test_it_is_not_asked_for_every_event() -> None:
    reader = Reader(0)
    assert await read(relay.events(three(), reader.is_welcome)) == [b"0", b"1", b"2"]
    assert reader.asked == 0


async def test_a_service_that_goes_away_is_the_end_and_no_failure() -> None:
    assert await read(relay.events(broken(), Reader(9).is_welcome)) == [b"0"]
