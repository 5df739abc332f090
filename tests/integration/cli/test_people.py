"""`kolba user`, on the web master's own database."""

from __future__ import annotations

import pathlib
import re

import pytest
import sqlalchemy as sa
from typer import testing

from kolba.cli import main
from kolba.web_master import operating
from kolba.web_master.people import operating as people_operating


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    for figure, value in (("MEMORY_KIB", "8"), ("PASSES", "1"), ("LANES", "1")):
        monkeypatch.setenv(f"KOLBA_WEB_MASTER__PEOPLE__HASHING__{figure}", value)


def run(data_dir: pathlib.Path, *arguments: str) -> testing.Result:
    command = ["user", *arguments, "--data-dir", str(data_dir)]
    return testing.CliRunner().invoke(main.app, command)


def said(done: testing.Result) -> str:
    return " ".join((done.output + (done.stderr or "")).split())


def password_in(done: testing.Result) -> str:
    found = re.search(r"shown this once: (\S+)", done.output)
    assert found is not None, done.output
    return found[1]


def test_somebody_is_added_before_the_first_start(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, "add", "Ada", "--group", "admin", "--display-name", " Ada  L. ")
    assert done.exit_code == 0, said(done)
    assert "ada was added, in the group admin." in done.output
    password = password_in(done)
    with operating.opened(tmp_path) as opened:
        account = people_operating.people(opened).get("ada")
        assert (account.display_name, account.must_change_password) == ("Ada L.", True)
        assert account.password_hash is not None
        with opened.database.reading() as session:
            entries = session.execute(
                sa.text("SELECT action, object_id, outcome, details FROM audit_entries")
            ).all()
    assert [tuple(entry[:3]) for entry in entries] == [
        ("kolba user add", "Ada", "begun"),
        ("kolba user add", "Ada", "done"),
    ]
    assert password not in str(entries)
    files = (path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(password.encode() in content for content in files)


def test_groups_states_and_passwords_are_changed(tmp_path: pathlib.Path) -> None:
    first = password_in(run(tmp_path, "add", "ada", "--group", "admin"))
    run(tmp_path, "add", "bob")
    assert "bob is in the group researcher" in said(run(tmp_path, "group", "BOB", "researcher"))
    assert "bob is disabled" in said(run(tmp_path, "disable", "bob"))
    shown = said(run(tmp_path, "list"))
    assert re.search(r"bob .*researcher disabled", shown)
    assert re.search(r"ada .*admin active", shown)
    assert "bob is active" in said(run(tmp_path, "enable", "bob"))
    assert password_in(run(tmp_path, "reset-password", "ada")) != first


@pytest.mark.parametrize(
    ("arguments", "means"),
    [
        (["disable", "ada"], "last administrator"),
        (["group", "ada", "client"], "last administrator"),
        (["group", "ada", "kings"], "one of: client, researcher, admin"),
        (["add", "аdа"], "taken, or looks like"),
        (["add", "a b"], "a name has 1 to 64 letters"),
        (["add", "[red]x"], "a name has 1 to 64 letters"),
        (["add", "x" * 10_000], "a name has 1 to 64 letters"),
        (["add", "local"], "kept for the system"),
        (["add", "bob", "--display-name", "\u202ebob"], "that can be seen"),
        (["disable", "bob"], "no person named `bob`"),
        (["enable", "a\u0000b"], "no person named"),
        (["reset-password", "nobody"], "no person named"),
        (["disable", "local"], "no person named"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    tmp_path: pathlib.Path, arguments: list[str], means: str
) -> None:
    run(tmp_path, "add", "ada", "--group", "admin")
    before = run(tmp_path, "list").output
    done = run(tmp_path, *arguments)
    assert done.exit_code == 1
    assert means in said(done)
    assert "Traceback" not in said(done)
    assert run(tmp_path, "list").output == before


def test_where_there_is_nothing_yet_is_told(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path / "nowhere", "list")
    assert done.exit_code == 1
    assert "start Kolba once" in said(done)
