"""Signing and checking, and every token that must not be accepted."""

import base64
import hashlib
import hmac
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from kolba.kit.tokens import errors, keys, kinds, published, signing, verifying


class House:
    """Services that publish on one board, at a time that stands still."""

    def __init__(self) -> None:
        self.board = published.MemoryKeys()
        self.now = 1_800_000_000.0
        self.rings: dict[str, keys.KeyRing] = {}
        self.web_master = self.signer("web_master")
        self.worker = self.signer("worker")
        self.internal = self.verifier(kinds.PERSON, kinds.SERVICE)

    def signer(self, issuer: str) -> signing.Signer:
        ring = keys.KeyRing(issuer, None, self.board, days=30, now=self.time)
        self.rings[issuer] = ring
        return signing.Signer(ring, now=self.time)

    def verifier(self, *accepted: kinds.Kind) -> verifying.Verifier:
        return verifying.Verifier(self.board, *accepted, now=self.time)

    def time(self) -> float:
        return self.now

    def person(self, **given: Any) -> str:
        told = {"subject": "ada", "groups": ("client",), "seconds": 60, **given}
        return self.web_master.issue(kinds.PERSON, **told)

    def forged(
        self,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        *,
        by: str = "web_master",
        without: str = "",
        content: bytes | None = None,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """A token as `by` would sign it, changed in one respect."""
        key = self.rings[by].current()
        whole_header = {
            "alg": "EdDSA",
            "typ": kinds.PERSON.media_type,
            "kid": key.id,
            **(header or {}),
        }
        whole_claims = {
            "iss": by,
            "sub": "ada",
            "aud": kinds.PERSON.audience,
            "iat": int(self.now),
            "exp": int(self.now) + 60,
            "jti": "1",
            "groups": ["client"],
            **(claims or {}),
        }
        for part in (whole_header, whole_claims):
            part.pop(without, None)
        parts = [orjson.dumps(whole_header), content or orjson.dumps(whole_claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        signature = (sign or key.key.sign)(signed)
        return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.fixture
def house() -> House:
    return House()


def refuses(house: House, token: str) -> errors.InvalidToken:
    """Twice, so that nothing refused is remembered as good."""
    for _ in range(2):
        with pytest.raises(errors.InvalidToken) as caught:
            house.internal.verify(token)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"].startswith("Bearer")
    return caught.value


def test_a_token_says_what_was_said(house: House) -> None:
    claims = house.internal.verify(house.person(claims={"session": "7"}))
    assert (claims.subject, claims.issuer, claims.groups) == ("ada", "web_master", ("client",))
    assert claims.kind is kinds.PERSON
    assert claims.other == {"session": "7"}
    assert claims.expires - claims.issued == 60
    assert house.internal.verify(house.forged()).subject == "ada", "what is changed below is good"


def test_a_service_speaks_for_itself(house: House) -> None:
    claims = house.internal.verify(house.worker.issue_own())
    assert (claims.kind, claims.subject) == (kinds.SERVICE, "worker")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "nOnE"},
        {"alg": "ES256"},
        {"alg": "Ed25519"},
        {"alg": ["EdDSA"]},
        {"alg": ""},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"crit": ["something-new"], "something-new": True},
        {"jku": "https://attacker.example/keys.json"},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}},
        {"x5u": "https://attacker.example/"},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"kid": ""},
        {"kid": "../../etc/passwd"},
        {"kid": 1},
        {"kid": {"a": 1}},
        {"kid": "web_master." + "A" * 43},
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        {"typ": None},
        {"typ": ["kolba-person+jwt"]},
    ],
)
def test_a_header_that_is_not_ours_is_refused(house: House, header: dict[str, Any]) -> None:
    refuses(house, house.forged(header))


