"""The only door to anybody's rows.

Each view states its rule with one of the decorators below; tests/test_guards.py fails for a route without one. A view under
`needs` is handed the case it may work on, and loads every row through `get_row` or `select_rows`, so that a row of another
case, like one that does not exist, is a 404. Roles map to permissions here and nowhere else: a new kind of member (a
counsellor with a consented scope) is added to `permissions_of` without touching a feature.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import g, redirect, request, session, url_for
from flask_login import current_user
from sqlalchemy import Select, select

from .errors import NotAllowed, NotFound
from .extensions import db
from .models import Case, Membership, OwnedByCase, Role, User

P = ParamSpec("P")
R = TypeVar("R")
RowT = TypeVar("RowT", bound=OwnedByCase)


class Permission(StrEnum):
    """What a member may do with a case."""

    VIEW = "view"
    EDIT = "edit"
    SHARE = "share"
    MANAGE = "manage"


_OF_ROLE: dict[str, frozenset[Permission]] = {
    Role.BORROWER: frozenset(Permission),
    Role.VIEWER: frozenset({Permission.VIEW}),
}


def permissions_of(membership: Membership) -> frozenset[Permission]:
    """What this membership allows now."""
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


def needs(permission: Permission) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """State the permission a view needs on the case named in its address; the view receives that case.

    Nobody signed in: to the welcome page. Not a member: 404. A member whose role does not allow it: 403.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(case_id: int, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _to_welcome()
            return view(open_case(case_id, permission), **kwargs)

        guarded.access_rule = permission.value  # type: ignore[attr-defined]  # read by the guard test
        return guarded

    return decorate


def open_case(case_id: int, permission: Permission) -> Case:
    """The case, if the signed-in person may do this with it.

    Raises NotFound for anyone who is not a member, NotAllowed for a member with a weaker role.
    """
    membership = _membership(case_id)
    if membership is None:
        raise NotFound
    allowed = permissions_of(membership)
    if permission not in allowed:
        raise NotAllowed if Permission.VIEW in allowed else NotFound
    g.case, g.permissions = membership.case, allowed
    return membership.case


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


def get_row(model: type[RowT], row_id: int, case: Case) -> RowT:
    """The row of this case with this key. Raises NotFound for a row of another case as for none."""
    row = db.session.scalars(select_rows(model, case).where(model.id == row_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def select_rows(model: type[RowT], case: Case) -> Select[RowT]:
    """A select over the rows of this case alone, to be narrowed and ordered by the caller."""
    return select(model).where(model.case_id == case.id)


def _membership(case_id: int) -> Membership | None:
    chosen = select(Membership).where(Membership.case_id == case_id, Membership.user_id == current_user.id)
    return db.session.scalars(chosen).one_or_none()


def _to_welcome() -> Any:
    target = request.full_path if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=target))
