"""What somebody outside the household does in a case: every look and change is written down where the borrower can read it.

Under a consent to suggest, the pages and forms are those of the household. What a form would store is taken up just before it is
stored, taken back, and kept as a suggestion instead: the same checks, the same words, and nothing written behind anybody's back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g, has_request_context, request, session
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.exc import StaleDataError

from . import clock
from .changing import OWN, Change, Watch
from .errors import AccessEnded, Conflict, NotAllowed
from .extensions import db
from .models import (
    AgencyMember,
    AuditAct,
    AuditEntry,
    Consent,
    Proposal,
    ProposalItem,
    Suggestion,
    SuggestionItem,
    SuggestionKind,
)


class Drafted(Exception):
    """A form was filled in soundly under a consent to suggest: what it would have stored, and the rows that rests on."""

    def __init__(self, changes: list[Change], seen: Change) -> None:
        super().__init__()
        self.changes, self.seen = changes, seen


def init() -> None:
    """Begin to watch sessions; once a process. Requests nobody watches pass by."""
    if not event.contains(Session, "before_flush", _before_flush):
        event.listen(Session, "before_flush", _before_flush)
        event.listen(Session, "before_commit", _before_commit)
        event.listen(Session, "do_orm_execute", _before_statement)


def watched(view: Callable[[], Any], consent: Consent, *, suggests: bool) -> tuple[Any, Suggestion | None]:
    """Answer a request of a counsellor. Returns the view's answer, or the suggestion that its form became.

    A look is stored before the answer leaves; a change is stored with the entry that tells of it, in one transaction.
    """
    said = list(session.get("_flashes", ()))
    g.watch = Watch(consent, suggests=suggests)
    try:
        answer = view()
    except Drafted as drafted:
        del g.watch
        _unsay(said)
        db.session.rollback()
        return None, _suggested(consent, drafted)
    except (Conflict, StaleDataError):
        del g.watch
        _unsay(said)
        db.session.rollback()
        _tell_look(consent, AuditAct.LOOK)  # the answer shows that the page is not what it was
        raise
    except Exception:
        _unsay(said)
        raise
    finally:
        g.pop("watch", None)
    act = _act_of(answer)
    if request.method in ("GET", "HEAD") or act == AuditAct.TAKE or _is_page(answer):
        _tell_look(consent, act)
    return answer, None


def _tell_look(consent: Consent, act: AuditAct) -> None:
    """Whatever a page only tried is let go; that it was looked at is kept."""
    entry = _entry(consent.case_id, act, who_is(consent), consent, [], None)
    db.session.rollback()
    db.session.add(entry)
    db.session.commit()


def _unsay(said: list[Any]) -> None:
    """A message for the next page about something that was not stored is not said."""
    if session.get("_flashes"):
        session["_flashes"] = said


def write_down(
    case_id: int, act: AuditAct, who: str, consent: Consent | None, changes: list[Change] | None = None,
    endpoint: str | None = None,
) -> None:  # fmt: skip
    """Put a line into the log that the borrower reads."""
    db.session.add(_entry(case_id, act, who, consent, changes or [], endpoint))


def _entry(
    case_id: int, act: AuditAct, who: str, consent: Consent | None, changes: list[Change], endpoint: str | None
) -> AuditEntry:
    return AuditEntry(
        case_id=case_id, at=clock.now(), user_id=consent.user_id if consent else None,
        agency_id=consent.agency_id if consent else None, who=who, act=act,
        endpoint=endpoint or (request.endpoint if has_request_context() else None) or "", changes=changes,
    )  # fmt: skip


def who_is(by: Consent | AgencyMember) -> str:
    """The counsellor's name and agency, as the log keeps them."""
    return f"{by.user.name or by.user.email}, {by.agency.name}"[:200]


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    watch = _watch()
    if watch is not None:
        watch.note(session)


def _before_commit(session: Session) -> None:
    watch = _watch()
    if watch is None or session.in_nested_transaction():
        return
    session.flush()
    _still_open(session, watch.consent)
    changes = watch.changes()
    _refuse_others(watch, changes)
    if watch.suggests:
        raise Drafted(changes, watch.seen(session))
    if changes or watch.in_bulk:
        write_down(watch.consent.case_id, AuditAct.CHANGE, who_is(watch.consent), watch.consent, changes)
    watch.begin()


def _refuse_others(watch: Watch, changes: list[Change]) -> None:
    """Raises NotAllowed where more is changed than may be: nothing is stored then, not even a part."""
    if watch.allowed is None:
        return
    changed = {each["model"] for change in changes for each in (change, *change["children"])}
    plans = {row if isinstance(row, Proposal) else row.proposal for row in watch.rows
             if isinstance(row, Proposal | ProposalItem)}  # fmt: skip
    others = [plan for plan in plans if plan and plan.drafted_by_id != watch.consent.user_id]
    approved = [row for row, noted in watch.rows.items() if isinstance(row, Proposal) and noted.was.get("approved_at")]
    if watch.in_bulk or others or approved or not changed <= watch.allowed:
        raise NotAllowed


def _before_statement(state: ORMExecuteState) -> None:
    """A statement that changes many rows at once names none of them: it is told of, but cannot be suggested."""
    watch = _watch()
    if watch is None or state.is_select or state.bind_mapper is None or issubclass(state.bind_mapper.class_, OWN):
        return
    watch.in_bulk = watch.in_bulk or state.is_update or state.is_delete or state.is_insert


def _still_open(session: Session, consent: Consent) -> None:
    """A consent that ended while the form was on its way lets nothing through, and cannot end before this is stored."""
    key = inspect(consent).identity or (0,)  # read without loading a row that a rollback let go of
    row = select(Consent.ended_at, Consent.expires_at).where(Consent.id == key[0]).with_for_update(read=True)
    found = session.execute(row).one_or_none()
    if found is None or found.ended_at is not None or found.expires_at <= clock.now():
        raise AccessEnded


def _watch() -> Watch | None:
    return g.get("watch") if g else None


def _suggested(consent: Consent, drafted: Drafted) -> Suggestion | None:
    """The suggestion of these changes, stored; None when the form changed nothing."""
    _still_open(db.session(), consent)
    if not drafted.changes:
        return None
    made = Suggestion(
        case_id=consent.case_id, agency_id=consent.agency_id, user_id=consent.user_id, who=who_is(consent),
        kind=SuggestionKind.CHANGES, about={"seen": drafted.seen}, created_at=clock.now(),
        items=[
            SuggestionItem(
                case_id=consent.case_id, n=n, action=each["action"], model=each["model"], row_id=each["row_id"],
                before=each["before"], after=each["after"], children=each["children"],
            )
            for n, each in enumerate(drafted.changes, 1)
        ],
    )  # fmt: skip
    db.session.add(made)
    write_down(consent.case_id, AuditAct.SUGGEST, who_is(consent), consent, drafted.changes)
    db.session.flush()
    _still_open(db.session(), consent)
    db.session.commit()
    return made


def _act_of(answer: Any) -> AuditAct:
    """A page is looked at; a file is taken away."""
    headers = getattr(answer, "headers", {})
    return AuditAct.TAKE if "attachment" in headers.get("Content-Disposition", "") else AuditAct.LOOK


def _is_page(answer: Any) -> bool:
    """Whether a form was answered with a page instead of a way on: a letter that was filled, or the form with what is wrong."""
    body = answer[0] if isinstance(answer, tuple) else answer
    return isinstance(body, str) or not 300 <= getattr(body, "status_code", 300) < 400
