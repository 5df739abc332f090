from __future__ import annotations

import time

import alembic.autogenerate
import alembic.migration
import pytest

from kolba.collector import models
from kolba.collector.batches import models as batch_models
from kolba.collector.journal import models as journal_models
from kolba.collector.journal import repository, service
from kolba.kit import clock, context, errors, identity
from kolba.kit.db import engine


@pytest.fixture
def book(database: engine.Database) -> service.Journal:
    watch = clock.ManualClock()
    made = service.Journal(database, watch)
    request = context.RequestContext(request_id="request-1", person=identity.Person(name="Анна"))
    token = context.bind(request)
    started = time.perf_counter()
    for number in range(5):
        made.record(service.succeeded("batch", "own", started, offset=number * 10, rows=10))
        watch.advance(1)
    context.unbind(token)
    made.record(service.failed("download", "other", started, "x" * 5000))
    return made


def test_an_entry_says_who_when_and_in_which_request(book: service.Journal) -> None:
    (row, *_), total = book.page(repository.Filter(source="own"), sort="at", limit=1, offset=0)
    assert total == 5
    assert (row.person, row.request_id, row.offset, row.rows) == ("Анна", "request-1", 0, 10)
    assert row.at == clock.ManualClock().now()


def test_pages_filters_and_sorting(book: service.Journal) -> None:
    rows, total = book.page(
        repository.Filter(action="batch", outcome="ok"), sort="-at", limit=2, offset=1
    )
    assert total == 5
    assert [row.offset for row in rows] == [30, 20]
    rows, total = book.page(repository.Filter(person="system"), sort="id", limit=9, offset=0)
    assert [(row.source, len(row.detail)) for row in rows] == [("other", 2000)]


def test_an_unknown_sort_is_refused(book: service.Journal) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        book.page(repository.Filter(), sort="password", limit=1, offset=0)
    assert caught.value.fields[0].field == "sort"


def test_the_history_makes_the_tables_that_the_models_describe(database: engine.Database) -> None:
    assert {journal_models.JournalRow, batch_models.CursorRow}
    with database.engine.connect() as connection:
        present = alembic.migration.MigrationContext.configure(
            connection, opts={"version_table": "collector_alembic_version"}
        )
        assert alembic.autogenerate.compare_metadata(present, models.Base.metadata) == []
