"""The only door to anybody's rows.

Each view states its rule with one of the decorators below; tests/test_guards.py fails for a route without one. A view under
`needs` is handed the case it may work on, and loads every row through `get_row` or `select_rows`, so that a row of another
case, like one that does not exist, is a 404. Roles and scopes map to permissions here and nowhere else. A view under `agency`
is handed the signed-in person's place in their agency, and loads through `get_agency_row`.

A counsellor's request is answered under watch (planner/watching.py): what they look at and change is written down, and under a
consent to suggest a form's changes become a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from limits import parse
from sqlalchemy import Select, select

from . import clock, watching
from .errors import AccessEnded, NotAllowed, NotFound, NotShared, SecondFactorNeeded, TooManyTries
from .extensions import MOST_KEY, db, limiter
from .messages import see_other
from .models import (
    AgencyMember,
    AgencyRole,
    Case,
    Consent,
    Membership,
    OwnedByAgency,
    OwnedByCase,
    Part,
    Role,
    Scope,
    User,
)

P = ParamSpec("P")
R = TypeVar("R")
RowT = TypeVar("RowT", bound=OwnedByCase)
AgencyRowT = TypeVar("AgencyRowT", bound=OwnedByAgency)
# Cases a person may ask for in an hour without any of them being theirs; the next one is answered with 429.
MOST_GUESSES = 30


class Permission(StrEnum):
    """What a member may do with a case.

    EDIT changes what the household entered; under a consent to suggest it becomes a suggestion. DRAFT writes plans that the
    borrower has yet to approve. RECORD stores facts as they are: statements, files, answers, agreements. SHARE lets a lender
    see something. MANAGE is the household's own: settings, reminders, who has access.
    """

    VIEW = "view"
    EDIT = "edit"
    DRAFT = "draft"
    RECORD = "record"
    SHARE = "share"
    MANAGE = "manage"


_OF_ROLE: dict[str, frozenset[Permission]] = {
    Role.BORROWER: frozenset(Permission),
    Role.VIEWER: frozenset({Permission.VIEW}),
}
_OF_SCOPE: dict[str, frozenset[Permission]] = {
    Scope.VIEW: frozenset({Permission.VIEW}),
    Scope.PROPOSE: frozenset({Permission.VIEW, Permission.EDIT, Permission.DRAFT}),
    Scope.EDIT: frozenset(Permission) - {Permission.MANAGE},
}


def permissions_of(membership: Membership | Consent) -> frozenset[Permission]:
    """What this membership or consent allows now."""
    if isinstance(membership, Consent):
        return _OF_SCOPE[membership.scope]
    return _OF_ROLE.get(membership.role, frozenset())


def public(view: Callable[P, R]) -> Callable[P, R]:
    """State that anybody may open this view."""
    view.access_rule = "public"  # type: ignore[attr-defined]  # a mark on the function, read by the guard test
    return view


def signed_in(view: Callable[P, Any]) -> Callable[P, Any]:
    """State that the view needs a person (a guest counts), and none of their cases."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        return view(*args, **kwargs) if current_user.is_authenticated else _to_welcome()

    guarded.access_rule = "signed_in"  # type: ignore[attr-defined]  # read by the guard test
    return guarded


def needs(permission: Permission, *parts: Part) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """State the permission a view needs on the case named in its address, and which parts of it; the view receives that case.

    Nobody signed in: to the welcome page. Neither member nor counsellor with consent: 404. A role, a scope or the shared parts do
    not allow it: 403. A counsellor without a second factor in this session: to the page that asks for it.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(case_id: int, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _to_welcome()
            try:
                case = open_case(case_id, permission, frozenset(parts))
            except SecondFactorNeeded:
                return _to_second_factor()
            return _answer(lambda: view(case, **kwargs), permission)

        guarded.access_rule = permission.value  # type: ignore[attr-defined]  # read by the guard test
        guarded.access_parts = frozenset(parts)  # type: ignore[attr-defined]  # read by the guard test
        return guarded

    return decorate


def agency(role: AgencyRole) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """State the role a view needs in the signed-in person's agency; the view receives their place in it.

    An administrator may do what a counsellor may. No agency: 404. A weaker role: 403. No second factor in this session: to the
    page that asks for it.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _to_welcome()
            member = find_agency_member()
            if member is None:
                raise NotFound
            if role == AgencyRole.ADMIN and member.role != AgencyRole.ADMIN:
                raise NotAllowed
            if current_user.second_factor_at is None:
                return _to_second_factor()
            return _answer(lambda: view(member, **kwargs), Permission.VIEW)

        guarded.access_rule = f"agency_{role}"  # type: ignore[attr-defined]  # read by the guard test
        return guarded

    return decorate


def find_agency_member() -> AgencyMember | None:
    """The signed-in person's place in an agency."""
    if not current_user.is_authenticated:
        return None
    if "agency_member" not in g:
        mine = select(AgencyMember).where(AgencyMember.user_id == current_user.id)
        g.agency_member = db.session.scalars(mine).one_or_none()
    found: AgencyMember | None = g.agency_member
    return found


