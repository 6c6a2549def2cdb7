"""Tables only; they stand together because they refer to each other."""

from .base import Base
from .budget import BudgetLine, CashChange
from .case import Case, Membership, OwnedByCase, Role, Versioned
from .loan import Loan, Payment
from .proposal import Proposal, ProposalVersion
from .reminder import Reminder, ReminderSettings, ReminderStatus
from .share import Share, ShareView
from .transaction import KeptMapping, StatementImport, Transaction
from .user import RateCount, SignIn, User

__all__ = [
    "Base",
    "BudgetLine",
    "Case",
    "CashChange",
    "KeptMapping",
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
    "StatementImport",
    "Transaction",
    "User",
    "Versioned",
]
