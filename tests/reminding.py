"""Letting the reminders do a round of work at an instant, and reading what they left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from planner.config import Smtp
from planner.extensions import db
from planner.models import Channel, Loan, Payment, Reminder
from planner.reminders import services

DUE_MORNING = datetime.fromisoformat("2026-12-18T09:01+08:00")


def set_clock(app: Flask, moment: datetime) -> None:
    """Stop the app's clock at another instant."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=moment)


def set_up_mail(app: Flask) -> None:
    """Name a mail server, so that e-mails are planned; nothing answers there."""
    nobody = Smtp("127.0.0.1", 9, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=nobody)


def run_at(app: Flask, moment: datetime) -> int:
    """One round of the worker at an instant, where the clock then stays."""
    set_clock(app, moment)
    with app.test_request_context(base_url="http://localhost"):
        return services.run_once()


def find_step(app: Flask, loan_id: int, step: int, channel: str = Channel.APP) -> int:
    """The key of one step of a loan that was planned."""
    with app.app_context():
        wanted = select(Reminder.id).where(
            Reminder.loan_id == loan_id, Reminder.step == step, Reminder.channel == channel
        )
        return db.session.scalars(wanted.order_by(Reminder.due_on)).one()


def paid(app: Flask, loan_id: int) -> list[tuple[int | None, int]]:
    """What was recorded as paid for a loan: number of the instalment and amount."""
    with app.app_context():
        rows = db.session.scalars(select(Payment).where(Payment.loan_id == loan_id, Payment.reversed_on.is_(None)))
        return [(row.instalment_n, row.amount_minor) for row in rows]


def change_loan(app: Flask, loan_id: int, **values: Any) -> None:
    """Set columns of a loan."""
    with app.app_context():
        loan = db.session.get_one(Loan, loan_id)
        for name, value in values.items():
            setattr(loan, name, value)
        db.session.commit()
