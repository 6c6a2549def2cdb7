"""The forms of an agency: itself, whom it invites, the clients it asks, and those who said yes aloud."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..cases.views import CURRENCIES, ZONES
from ..consent.forms import SpokenForm, TermsForm
from ..consent.words import SCOPES
from ..forms import Choice, Form, RadioChoice, TextField, at_most, optional, options, required
from ..i18n import DEFAULT, LOCALES
from ..models import AgencyMember, AgencyRole, Scope
from ..sharing.forms import sound_address

ROLES = {AgencyRole.COUNSELLOR: _l("Counsellor"), AgencyRole.ADMIN: _l("Administrator")}
ROLE_NOTES = {
    AgencyRole.COUNSELLOR: _l("Sees the clients who let them in, and nobody else's."),
    AgencyRole.ADMIN: _l("Invites and removes colleagues besides. Sees no client who did not let them in."),
}
_ASKED = _l("What may you do?")


class AgencyForm(Form):
    """What stands on the plans the agency helps to draw up."""

    name = TextField(_l("Name of the agency"), [*required(_l("Enter the name of the agency")), at_most(120)])
    phone = TextField(_l("Phone"), [*optional(), at_most(40)])
    email = TextField(_l("E-mail"), [*optional(), at_most(254)])

    def validate_email(self, field: TextField) -> None:
        """An address that can exist; nothing is looked up."""
        if field.data:
            field.data = sound_address(field.data)


class RoleForm(Form):
    """What somebody is to the agency."""

    role = RadioChoice(_l("As what?"), choices=list(ROLES.items()), default=AgencyRole.COUNSELLOR)


class _WhoForm(Form):
    """A client as the agency writes them down."""

    name = TextField(_l("The client's name"), [*required(_l("Enter the client's name")), at_most(80)])
    place = TextField(_l("Where they live"), [*optional(), at_most(80)])
    contact = TextField(_l("How to reach them"), [*optional(), at_most(120)])


class ClientForm(_WhoForm, TermsForm):
    """A client who is asked for consent."""

    scope = RadioChoice(_ASKED, choices=list(SCOPES.items()), default=Scope.PROPOSE)


class VerbalForm(_WhoForm, SpokenForm):
    """A client who said yes aloud, and the file that is made for them."""

    scope = RadioChoice(_ASKED, choices=list(SCOPES.items()), default=Scope.EDIT)
    locale = Choice(_l("Language of the client"), choices=list(LOCALES.items()), default=DEFAULT)
    currency = Choice(_l("Currency of new amounts"), choices=[(code, code) for code in CURRENCIES])
    timezone = Choice(_l("Time zone"), default=ZONES[0])

    def prepare(self, today: date, zone: str = ZONES[0]) -> Any:
        """Besides the terms: offer every time zone; what was said is timed in the client's."""
        self.timezone.choices = options((each, each) for each in (*ZONES, *sorted(available_timezones() - set(ZONES))))
        chosen = self.timezone.data
        return super().prepare(today, chosen if chosen in available_timezones() else zone)


class HandOverForm(Form):
    """To whom a client is handed over; the client is asked."""

    colleague = Choice(_l("To which colleague?"), coerce=int)

    def offer(self, colleagues: Iterable[AgencyMember]) -> Any:
        """The colleagues there are."""
        self.colleague.choices = options((each.id, each.user.name or each.user.email) for each in colleagues)
        return self


class ListedHandOverForm(HandOverForm):
    """For a client without a file, who need not be asked; with all others of the kind at once, if wished."""

    all_listed = BooleanField(_l("All my clients without a file"))


class SpokenHandOverForm(HandOverForm, SpokenForm):
    """The same for a client without a phone, who said yes aloud."""

    scope = RadioChoice(_l("What may your colleague do?"), choices=list(SCOPES.items()), default=Scope.EDIT)
