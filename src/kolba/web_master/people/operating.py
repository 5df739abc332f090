"""What an operator's commands do with accounts, on the database itself."""

from __future__ import annotations

from kolba.web_master import operating
from kolba.web_master.people import opening
from kolba.web_master.people.accounts import repository, service

Change = repository.Change
Filter = repository.Filter
MOST = 100_000


def people(opened: operating.Opened) -> service.People:
    """A running web master notices what is changed here within `people.fresh_seconds`."""
    return opening.open_accounts(opened.config, opened.config.people, opened.database)
