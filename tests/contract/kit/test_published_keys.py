"""One suite for every board that keys are published on: the twin in memory and the folder."""

import pathlib
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from kolba.kit.tokens import errors, published


def key_of(issuer: str, *, expires: int = 2_000) -> published.PublicKey:
    private = ed25519.Ed25519PrivateKey.generate()
    return published.PublicKey(issuer=issuer, key=private.public_key(), expires=expires)


@pytest.fixture(params=["memory", "folder"])
def board(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> published.Published:
    if request.param == "memory":
        return published.MemoryKeys()
    return published.KeyFolder(tmp_path / "keys")


def test_what_is_published_is_found_by_its_id(board: published.Published) -> None:
    key = key_of("web_master")
    board.publish(key)
    found = board.find(key.id)
    assert found is not None
    assert (found.issuer, found.expires) == ("web_master", 2_000)
    assert found.key.public_bytes_raw() == key.key.public_bytes_raw()


@pytest.mark.parametrize(
    "key_id",
    ["", "web_master", "web_master.", "../../etc/passwd", "web_master." + "A" * 43, "a.b\0c"],
)
def test_what_was_never_published_is_not_found(board: published.Published, key_id: str) -> None:
    board.publish(key_of("web_master"))
    assert board.find(key_id) is None


def test_a_key_is_its_issuers_only(board: published.Published) -> None:
    key = key_of("worker")
    board.publish(key)
    assert board.find(key.id.replace("worker.", "web_master.")) is None


def test_only_ones_own_expired_keys_are_removed(board: published.Published) -> None:
    old, new = key_of("worker", expires=1_000), key_of("worker", expires=1_001)
    others = key_of("web_master", expires=1_000)
    for key in (old, new, others):
        board.publish(key)
    board.remove_expired("worker", 1_000)
    assert board.find(old.id) is None
    assert board.find(new.id) is not None
    assert board.find(others.id) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"kty":"OKP","crv":"Ed25519","x":"","exp":1}',
        b'{"kty":"oct","k":"c2VjcmV0","exp":1}',
        b"x" * 1_000_000,
    ],
)
def test_a_damaged_file_is_no_key(tmp_path: pathlib.Path, content: bytes) -> None:
    board, key = published.KeyFolder(tmp_path), key_of("worker")
    board.publish(key)
    (file,) = tmp_path.glob("worker/*.json")
    file.write_bytes(content)
    assert board.find(key.id) is None
    board.remove_expired("worker", 10_000)


def test_a_file_that_holds_another_key_than_its_name_says_is_none(tmp_path: pathlib.Path) -> None:
    board, mine, theirs = published.KeyFolder(tmp_path), key_of("worker"), key_of("worker")
    board.publish(mine)
    (mine_file,) = tmp_path.glob("worker/*.json")
    board.publish(theirs)
    (theirs_file,) = set(tmp_path.glob("worker/*.json")) - {mine_file}
    mine_file.write_bytes(theirs_file.read_bytes())
    assert board.find(mine.id) is None


def test_others_can_read_what_is_published_and_no_more(tmp_path: pathlib.Path) -> None:
    published.KeyFolder(tmp_path).publish(key_of("worker"))
    (file,) = tmp_path.glob("worker/*")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_folder_that_cannot_be_written_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "keys").write_text("not a folder")
    with pytest.raises(errors.KeysUnwritable, match=r"auth\.keys_dir"):
        published.KeyFolder(tmp_path / "keys").publish(key_of("worker"))
