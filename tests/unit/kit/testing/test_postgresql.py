"""The PostgreSQL server that other tests stand on."""

from __future__ import annotations

import sqlalchemy

from kolba.kit.testing import postgresql as postgresql_server


def test_every_database_is_new_and_answers(postgresql: postgresql_server.Cluster) -> None:
    urls = {postgresql.create_database() for _ in range(2)}
    assert len(urls) == 2
    for url in urls:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("select 1")).scalar_one() == 1
        engine.dispose()
