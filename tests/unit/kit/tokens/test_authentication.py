"""Who asks a service, by what it is shown."""

import pathlib
from typing import ClassVar

import pytest

from kolba.kit import identity, settings
from kolba.kit.tokens import authentication, errors, kinds, opening

LOCAL = identity.Person(name="local", groups=("researcher", "client"))


class Given(settings.ServiceSettings):
    """Only what is given: no configuration file."""

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, *_, **__):  # type: ignore[no-untyped-def]
        return (init_settings,)


class StorageSettings(Given):
    service: ClassVar[str] = "storage"


class WebMasterSettings(Given):
    service: ClassVar[str] = "web_master"


class House:
    """The web master's signer, and storage as it asks who is there."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.signer = opening.open_tokens(self.settings(WebMasterSettings)).signer

    def settings(
        self,
        kind: type[settings.ServiceSettings] = StorageSettings,
        host: str = "127.0.0.1",
        local_user: str | None = None,
    ) -> settings.ServiceSettings:
        auth = settings.AuthSettings(local_user=local_user, keys_dir=self.folder / "keys")
        own = self.folder / kind.service
        return settings.load(kind, host=host, port=0, data_dir=own, auth=auth)

    async def who(
        self, authorization: str | None, local_user: str | None = None, *, lenient: bool = False
    ) -> identity.Person:
        authenticator = opening.internal_tokens(
            self.settings(local_user=local_user), lenient=lenient
        )
        headers = {} if authorization is None else {"authorization": authorization}
        return await authenticator.authenticate("GET", headers)

    def person(self) -> str:
        return self.signer.issue(kinds.PERSON, subject="ada", groups=("client",), seconds=60)


@pytest.fixture
def house(tmp_path: pathlib.Path) -> House:
    return House(tmp_path)


async def test_a_person_is_who_their_token_says(house: House) -> None:
    token = house.person()
    assert await house.who(f"Bearer {token}") == identity.Person(
        name="ada", groups=("client",), via="service", token=token
    )
    assert (await house.who(f"bearer {token}")).name == "ada"


async def test_a_service_is_one_by_its_token(house: House) -> None:
    found = await house.who(f"Bearer {house.signer.issue_own()}")
    assert found == identity.Person(name="web_master", groups=("service",), via="service")
    assert found.is_service


async def test_who_shows_nothing_is_nobody_or_the_local_person(house: House) -> None:
    assert await house.who(None) is identity.NOBODY
    assert await house.who(None, "researcher") == LOCAL


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Token x", "null"]
)
async def test_what_is_shown_counts_also_on_this_machine(house: House, given: str) -> None:
    for local_user in (None, "researcher"):
        with pytest.raises(errors.InvalidToken):
            await house.who(given, local_user)


async def test_an_access_token_is_for_the_web_master_only(house: House) -> None:
    token = house.signer.issue(kinds.ACCESS, subject="ada", seconds=60)
    with pytest.raises(errors.InvalidToken, match="something else"):
        await house.who(f"Bearer {token}")


async def test_where_requests_are_handed_on_others_tokens_are_nobodys(house: House) -> None:
    token = house.signer.issue(kinds.ACCESS, subject="ada", seconds=60)
    assert await house.who(f"Bearer {token}", "researcher", lenient=True) is identity.NOBODY
    assert (await house.who(f"Bearer {house.person()}", lenient=True)).name == "ada"


def test_a_bearer_token_is_found_in_its_header() -> None:
    assert authentication.bearer("Bearer a.b.c") == "a.b.c"
    assert authentication.bearer("BEARER  a.b.c ") == "a.b.c"


async def test_without_keys_no_token_is_good(house: House, tmp_path: pathlib.Path) -> None:
    alone = settings.load(StorageSettings, host="127.0.0.1", port=0, data_dir=tmp_path)
    authenticator = opening.internal_tokens(alone)
    assert (await authenticator.authenticate("GET", {})).name == "local"
    with pytest.raises(errors.InvalidToken):
        await authenticator.authenticate("GET", {"authorization": f"Bearer {house.person()}"})


def test_without_shared_keys_nothing_is_shown_or_written(tmp_path: pathlib.Path) -> None:
    alone = settings.load(WebMasterSettings, host="127.0.0.1", port=0, data_dir=tmp_path)
    tokens = opening.open_tokens(alone)
    tokens.prepare()
    assert [tokens.own().token(), tokens.passed_on().token(), tokens.on_behalf().token()] == [
        None
    ] * 3
    assert list(tmp_path.iterdir()) == []


def test_a_start_says_that_keys_cannot_be_written(house: House) -> None:
    (house.folder / "keys").write_text("not a folder")
    with pytest.raises(errors.KeysUnwritable, match=r"auth\.keys_dir"):
        opening.open_tokens(house.settings(WebMasterSettings)).prepare()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "kolba.example", ""])
def test_who_can_be_reached_from_elsewhere_has_no_local_person(house: House, host: str) -> None:
    config = house.settings(host=host, local_user="researcher")
    with pytest.raises(settings.StartRefused, match="KOLBA_STORAGE__AUTH__LOCAL_USER to nothing"):
        settings.check_exposure(config)
    assert opening.local_person(config) is None
    settings.check_exposure(house.settings(host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_there_may_be_one(house: House, host: str) -> None:
    config = house.settings(host=host, local_user="researcher")
    settings.check_exposure(config)
    assert opening.local_person(config) == LOCAL


def test_signing_in_needs_keys(tmp_path: pathlib.Path) -> None:
    auth = settings.AuthSettings(local_user=None)
    config = settings.load(StorageSettings, host="127.0.0.1", port=0, data_dir=tmp_path, auth=auth)
    with pytest.raises(settings.StartRefused, match="KOLBA_STORAGE__AUTH__KEYS_DIR"):
        settings.check_exposure(config)
