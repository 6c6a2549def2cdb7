"""What a link shows, and for how long."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import Form, RadioChoice, TextField, at_most, optional

VALIDITY = {"7": _l("7 days"), "14": _l("14 days"), "30": _l("30 days")}
# What a plan needs to be believed; how to reach the borrower is theirs to add.
SHOWN_AT_FIRST = frozenset({"name", "contract_number", "cause", "budget", "other_creditors"})


class ShareForm(Form):
    """What the lender sees, and for how long. The switches are named as documents/proposal.PARTS."""

    borrower_name = TextField(_l("Your name"), [*optional(), at_most(80)])
    borrower_contact = TextField(_l("Phone or e-mail for the lender"), [*optional(), at_most(120)])
    name = BooleanField(_l("Show my name"))
    contact = BooleanField(_l("Show how to reach me"))
    contract_number = BooleanField(_l("Show the contract number"))
    cause = BooleanField(_l("Show the cause"))
    budget = BooleanField(_l("Attach the budget"))
    other_creditors = BooleanField(_l("Attach other repayments"))
    days = RadioChoice(_l("How long does the link open?"), choices=list(VALIDITY.items()), default="14")
