"""What a row's status makes of it once it is stored: a closed order moves nothing, a refund is money back.

The readers list such rows as the file does, so that its sums are the file's; here they count as what they were.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from ..extensions import db
from ..models import Case, Transaction
from ..packs.payees import read_payee
from ..statements.row_words import FAILED
from ..statements.values import Direction, Entry, Statement, doubt
from ..statements.vocabulary import CLOSED, REFUNDED

_ENDS = re.compile(r"\s*[:：,，;；(（–—]|\s+-\s")
_NUMBER_ENDS = re.compile(r"[_*]")
_REFUND_OF = re.compile(r"^退款\s?[-－—:：]?\s?")


class Settled(NamedTuple):
    """How many new rows count otherwise than the file lists them."""

    closed: int
    refunds: int


def settle(case: Case, statement: Statement, stored: Mapping[str, str]) -> Settled:
    """Let each row count as it is stored, by its status; `stored` are the directions of rows known, by fingerprint.

    A refund of an order that counts as nothing counts as nothing too: what was never spent cannot be lowered.
    """
    closed: list[Entry] = []
    refunds: list[Entry] = []
    for entry in statement.entries:
        kind = closed if _is(entry, CLOSED) else refunds if _is_refund(entry) else None
        if kind is not None and entry.fingerprint in stored:
            entry.direction = Direction(stored[entry.fingerprint])
        elif kind is not None:
            kind.append(entry)
    count = _close(statement, closed)
    orders = Orders(case, statement.entries, refunds)
    for refund in refunds:
        _pay_back(refund, orders.is_nothing(refund))
    return Settled(count, sum(refund.direction == Direction.IN for refund in refunds))


def _is(entry: Entry, words: frozenset[str]) -> bool:
    text = unicodedata.normalize("NFKC", entry.status).strip().lower()
    return text in words or _ENDS.split(text, maxsplit=1)[0] in words


def _is_refund(entry: Entry) -> bool:
    """A purchase may be marked as refunded as well; only a row that is no money out is the refund itself."""
    return entry.direction != Direction.OUT and _is(entry, REFUNDED)


def _close(statement: Statement, closed: Sequence[Entry]) -> int:
    """Closed rows move nothing; then it is no longer in doubt how they count."""
    moved = [entry for entry in closed if entry.direction != Direction.NEUTRAL]
    for entry in moved:
        entry.direction = Direction.NEUTRAL
    settled = sum(1 for entry in moved if entry.amount and FAILED.search(entry.status))
    for index, old in enumerate(statement.doubts):
        if old.code == "failed_counted":
            left = int(dict(old.params)["count"]) - settled
            statement.doubts[index : index + 1] = [doubt(old.code, count=left)] if left > 0 else []
            break
    return len(moved)


def _pay_back(refund: Entry, is_nothing: bool) -> None:
    """The refund comes in, with a word that sorts it as money back; one of nothing moves nothing."""
    refund.direction = Direction.NEUTRAL if is_nothing else Direction.IN
    said = read_payee(f"{refund.counterparty} {refund.text}", "income", refund.currency or "")
    if not is_nothing and not said.is_own and not said.is_refund:
        refund.text = f"{refund.status} {refund.text}".rstrip()


class Orders:
    """The orders refunds may belong to: by their number, else by other side and text among those that count as nothing."""

    def __init__(self, case: Case, entries: Sequence[Entry], refunds: Sequence[Entry]) -> None:
        own = {id(refund) for refund in refunds}
        self._by_number: dict[str, list[Entry]] = defaultdict(list)
        self._nothing: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for entry in entries:
            if id(entry) not in own and not _is_refund(entry):
                self._by_number[entry.reference].append(entry)
                if entry.direction == Direction.NEUTRAL and _is(entry, CLOSED):
                    self._nothing[entry.counterparty].append((entry.text, entry.amount_minor))
        for who, text, amount_minor in _stored_neutral(case, {refund.counterparty for refund in refunds}):
            self._nothing[who].append((text, amount_minor))

    def is_nothing(self, refund: Entry) -> bool:
        """Whether the order this pays back counts as nothing, and is large enough to be the one."""
        # Wallets number a refund as its order, with something behind it.
        own = self._by_number.get(_NUMBER_ENDS.split(refund.reference, maxsplit=1)[0]) if refund.reference else None
        if own:
            return any(o.direction == Direction.NEUTRAL and o.amount_minor >= refund.amount_minor for o in own)
        alike = self._nothing[refund.counterparty]
        return any(amount >= refund.amount_minor and _is_alike(text, refund.text) for text, amount in alike)


def _is_alike(order: str, refund: str) -> bool:
    """Whether a refund's text names the order; either may be cut."""
    name = _REFUND_OF.sub("", refund)
    return bool(name and order) and (order.startswith(name) or name.startswith(order))


def _stored_neutral(case: Case, names: set[str]) -> list[tuple[str, str, int]]:
    """Rows stored as neither in nor out with these other sides, refunds apart: orders closed in an earlier file are there."""
    if not names:
        return []
    table = Transaction
    query = select(table.counterparty, table.text, table.amount_minor).where(
        table.case_id == case.id, table.direction == Direction.NEUTRAL, table.counterparty.in_(names)
    )
    return [(who, text, amount) for who, text, amount in db.session.execute(query) if not text.startswith("退款")]
