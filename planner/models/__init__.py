"""Tables only; they stand together because they refer to each other."""

from .base import Base
from .budget import BudgetLine, CashChange
from .case import Case, Membership, OwnedByCase, Role, Versioned
from .loan import Loan, Payment
from .proposal import Proposal, ProposalVersion
from .reminder import Reminder, ReminderSettings, ReminderStatus
from .share import Share, ShareView
from .user import RateCount, SignIn, User

__all__ = [
    "Base",
    "BudgetLine",
    "Case",
    "CashChange",
    "Loan",
    "Membership",
    "OwnedByCase",
    "Payment",
    "Proposal",
    "ProposalVersion",
    "RateCount",
    "Reminder",
    "ReminderSettings",
    "ReminderStatus",
    "Role",
    "Share",
    "ShareView",
    "SignIn",
    "User",
    "Versioned",
]