@pytest.mark.parametrize("missing", ["alg", "typ", "kid"])
def test_a_header_without_what_it_must_have_is_refused(house: House, missing: str) -> None:
    refuses(house, house.forged(without=missing))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "kolba"},
        {"aud": ["kolba-internal"]},
        {"aud": ["kolba-internal", "kolba"]},
        {"aud": ""},
        {"iss": "worker"},
        {"iss": "WEB_MASTER"},
        {"iss": ["web_master"]},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"sub": "x" * 257},
        {"groups": "admin"},
        {"groups": ["service"]},
        {"groups": ["client", "service"]},
        {"groups": [["admin"]]},
        {"groups": None},
        {"exp": "9999999999"},
        {"exp": 1e300},
        {"exp": True},
        {"exp": None},
        {"exp": -1},
        {"exp": 1_800_003_600},
        {"exp": 2**63},
        {"iat": None},
        {"iat": 0},
        {"iat": 1_800_000_060},
        {"nbf": 1_800_000_000},
        {"jti": None},
    ],
)
def test_claims_that_are_not_ours_are_refused(house: House, claims: dict[str, Any]) -> None:
    refuses(house, house.forged(claims=claims))


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "iat", "exp", "jti", "groups"])
def test_claims_without_what_they_must_have_are_refused(house: House, missing: str) -> None:
    refuses(house, house.forged(without=missing))


@pytest.mark.parametrize("content", [b"[]", b"null", b"{", b"1", b'{"exp": NaN}', b"\xff"])
def test_a_body_that_is_no_object_is_refused(house: House, content: bytes) -> None:
    refuses(house, house.forged(content=content))


def test_no_signature_is_refused(house: House) -> None:
    unsigned = house.forged({"alg": "none"}, sign=lambda _: b"")
    refuses(house, unsigned)
    refuses(house, unsigned.rstrip("."))
    refuses(house, house.forged(sign=lambda _: b""))


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_the_public_key_is_no_shared_secret(house: House, algorithm: str) -> None:
    key = house.rings["web_master"].current().public.key
    for secret in (
        key.public_bytes_raw(),
        key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        published.encode(key.public_bytes_raw()).encode(),
        b"",
    ):
        digest = hashlib.sha256 if algorithm == "HS256" else hashlib.sha512

        def sign(content: bytes, secret: bytes = secret, digest: Any = digest) -> bytes:
            return hmac.new(secret, content, digest).digest()

        refuses(house, house.forged({"alg": algorithm}, sign=sign))
        refuses(house, house.forged(sign=sign))


def test_another_key_is_refused_even_under_a_known_id(house: House) -> None:
    refuses(house, house.forged(sign=ed25519.Ed25519PrivateKey.generate().sign))


@pytest.mark.parametrize("key", [b"", b"\0" * 32, b"short"])
def test_an_empty_key_signs_nothing(house: House, key: bytes) -> None:
    refuses(house, house.forged(sign=lambda content: hashlib.sha512(key + content).digest()))


def test_no_character_can_be_changed(house: House) -> None:
    token = house.person()
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(errors.InvalidToken):
            house.internal.verify(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "null", "токен", " ", "Bearer x", "{}.{}.{}"],
)
def test_what_is_no_token_is_refused(house: House, token: str) -> None:
    refuses(house, token)


def test_padding_and_white_space_are_refused(house: House) -> None:
    token = house.person()
    for changed in (token + "=", token + "\n", " " + token, token.replace(".", "=.")):
        refuses(house, changed)


def test_an_oversized_token_is_refused_before_it_is_read(house: House) -> None:
    error = refuses(house, house.person(claims={"more": "x" * 5000}))
    assert "too long" in str(error)


def test_an_expired_token_is_told_from_a_bad_one(house: House) -> None:
    token, fresh = house.person(seconds=30), house.person(seconds=60)
    house.internal.verify(token)
    house.now += 30 + kinds.LEEWAY_SECONDS - 0.1
    house.internal.verify(token)
    house.now += 0.1
    assert isinstance(refuses(house, token), errors.ExpiredToken)
    house.internal.verify(fresh)
    house.now += 30
    assert isinstance(refuses(house, fresh), errors.ExpiredToken)


