"""The proof that every balance is the sum of its transfers, and what is held the sum of the open holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from kolba.web_master.ledger.verification import repository


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    people: int
    transfers: int
    holds: int
    sums: tuple[tuple[str, int], ...]
    """What the system's accounts and all people together have; these make 0."""
    faults: tuple[str, ...]
    """What is wrong, in words; none: the books are right."""

    @property
    def is_sound(self) -> bool:
        return not self.faults


def prove(books: repository.VerificationRepository) -> Proof:
    """Look at everything there is. Blocks; a ledger in use may go on meanwhile."""
    people, transfers, holds = books.counts()
    sums = tuple(books.sums())
    return Proof(
        people=people,
        transfers=transfers,
        holds=holds,
        sums=sums,
        faults=tuple(_faults(books, sums)),
    )


def _faults(
    books: repository.VerificationRepository, sums: tuple[tuple[str, int], ...]
) -> Iterator[str]:
    for name, balance, summed in books.wrong_balances():
        yield f"{name}: the balance is {balance}, but the transfers make {summed}"
    for name, held, summed in books.wrong_holds():
        yield f"{name}: {held} are held, but the open holds make {summed}"
    for name, balance, held in books.negative():
        yield f"{name}: the balance is {balance} with {held} held"
    for number, giver, receiver, amount in books.one_sided():
        yield f"transfer {number}: {amount} from account {giver} to account {receiver}"
    for number, state, amount, paid in books.wrongly_settled():
        yield f"hold {number}: {state}, of {amount}, but {paid} were paid for it"
    total = sum(amount for _, amount in sums)
    if total:
        yield f"all accounts together make {total}, not 0"
