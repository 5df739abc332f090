"""How many rows a statement has changed, on both databases."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import engine, statements


class Base(orm.DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    colour: orm.Mapped[str]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'things.db'}"
    else:
        url = request.getfixturevalue("postgresql").create_database()
    opened = engine.connect(url)
    Base.metadata.create_all(opened.engine)
    with opened.writing() as session:
        session.add_all([Thing(id=1, colour="red"), Thing(id=2, colour="red")])
    yield opened
    opened.close()


def test_rows_are_counted_also_where_they_stay_as_they_were(database: engine.Database) -> None:
    blue = sa.update(Thing).values(colour="blue")
    with database.writing() as session:
        assert statements.changed(session, blue.where(Thing.id == 1)) == 1
        assert statements.changed(session, blue) == 2
        assert statements.changed(session, blue.where(Thing.id == 3)) == 0
        assert statements.changed(session, sa.delete(Thing).where(Thing.colour == "blue")) == 2
        assert statements.changed(session, sa.delete(Thing)) == 0


def test_what_the_session_holds_is_brought_up_to_date(database: engine.Database) -> None:
    with database.writing() as session:
        thing = session.get_one(Thing, 1)
        assert statements.changed(session, sa.update(Thing).values(colour="blue")) == 2
        assert thing.colour == "blue"
