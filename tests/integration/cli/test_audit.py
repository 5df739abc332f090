"""`kolba audit`, on the web master's own database."""

from __future__ import annotations

import pathlib

import pytest
import sqlalchemy as sa
from typer import testing

from kolba.cli import main
from kolba.web_master import operating


def run(*arguments: str) -> testing.Result:
    return testing.CliRunner().invoke(main.app, ["audit", *arguments])


@pytest.fixture
def data_dir(tmp_path: pathlib.Path) -> pathlib.Path:
    """A set's folder, with four entries in the log."""
    with operating.opened(tmp_path, make=True) as opened:
        for name in ("ann", "bob"):
            with opened.audit.command("kolba user add", "person", name):
                pass
    return tmp_path


def words(done: testing.Result) -> str:
    return " ".join(done.output.split())


def test_a_log_that_holds(data_dir: pathlib.Path) -> None:
    done = run("verify", "--data-dir", str(data_dir))
    assert done.exit_code == 0
    assert words(done).startswith("4 entries hold, up to 4 ")
    number, head = run("head", "--data-dir", str(data_dir)).output.split()
    assert number == "4"
    assert head in words(done)
    assert run("verify", "--head", head, "--data-dir", str(data_dir)).exit_code == 0
    since = run("verify", "--from", head, "--data-dir", str(data_dir))
    assert words(since).startswith("0 entries hold")


def test_a_log_that_was_changed_or_cut_off(data_dir: pathlib.Path) -> None:
    _, head = run("head", "--data-dir", str(data_dir)).output.split()
    with operating.opened(data_dir) as opened, opened.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entries_no_update")
        connection.exec_driver_sql("DROP TRIGGER audit_entries_no_delete")
        connection.execute(sa.text("DELETE FROM audit_entries WHERE seq = 4"))
    assert run("verify", "--data-dir", str(data_dir)).exit_code == 0
    cut = run("verify", "--head", head, "--data-dir", str(data_dir))
    assert cut.exit_code == 1
    assert "BROKEN at entry 4: it is missing" in words(cut)
    with operating.opened(data_dir) as opened, opened.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE audit_entries SET object_id = 'eve' WHERE seq = 2"))
    changed = run("verify", "--data-dir", str(data_dir))
    assert changed.exit_code == 1
    assert "BROKEN at entry 2: its content" in words(changed)
    assert "Entries before it that hold: 1" in words(changed)


def test_a_hash_that_is_none(data_dir: pathlib.Path) -> None:
    done = run("verify", "--from", "0" * 64, "--data-dir", str(data_dir))
    assert done.exit_code == 1
    assert "no entry of the log has the hash" in words(done)


def test_where_there_is_no_database(tmp_path: pathlib.Path) -> None:
    done = run("verify", "--data-dir", str(tmp_path))
    assert done.exit_code == 1
    assert "start Kolba once" in words(done)
    assert list(tmp_path.iterdir()) == []


def test_in_a_container_the_environment_says_where(
    data_dir: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOLBA_WEB_MASTER__DATA_DIR", str(data_dir / "web_master"))
    assert run("head", "--data-dir", str(tmp_path / "other")).output.startswith("4 ")