def test_a_token_from_the_future_is_refused(house: House) -> None:
    token = house.person()
    house.now -= kinds.LEEWAY_SECONDS
    house.internal.verify(token)
    house.now -= 1
    assert "not valid yet" in str(refuses(house, token))


def test_a_persons_token_is_the_web_masters_to_sign(house: House) -> None:
    refuses(house, house.forged(by="worker"))
    refuses(house, house.forged(claims={"iss": "web_master"}, by="worker"))


def test_a_service_speaks_for_no_other(house: House) -> None:
    typ = {"typ": kinds.SERVICE.media_type}
    assert house.internal.verify(house.forged(typ, {"sub": "worker"}, by="worker"))
    refuses(house, house.forged(typ, {"sub": "storage"}, by="worker"))
    refuses(house, house.forged(typ, {"sub": "web_master"}, by="worker"))


def test_a_person_with_a_services_name_is_no_service(house: House) -> None:
    claims = house.internal.verify(house.person(subject="web_master"))
    assert claims.kind is kinds.PERSON


def test_each_kind_is_good_for_its_own_use_only(house: House) -> None:
    access = house.web_master.issue(kinds.ACCESS, subject="ada", seconds=600)
    front_door = house.verifier(kinds.ACCESS)
    assert front_door.verify(access).subject == "ada"
    refuses(house, access)
    for internal in (house.person(), house.web_master.issue_own()):
        with pytest.raises(errors.InvalidToken):
            front_door.verify(internal)


def test_a_key_taken_off_the_board_is_trusted_no_more(house: House) -> None:
    token = house.person()
    house.internal.verify(token)
    house.board.remove(house.rings["web_master"].current().id)
    house.now += verifying.REFRESH_SECONDS
    refuses(house, token)
    house.internal.verify(house.person())


def test_a_key_that_was_rotated_out_ends(house: House) -> None:
    old = house.rings["web_master"].current()
    token = house.person()
    house.now = float(old.public.expires)
    refuses(house, token)
    # Nor may whoever stole it sign anything new with it.
    stolen = house.forged(
        {"kid": old.id},
        {"iat": int(house.now), "exp": int(house.now) + 60},
        sign=old.key.sign,
    )
    refuses(house, stolen)
    house.internal.verify(house.person())


def test_a_clock_set_back_does_not_prolong_trust(house: House) -> None:
    token = house.person()
    house.internal.verify(token)
    house.board.remove(house.rings["web_master"].current().id)
    house.now -= 1
    refuses(house, token)


def test_what_is_remembered_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_MOST_KNOWN", 10)
    tokens = [house.person() for _ in range(35)]
    for token in tokens:
        assert house.internal.verify(token) is house.internal.verify(token)
        assert len(house.internal._known) <= 10
    assert house.internal.verify(tokens[0]).subject == "ada"


def test_what_no_verifier_would_accept_is_not_issued(house: House) -> None:
    for wrong in (
        {"seconds": 61},
        {"seconds": 0},
        {"subject": ""},
        {"groups": ("service",)},
        {"claims": {"exp": 1}},
    ):
        with pytest.raises(ValueError, match=r"."):
            house.person(**wrong)
    with pytest.raises(ValueError, match="worker may not"):
        house.worker.issue(kinds.PERSON, subject="ada", seconds=60)


def test_the_folder_works_as_the_memory_does(tmp_path: pathlib.Path) -> None:
    ring = keys.KeyRing(
        "web_master", tmp_path / "own", published.KeyFolder(tmp_path / "keys"), days=1
    )
    token = signing.Signer(ring).issue(kinds.PERSON, subject="ada", seconds=60)
    verifier = verifying.Verifier(published.KeyFolder(tmp_path / "keys"), kinds.PERSON)
    assert verifier.verify(token).subject == "ada"
