"""Small things the desk's pages say of a client."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import Row

from ..formatting import NBSP, day
from ..models import Part
from .clients import HOME_ZONE
from .listing import Filter, Next, Sort, Wanted

PARTS = {
    Part.BUDGET: _l("budget"),
    Part.LOANS: _l("loans"),
    Part.PLANS: _l("plans"),
    Part.CONTACTS: _l("talks with lenders"),
    Part.FILES: _l("files"),
}
FILTERS = {
    Filter.ALL: _l("All"),
    Filter.SHORT: _l("Short within 7 days"),
    Filter.OVERDUE: _l("Past due"),
    Filter.WAITING: _l("Waiting for lender"),
    Filter.ANSWER: _l("Answer to read"),
    Filter.REVIEW: _l("Review due"),
    Filter.AWAY: _l("Not opened for 14 days"),
    Filter.ENDING: _l("Consent ending"),
    Filter.NO_ACCESS: _l("No access"),
}
COLUMNS = {
    Sort.CLIENT: _l("Client"),
    Sort.SHORT: _l("Next shortfall"),
    Sort.OWED: _l("Owed"),
    Sort.OVERDUE: _l("Past due"),
    Sort.CONSENT: _l("Consent"),
    Sort.OPENED: _l("Last opened"),
    Sort.NEXT: _l("Next step"),
}
# The larger first: what one looks for in these columns.
_LARGE_FIRST = frozenset({Sort.OWED, Sort.OVERDUE})


def number(value: int) -> str:
    """0417 for 417."""
    return f"{value:04d}"


def title(row: Any) -> str:
    """A client's name, as far as it is to be seen; else the number."""
    return row.name or _("Client %(number)s", number=number(row.number))


def last_day(expires_at: datetime, timezone: str | None) -> date:
    """The last day on which a consent counts, where the household lives."""
    return (expires_at - timedelta(seconds=1)).astimezone(ZoneInfo(timezone or HOME_ZONE)).date()


def share_of_income(row: Row[Any]) -> Decimal | None:
    """The month's instalments as a part of its income; None where one of them is not known."""
    if not row.income_minor or row.due_minor is None:
        return None
    return Decimal(row.due_minor) / row.income_minor


def opened(row: Row[Any], now: datetime) -> str:
    """When somebody of the household last opened the app."""
    if row.seen_at is None:
        return _("never")
    days = (day_at(now) - day_at(row.seen_at)).days
    if days < 1:
        return _("today")
    return ngettext("%(num)d day ago", "%(num)d days ago", days).replace(" ", NBSP, 1)


def day_at(moment: datetime) -> date:
    """A day on the desk's wall, for counting days between."""
    return moment.astimezone(ZoneInfo(HOME_ZONE)).date()


def next_step(row: Row[Any], today: date) -> str:
    """What to do next for this client, in a few words."""
    words = {
        Next.OWN: lambda: row.next_step,
        Next.ANSWER: lambda: _("Read the lender's answer"),
        Next.SHORT: lambda: _("Talk about the shortfall"),
        Next.OVERDUE: lambda: _("Talk about what is past due"),
        Next.REPLY: lambda: _("Ask the lender again"),
        Next.ENDING: lambda: _("Renew consent"),
        Next.REVIEW: lambda: _("Review on %(day)s", day=day(row.review_on)),
        Next.TASK: lambda: _("See the tasks"),
        Next.WAIT: lambda: _("Plan sent, waiting"),
        Next.NOTHING: lambda: _("Nothing now"),
        Next.NO_ACCESS: lambda: _("No access"),
    }
    return str(words[Next(row.next)]())


def sorted_by(wanted: Wanted, by: Sort) -> str:
    """The address's word for sorting by a column: the usual way first, the other way when it is sorted so already."""
    backwards = not wanted.backwards if wanted.by == by else by in _LARGE_FIRST
    return ("-" if backwards else "") + by


def parts(given: list[str], *, kept: bool = False) -> list[str]:
    """The parts a client shares, or keeps, in words."""
    return [str(word) for part, word in PARTS.items() if (part in given) != kept]
