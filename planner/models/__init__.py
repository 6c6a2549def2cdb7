"""Tables only; they stand together because they refer to each other."""

from .base import Base
from .budget import BudgetLine, CashChange, Guideline
from .case import CalendarDay, Case, Membership, OwnedByCase, Role, Versioned
from .evidence import Evidence
from .loan import Loan, Payment
from .proposal import (
    Arrangement,
    Confirmation,
    Proposal,
    ProposalItem,
    ProposalVersion,
    Response,
    ResponseKind,
    ResponseSource,
)
from .reminder import (
    Channel,
    Dispatch,
    DispatchStatus,
    LoanReminders,
    PushSubscription,
    Reminder,
    ReminderKind,
    ReminderPlan,
    ReminderSettings,
    Wording,
)
from .second_factor import AuthenticatorApp, Passkey, RecoveryCode, UsedChallenge
from .share import Share, ShareView
from .transaction import KeptMapping, PayeeRule, StatementImport, Transaction
from .user import RateCount, SignIn, User

__all__ = [
    "Arrangement",
    "AuthenticatorApp",
    "Base",
    "BudgetLine",
    "CalendarDay",
    "Case",
    "CashChange",
    "Channel",
    "Confirmation",
    "Dispatch",
    "DispatchStatus",
    "Evidence",
    "Guideline",
    "KeptMapping",
    "Loan",
    "LoanReminders",
    "Membership",
    "OwnedByCase",
    "Passkey",
    "PayeeRule",
    "Payment",
    "Proposal",
    "ProposalItem",
    "ProposalVersion",
    "PushSubscription",
    "RateCount",
    "RecoveryCode",
    "Reminder",
    "ReminderKind",
    "ReminderPlan",
    "ReminderSettings",
    "Response",
    "ResponseKind",
    "ResponseSource",
    "Role",
    "Share",
    "ShareView",
    "SignIn",
    "StatementImport",
    "Transaction",
    "UsedChallenge",
    "User",
    "Versioned",
    "Wording",
]
