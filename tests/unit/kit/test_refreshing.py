import asyncio

import pytest

from kolba.kit import errors, refreshing


class Source:
    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.values = {"a": "first"}

    async def fetch(self, key: str) -> str:
        self.asked += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        if key not in self.values:
            raise errors.RemoteProblem(service="storage", status=404, document={})
        return self.values[key]


class Time:
    now = 0.0


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(source: Source) -> refreshing.RefreshingCache[str, str]:
    return refreshing.RefreshingCache(
        source.fetch, fresh_seconds=1.0, max_entries=2, now=lambda: Time.now
    )


@pytest.fixture(autouse=True)
def _at_the_beginning() -> None:
    Time.now = 0.0


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_ask_at_once_share_one_fetch(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    assert await asyncio.gather(*(cache.get("a") for _ in range(10))) == ["first"] * 10
    assert source.asked == 1


async def test_a_change_is_noticed_without_anyone_waiting(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    await cache.get("a")
    source.values["a"] = "second"
    Time.now = 1.5
    assert cache.peek("a") == "first"
    await settle()
    assert cache.peek("a") == "second"
    assert source.asked == 2


async def test_the_last_value_goes_on_while_the_source_is_away(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    await cache.get("a")
    source.error = errors.ServiceUnavailable(service="storage")
    Time.now = 1.5
    assert cache.peek("a") == "first"
    await settle()
    assert cache.peek("a") == "first"


async def test_what_is_gone_is_dropped(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    await cache.get("a")
    source.values.clear()
    Time.now = 1.5
    cache.peek("a")
    await settle()
    assert cache.peek("a") is None
    with pytest.raises(errors.RemoteProblem):
        await cache.get("a")


async def test_the_least_used_go_first(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    source.values |= {"b": "b", "c": "c"}
    for key in ("a", "b", "a", "c"):
        await cache.get(key)
    assert cache.peek("a") is not None
    assert cache.peek("b") is None


async def test_one_who_stops_waiting_does_not_spoil_it_for_the_others(
    cache: refreshing.RefreshingCache[str, str],
) -> None:
    leaver = asyncio.create_task(cache.get("a"))
    stayer = asyncio.create_task(cache.get("a"))
    await asyncio.sleep(0)
    leaver.cancel()
    assert await stayer == "first"


async def test_what_was_on_its_way_when_all_was_cleared_is_not_kept() -> None:
    answers = [asyncio.get_running_loop().create_future() for _ in range(2)]
    asked = iter(answers)
    cache = refreshing.RefreshingCache[str, str](
        lambda _: next(asked), fresh_seconds=1.0, max_entries=2, now=lambda: Time.now
    )
    early = asyncio.create_task(cache.get("a"))
    await settle()
    cache.clear()
    late = asyncio.create_task(cache.get("a"))
    await settle()
    answers[1].set_result("new")
    assert await late == "new"
    answers[0].set_result("old")
    assert await early == "old"
    assert cache.peek("a") == "new"


async def test_some_are_forgotten_and_others_stay(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    source.values["b"] = "other"
    await cache.get("a")
    await cache.get("b")
    cache.forget_where(lambda key: key == "a")
    assert (cache.peek("a"), cache.peek("b")) == (None, "other")


async def test_a_successor_that_is_refused_never_takes_over(
    cache: refreshing.RefreshingCache[str, str], source: Source
) -> None:
    await cache.get("a")
    source.error = errors.RemoteProblem(service="ml_service", status=502, document={})
    await cache.renew(lambda _: True)
    assert cache.peek("a") == "first"
    source.error, source.values["a"] = None, "second"
    await cache.renew(lambda key: key == "a")
    assert cache.peek("a") == "second"


class Held:
    """A source that answers each fetch when told to, in any order."""

    def __init__(self) -> None:
        self.fetches: list[asyncio.Future[str]] = []

    def fetch(self, _: str) -> asyncio.Future[str]:
        self.fetches.append(asyncio.get_running_loop().create_future())
        return self.fetches[-1]


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def held_cache(held: Held) -> refreshing.RefreshingCache[str, str]:
    return refreshing.RefreshingCache(
        held.fetch, fresh_seconds=1.0, max_entries=2, now=lambda: Time.now
    )


async def test_a_first_fetch_of_before_the_change_is_not_kept(
    held_cache: refreshing.RefreshingCache[str, str], held: Held
) -> None:
    early = asyncio.create_task(held_cache.get("a"))
    await settle()
    renewal = asyncio.create_task(held_cache.renew(lambda _: True))
    await settle()
    assert not renewal.done()
    held.fetches[1].set_result("new")
    await renewal
    held.fetches[0].set_result("old")
    await early
    await settle()
    assert held_cache.peek("a") == "new"
    assert len(held.fetches) == 2


async def test_where_the_change_cannot_be_fetched_the_next_to_ask_tries_again(
    held_cache: refreshing.RefreshingCache[str, str], held: Held
) -> None:
    early = asyncio.create_task(held_cache.get("a"))
    await settle()
    renewal = asyncio.create_task(held_cache.renew(lambda _: True))
    await settle()
    held.fetches[1].set_exception(errors.ServiceUnavailable(service="storage"))
    await renewal
    held.fetches[0].set_result("old")
    await early
    await settle()
    assert held_cache.peek("a") is None
    late = asyncio.create_task(held_cache.get("a"))
    await settle()
    held.fetches[2].set_result("new")
    assert await late == "new"


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_refresh_of_before_the_change_comes_too_late(
    held_cache: refreshing.RefreshingCache[str, str], held: Held, is_gone: bool
) -> None:
    first = asyncio.create_task(held_cache.get("a"))
    await settle()
    held.fetches[0].set_result("oldest")
    await first
    Time.now = 1.5
    held_cache.peek("a")  # begins to refresh, aside
    await settle()
    renewal = asyncio.create_task(held_cache.renew(lambda _: True))
    await settle()
    held.fetches[2].set_result("new")
    await renewal
    if is_gone:
        held.fetches[1].set_exception(
            errors.RemoteProblem(service="storage", status=404, document={})
        )
    else:
        held.fetches[1].set_result("old")
    await settle()
    assert held_cache.peek("a") == "new"


async def test_each_of_two_changes_is_there_when_it_is_said_to_be(
    held_cache: refreshing.RefreshingCache[str, str], held: Held
) -> None:
    first = asyncio.create_task(held_cache.get("a"))
    await settle()
    held.fetches[0].set_result("old")
    await first
    renewals = []
    for _ in range(2):
        renewals.append(asyncio.create_task(held_cache.renew(lambda _: True)))
        await settle()
    held.fetches[1].set_result("new")
    await renewals[0]
    assert held_cache.peek("a") == "new"
    held.fetches[2].set_result("newest")
    await renewals[1]
    assert held_cache.peek("a") == "newest"


async def test_a_renewal_goes_on_when_who_told_of_the_change_goes_away(
    held_cache: refreshing.RefreshingCache[str, str], held: Held
) -> None:
    first = asyncio.create_task(held_cache.get("a"))
    await settle()
    held.fetches[0].set_result("old")
    await first
    renewal = asyncio.create_task(held_cache.renew(lambda _: True))
    await settle()
    renewal.cancel()
    await settle()
    held.fetches[1].set_result("new")
    await settle()
    assert held_cache.peek("a") == "new"


async def test_what_was_forgotten_on_its_way_is_not_kept(
    held_cache: refreshing.RefreshingCache[str, str], held: Held
) -> None:
    early = asyncio.create_task(held_cache.get("a"))
    await settle()
    held_cache.forget_where(lambda key: key == "a")
    held.fetches[0].set_result("old")
    await early
    await settle()
    assert held_cache.peek("a") is None