def open_case(case_id: int, permission: Permission, parts: frozenset[Part] = frozenset()) -> Case:
    """The case, if the signed-in person may do this with it.

    Raises NotFound for anyone who is neither a member nor a counsellor with consent, AccessEnded where a consent is over,
    NotAllowed for a weaker role, NotShared for a part kept back, SecondFactorNeeded, and TooManyTries for guessed numbers.
    """
    membership = _membership(case_id)
    if membership is None:
        return _open_by_consent(case_id, permission, parts)
    allowed = permissions_of(membership)
    if permission not in allowed:
        raise NotAllowed if Permission.VIEW in allowed else NotFound
    g.case, g.permissions = membership.case, allowed
    return membership.case


def _open_by_consent(case_id: int, permission: Permission, parts: frozenset[Part]) -> Case:
    newest = select(Consent).where(Consent.case_id == case_id, Consent.user_id == current_user.id)
    consent = db.session.scalars(newest.order_by(Consent.id.desc()).limit(1)).one_or_none()
    if consent is None:
        _count_guess(case_id)
        raise NotFound
    member = find_agency_member()
    if member is None or member.agency_id != consent.agency_id or not consent.is_open(clock.now()):
        raise AccessEnded
    if current_user.second_factor_at is None:
        raise SecondFactorNeeded
    allowed = permissions_of(consent)
    if permission not in allowed:
        raise NotAllowed
    if not parts <= frozenset(consent.parts):
        raise NotShared
    case = db.session.get_one(Case, case_id)
    g.case, g.permissions, g.consent = case, allowed, consent
    return case


def _count_guess(case_id: int) -> None:
    """Somebody who tries case after case is slowed down; the same wrong address again and again counts once."""
    storage = limiter.limiter
    if not limiter.enabled or not storage.hit(parse("1 per hour"), "case", str(current_user.id), str(case_id)):
        return
    if not storage.hit(parse(f"{MOST_GUESSES} per hour"), "cases", str(current_user.id)):
        raise TooManyTries


def _answer(view: Callable[[], Any], permission: Permission) -> Any:
    """The view's answer; a counsellor's under watch."""
    consent: Consent | None = g.get("consent")
    if consent is None:
        return view()
    suggests = permission == Permission.EDIT and consent.scope == Scope.PROPOSE and request.method == "POST"
    answer, suggestion = watching.watched(view, consent, suggests=suggests)
    if answer is not None:
        return answer
    if suggestion is None:
        flash(_("Nothing was changed, so there is nothing to suggest"))
        return see_other(url_for("suggestions.index"))
    flash(_("Kept as a suggestion. Nothing changes until your client approves it"))
    return see_other(url_for("suggestions.detail", suggestion_id=suggestion.id))


def is_member(case_id: int) -> bool:
    """Whether the signed-in person belongs to this case, in whatever role."""
    return current_user.is_authenticated and _membership(case_id) is not None


def find_home_case(user: User) -> Case | None:
    """The case a person comes home to: the one opened last on this device, else their first as borrower."""
    memberships = db.session.scalars(
        select(Membership).where(Membership.user_id == user.id).order_by(Membership.role, Membership.id)
    ).all()
    if not memberships:
        return None
    wanted = session.get("case_id")
    chosen = next((m for m in memberships if m.case_id == wanted), memberships[0])
    g.case, g.permissions = chosen.case, permissions_of(chosen)
    return chosen.case


def may(permission: Permission) -> bool:
    """For templates: whether the member at hand may do this with the case at hand."""
    return permission in g.get("permissions", frozenset())


def may_see(*parts: Part) -> bool:
    """For templates: whether these parts of the case at hand are shared with the reader; the household sees them all."""
    consent: Consent | None = g.get("consent")
    return consent is None or frozenset(parts) <= frozenset(consent.parts)


def can_open(endpoint: str) -> bool:
    """For templates: whether the reader may use this page or form of the case at hand, by what its own view states."""
    view: Any = current_app.view_functions[endpoint]
    return may(Permission(view.access_rule)) and may_see(*view.access_parts)


def get_row(model: type[RowT], row_id: int, case: Case) -> RowT:
    """The row of this case with this key. Raises NotFound for a row of another case as for none."""
    return only(select_rows(model, case), model, row_id)


def only(rows: Select[Any], model: Any, row_id: int) -> Any:
    """That of these rows with this key. Raises NotFound, also for a number that is no key: a query string may hold anything."""
    row = db.session.scalars(rows.where(model.id == row_id)).one_or_none() if 0 < row_id <= MOST_KEY else None
    if row is None:
        raise NotFound
    return row


def select_rows(model: type[RowT], case: Case) -> Select[RowT]:
    """A select over the rows of this case alone, to be narrowed and ordered by the caller."""
    return select(model).where(model.case_id == case.id)


def get_agency_row(model: type[AgencyRowT], row_id: int, member: AgencyMember) -> AgencyRowT:
    """The row of this person's agency with this key. Raises NotFound for a row of another agency as for none."""
    return only(select_agency_rows(model, member), model, row_id)


def select_agency_rows(model: type[AgencyRowT], member: AgencyMember) -> Select[AgencyRowT]:
    """A select over the rows of this person's agency alone."""
    return select(model).where(model.agency_id == member.agency_id)


def _membership(case_id: int) -> Membership | None:
    chosen = select(Membership).where(Membership.case_id == case_id, Membership.user_id == current_user.id)
    return db.session.scalars(chosen).one_or_none()


def _to_welcome() -> Any:
    target = request.full_path if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=target))


def _to_second_factor() -> Any:
    target = request.full_path if request.method == "GET" else None
    return redirect(url_for("second_factor.needed", next=target))
