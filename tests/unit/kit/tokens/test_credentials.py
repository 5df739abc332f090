"""What services show when they call one another."""

from collections.abc import Iterator

import pytest

from kolba.kit import context, identity
from kolba.kit.http import credentials as http_credentials
from kolba.kit.tokens import credentials, keys, kinds, published, signing, verifying

ADA = identity.Person(name="ada", groups=("researcher", "client"), via="session")
SHOWN = identity.Person(name="ada", groups=("client",), via="service", token="as-it-came")


class House:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.board = published.MemoryKeys()
        self.signer = signing.Signer(
            keys.KeyRing("web_master", None, self.board, days=1, now=lambda: self.now),
            now=lambda: self.now,
        )
        self.own = credentials.Own(self.signer, now=lambda: self.now)
        self.on_behalf = credentials.OnBehalf(self.signer, self.own, now=lambda: self.now)
        self.passed_on = credentials.PassedOn(self.own)
        self._verifier = verifying.Verifier(
            self.board, kinds.PERSON, kinds.SERVICE, now=lambda: self.now
        )

    def read(self, token: str | None) -> verifying.Claims:
        assert token is not None
        return self._verifier.verify(token)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture(autouse=True)
def nobody_else() -> Iterator[None]:
    with context.acting_as(identity.SYSTEM):
        yield


def test_a_person_is_spoken_for(house: House) -> None:
    with context.acting_as(ADA):
        claims = house.read(house.on_behalf.token())
    assert (claims.kind, claims.subject) == (kinds.PERSON, "ada")
    assert claims.groups == ("researcher", "client")


def test_a_token_is_kept_for_half_its_life(house: House) -> None:
    with context.acting_as(ADA):
        first = house.on_behalf.token()
        house.now += 29
        assert house.on_behalf.token() == first
        house.now += 1
        assert house.on_behalf.token() != first
    own = house.own.token()
    house.now += 29
    assert house.own.token() == own
    house.now += 1
    assert house.own.token() != own


def test_a_clock_set_back_keeps_no_token_longer(house: House) -> None:
    with context.acting_as(ADA):
        tokens = house.on_behalf.token(), house.own.token()
        house.now -= 100
        again = house.on_behalf.token(), house.own.token()
    assert tokens[0] != again[0]
    assert tokens[1] != again[1]


def test_other_groups_are_another_token(house: House) -> None:
    with context.acting_as(ADA):
        first = house.on_behalf.token()
    demoted = identity.Person(name="ada", groups=("client",), via="session")
    with context.acting_as(demoted):
        assert house.read(house.on_behalf.token()).groups == ("client",)
    with context.acting_as(ADA):
        assert house.on_behalf.token() == first


def test_nobody_shows_nothing(house: House) -> None:
    with context.acting_as(identity.NOBODY):
        assert house.on_behalf.token() is None
        assert house.passed_on.token() is None


def test_what_nobody_asked_for_the_service_asks_itself(house: House) -> None:
    for shown in (house.on_behalf, house.passed_on, house.own):
        claims = house.read(shown.token())
        assert (claims.kind, claims.subject) == (kinds.SERVICE, "web_master")


def test_what_is_done_for_all_is_asked_by_the_service(house: House) -> None:
    with context.acting_as(ADA):
        assert house.read(house.own.token()).subject == "web_master"


def test_a_token_is_passed_on_as_it_came(house: House) -> None:
    with context.acting_as(SHOWN):
        assert house.passed_on.token() == "as-it-came"
        assert house.passed_on.renewed("as-it-came") is None, "nobody here may sign for a person"


def test_the_local_person_needs_nothing_to_show(house: House) -> None:
    with context.acting_as(identity.Person(name="local", groups=("client",))):
        assert house.passed_on.token() is None


def test_a_refused_token_is_replaced(house: House) -> None:
    with context.acting_as(ADA):
        first = house.on_behalf.token()
        assert first is not None
        second = house.on_behalf.renewed(first)
        assert house.on_behalf.token() == second != first
        assert house.on_behalf.renewed(first) == second, "others' calls were refused for it too"
    own = house.own.token()
    assert own is not None
    assert house.passed_on.renewed(own) == house.own.token() != own


def test_people_are_not_remembered_without_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_MOST_PEOPLE", 3)
    for number in range(10):
        with context.acting_as(identity.Person(name=f"p{number}", via="session")):
            assert house.read(house.on_behalf.token()).subject == f"p{number}"
        assert len(house.on_behalf._kept) <= 3


def test_without_credentials_nothing_is_shown() -> None:
    nothing = http_credentials.NoCredentials()
    assert nothing.token() is None
    assert nothing.renewed("anything") is None
