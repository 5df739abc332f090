"""`kolba credits` and `kolba ledger`, on the web master's own database."""

from __future__ import annotations

import pathlib

import pytest
import sqlalchemy as sa
from typer import testing

from kolba.cli import main
from kolba.kit import clock
from kolba.web_master import operating
from kolba.web_master.people import models


@pytest.fixture
def data_dir(tmp_path: pathlib.Path) -> pathlib.Path:
    """A set's folder, in which Anna is known."""
    anna = models.Person(
        name="anna",
        skeleton="anna",
        display_name="",
        group_name="client",
        state=models.ACTIVE,
        must_change_password=False,
        created_at=clock.SystemClock().now(),
    )
    with operating.opened(tmp_path, make=True) as opened, opened.database.writing() as session:
        session.add(anna)
    return tmp_path


def run(data_dir: pathlib.Path, *arguments: str) -> testing.Result:
    return testing.CliRunner().invoke(main.app, [*arguments, "--data-dir", str(data_dir)])


def words(done: testing.Result) -> str:
    return " ".join(done.output.split())


def test_credits_are_given_and_seen(data_dir: pathlib.Path) -> None:
    assert "anna has 0 credits" in words(run(data_dir, "credits", "balance", "anna"))
    given = run(data_dir, "credits", "top-up", "anna", "100", "--memo", "=1+1\nb")
    assert given.exit_code == 0
    assert "anna has 100 credits, 100 available" in words(given)
    statement = run(data_dir, "ledger", "statement", "anna").output.splitlines()
    assert len(statement) == 2
    assert "'=1+1 b,operator" in statement[1]
    file = data_dir / "anna.csv"
    assert run(data_dir, "ledger", "statement", "anna", "-o", str(file)).exit_code == 0
    assert file.read_text("utf-8").splitlines() == statement
    later = run(data_dir, "ledger", "statement", "anna", "--since", "2100-01-01T00:00:00Z")
    assert len(later.output.splitlines()) == 1
    with operating.opened(data_dir) as opened, opened.database.reading() as session:
        actions = session.scalars(sa.text("SELECT action FROM audit_entries ORDER BY seq")).all()
    assert actions == ["kolba credits top-up"] * 2  # announced before, sealed after


@pytest.mark.parametrize("amount", ["0", "--", "-5", "1.5", "1e3", "ten", str(2**63), "NaN"])
def test_nonsense_is_refused(data_dir: pathlib.Path, amount: str) -> None:
    assert run(data_dir, "credits", "top-up", "anna", amount).exit_code != 0
    assert "anna has 0 credits" in words(run(data_dir, "credits", "balance", "anna"))
    assert "0 transfers" in words(run(data_dir, "ledger", "verify"))


@pytest.mark.parametrize(
    "command",
    [
        ("credits", "top-up", "eve", "5"),
        ("credits", "balance", "eve"),
        ("ledger", "statement", "eve"),
    ],
)
def test_nobody_of_that_name(data_dir: pathlib.Path, command: tuple[str, ...]) -> None:
    done = run(data_dir, *command)
    assert done.exit_code == 1
    assert "`eve`" in words(done)


def test_a_moment_needs_its_zone(data_dir: pathlib.Path) -> None:
    done = run(data_dir, "ledger", "statement", "anna", "--until", "2026-01-01")
    assert done.exit_code == 1
    assert "until: give a moment with its zone" in words(done)


def test_books_that_are_right_and_books_that_are_not(data_dir: pathlib.Path) -> None:
    run(data_dir, "credits", "top-up", "anna", "100")
    done = run(data_dir, "ledger", "verify")
    assert done.exit_code == 0
    assert "The books are right: 1 accounts, 1 transfers, 0 holds." in words(done)
    with operating.opened(data_dir) as opened, opened.database.writing() as session:
        session.execute(sa.text("UPDATE ledger_accounts SET balance = 7 WHERE name = 'anna'"))
    done = run(data_dir, "ledger", "verify")
    assert done.exit_code == 1
    assert "anna: the balance is 7, but the transfers make 100" in words(done)
    assert "The books are WRONG in 1 places" in words(done)
