import pathlib
import stat

import pytest

from kolba.kit.tokens import errors, keys, published

DAY = 86_400


class Ring:
    """A key ring, its folder, its board and its clock."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder / "own"
        self.board = published.MemoryKeys()
        self.now = 1_000_000.0

    def open(self, days: float = 30) -> keys.KeyRing:
        return keys.KeyRing("worker", self.folder, self.board, days=days, now=lambda: self.now)

    @property
    def files(self) -> list[pathlib.Path]:
        return sorted(self.folder.iterdir())


@pytest.fixture
def ring(tmp_path: pathlib.Path) -> Ring:
    return Ring(tmp_path)


def test_a_key_is_made_once_and_kept_for_its_owner_alone(ring: Ring) -> None:
    first = ring.open().current()
    again = ring.open().current()
    assert again.id == first.id
    assert again.key.private_bytes_raw() == first.key.private_bytes_raw()
    (file,) = ring.files
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    assert "PrivateKey object" not in repr(first)


def test_an_old_key_is_replaced_and_its_private_half_goes(ring: Ring) -> None:
    opened = ring.open(days=30)
    old = opened.current()
    ring.now += 30 * DAY - 1
    assert opened.current().id == old.id
    ring.now += 1
    new = opened.current()
    assert new.id != old.id
    assert len(ring.files) == 1
    assert ring.board.find(old.id) is not None, "its last tokens are still good"
    ring.now += 30 * DAY
    opened.current()
    assert ring.board.find(old.id) is None


def test_a_shorter_life_counts_for_the_present_key_too(ring: Ring) -> None:
    old = ring.open(days=30).current()
    ring.now += 2 * DAY
    assert ring.open(days=1).current().id != old.id


def test_a_longer_life_does_not(ring: Ring) -> None:
    """Its public half says when it ends."""
    old = ring.open(days=1).current()
    ring.now += 2 * DAY
    assert ring.open(days=30).current().id != old.id


def test_a_key_that_was_taken_off_the_board_is_replaced_and_stays_off(ring: Ring) -> None:
    opened = ring.open()
    old = opened.current()
    ring.board.remove(old.id)
    assert opened.current().id != old.id
    assert ring.open().current().id != old.id
    assert ring.board.find(old.id) is None


def test_a_key_that_others_could_read_is_replaced(ring: Ring) -> None:
    old = ring.open().current()
    ring.files[0].chmod(0o640)
    assert ring.open().current().id != old.id


@pytest.mark.parametrize("content", [b"", b"{}", b'{"d":"AA","iat":1,"retires":2,"exp":3}', b"\0"])
def test_a_damaged_key_is_replaced(ring: Ring, content: bytes) -> None:
    old = ring.open().current()
    ring.files[0].write_bytes(content)
    assert ring.open().current().id != old.id
    assert len(ring.files) == 1


def test_a_clock_set_back_makes_a_new_key(ring: Ring) -> None:
    old = ring.open().current()
    ring.now -= DAY
    assert ring.open().current().id != old.id


def test_without_a_folder_each_ring_has_its_own(ring: Ring) -> None:
    rings = [keys.KeyRing("worker", None, ring.board, days=1) for _ in range(2)]
    assert len({one.current().id for one in (*rings, *rings)}) == 2


def test_a_folder_that_cannot_be_written_is_named(ring: Ring) -> None:
    ring.folder.write_text("not a folder")
    with pytest.raises(errors.KeysUnwritable, match="data_dir"):
        ring.open().current()
