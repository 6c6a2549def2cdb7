"""Reminders from plan to delivery over a real SMTP server: each exactly once, none after it is paid, none lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import delete, func, select

from planner.config import Smtp
from planner.engine.contract import terms_from_dict
from planner.engine.reminding import Step
from planner.extensions import db
from planner.loans import services as loans
from planner.models import (
    Case,
    Channel,
    Dispatch,
    DispatchStatus,
    Loan,
    LoanReminders,
    Payment,
    Reminder,
    ReminderPlan,
    User,
    Wording,
)
from planner.reminders import planning, sending, services
from planner.reminders.wishes import settings_to_change, steps_to_json
from tests.delivery.test_email import Sink, free_port
from tests.everyday import leave_everyday_gap
from tests.factories import Household

DUE_MORNING = datetime.fromisoformat("2026-12-18T09:01+08:00")
BASE = "https://plan.example.org"


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A real SMTP server that the app's settings name."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp, base_url=BASE)
    yield handler
    controller.stop()


def run_at(app: Flask, moment: datetime) -> int:
    """One round of the worker at an instant."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=moment)
    with app.test_request_context(base_url=BASE):
        return services.run_once()


def rows(app: Flask) -> list[Dispatch]:
    """The e-mails as they stand, by time."""
    with app.app_context():
        mails = select(Dispatch).where(Dispatch.channel == Channel.EMAIL).order_by(Dispatch.fire_at, Dispatch.id)
        found = list(db.session.scalars(mails))
        for row in found:
            assert row.reminders is not None  # loaded while the session is open
        return found


def steps_sent(app: Flask) -> list[tuple[str, int]]:
    """Each step that went out by e-mail, by time."""
    return [(r.due_on.isoformat(), r.step) for row in rows(app) if row.status == DispatchStatus.SENT
            for r in row.reminders if r.dropped is None]  # fmt: skip


def left_out(app: Flask) -> dict[int, str | None]:
    """Each e-mail step that was decided against, with the reason."""
    with app.app_context():
        mails = select(Reminder).where(Reminder.channel == Channel.EMAIL, Reminder.dropped.is_not(None))
        return {row.step: row.dropped for row in db.session.scalars(mails)}


def change(app: Flask, household: Household, **wanted: object) -> None:
    """Save wishes as the page does."""
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        settings = settings_to_change(case)
        for name, value in wanted.items():
            setattr(settings, name, value)
        db.session.commit()


def only_haier(app: Flask, household: Household) -> None:
    """Leave one loan, so that each test is about one instalment."""
    with app.app_context():
        db.session.execute(delete(Loan).where(Loan.id != household.loan_ids["haier"]))
        db.session.commit()


@pytest.fixture
def haier(app: Flask, household: Household) -> int:
    only_haier(app, household)
    return household.loan_ids["haier"]


def test_the_default_steps_go_out_one_by_one_to_the_accounts_address(app: Flask, haier: int, sink: Sink) -> None:
    for day in range(9, 32):
        for hour in (8, 9, 20, 23):
            run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T{hour:02d}:05+08:00"))
    assert steps_sent(app) == [("2026-12-18", step) for step in (-7, -3, 0, 1, 8)]
    assert [m["To"] for m in sink.messages] == ["sun@example.org"] * 5
    assert len({m["Message-ID"] for m in sink.messages}) == 5


def test_weekly_while_overdue_can_be_switched_off(app: Flask, household: Household, haier: int, sink: Sink) -> None:
    change(app, household, weekly=False)
    for day in range(17, 32):
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T09:05+08:00"))
    assert steps_sent(app) == [("2026-12-18", 0), ("2026-12-18", 1)]


def test_the_default_text_names_no_lender_amount_or_debt(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, DUE_MORNING)
    [message] = sink.messages
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for private in ("海尔", "1,816", "借款", "欠"):
        assert private not in message["Subject"] + text
    assert "12月18日" not in message["Subject"]
    assert f"{BASE}/c/1/loans/{haier}/what-if" in text
    assert "还不上？" in text


def test_what_is_said_openly_is_chosen(app: Flask, haier: int, sink: Sink, household: Household) -> None:
    change(app, household, wording=Wording.DATE)
    run_at(app, datetime.fromisoformat("2026-12-15T09:05+08:00"))
    change(app, household, wording=Wording.FULL)
    run_at(app, DUE_MORNING)
    dated, full = (m["Subject"] for m in sink.messages)
    assert "12月18日" in dated
    assert "海尔" not in dated
    assert "海尔分期" in full
    assert "¥1,816.67" in full


def test_a_known_person_signs_when_the_borrower_agrees(
    app: Flask, haier: int, sink: Sink, household: Household
) -> None:
    change(app, household, signed_by="王老师", reply_to="wang@agency.example")
    run_at(app, DUE_MORNING)
    [message] = sink.messages
    assert message["From"].addresses[0].display_name.startswith("王老师")
    assert message["Reply-To"] == "wang@agency.example"


def test_a_paid_instalment_is_not_reminded_of(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, datetime.fromisoformat("2026-12-17T12:00+08:00"))
    waiting = [r.step for row in rows(app) if row.status == DispatchStatus.SCHEDULED for r in row.reminders]
    assert waiting == [0, 1]
    with app.app_context():
        loans.mark_paid(db.session.get_one(Loan, haier), 6, DUE_MORNING.date())
        db.session.commit()
    sent_before = len(sink.messages)
    run_at(app, DUE_MORNING)
    run_at(app, DUE_MORNING + timedelta(days=1))
    assert len(sink.messages) == sent_before
    assert {step: reason for step, reason in left_out(app).items() if step >= 0} == {0: "paid", 1: "paid"}


def test_paid_by_mistake_and_taken_back_is_reminded_of_again(app: Flask, haier: int, sink: Sink) -> None:
    with app.app_context():
        payment = loans.mark_paid(db.session.get_one(Loan, haier), 6, date(2026, 12, 9))
        db.session.commit()
        key = payment.id
    run_at(app, datetime.fromisoformat("2026-12-17T12:00+08:00"))
    with app.app_context():
        loans.take_back(db.session.get_one(Payment, key), date(2026, 12, 17))
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert ("2026-12-18", 0) in steps_sent(app)


def test_one_message_a_day_carries_all_loans(app: Flask, household: Household, sink: Sink) -> None:
    with app.app_context():
        for number in range(3):
            values = copy_of(household.loan_ids["haier"]) | {"creditor": f"Other {number}"}
            loans.create_loan(db.session.get_one(Case, household.case_id), values)
        db.session.commit()
    run_at(app, DUE_MORNING)
    [message] = sink.messages
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.count("12月18日") >= 4
    change(app, household, one_a_day=False, wording=Wording.FULL)
    run_at(app, DUE_MORNING + timedelta(days=1))
    assert len(sink.messages) == 2, "all of one minute still go together"


def test_a_step_that_comes_up_after_todays_message_waits_for_tomorrow_if_that_is_early_enough(
    app: Flask, household: Household, sink: Sink
) -> None:
    only_haier(app, household)
    run_at(app, datetime.fromisoformat("2026-12-11T09:05+08:00"))
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        case.balance_minor, case.balance_on = 700_000, date(2026, 12, 11)  # too little for the 18th alone
        db.session.commit()
    run_at(app, datetime.fromisoformat("2026-12-11T12:00+08:00"))
    assert len(sink.messages) == 1
    run_at(app, datetime.fromisoformat("2026-12-12T09:05+08:00"))
    assert len(sink.messages) == 2


def test_a_red_day_is_told_once_and_again_only_when_it_worsens(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    def have(minor: int, day: int) -> None:
        with app.app_context():
            case = db.session.get_one(Case, household.case_id)
            case.balance_minor, case.balance_on = minor, date(2026, 12, day)
            db.session.commit()
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T10:00+08:00"))

    def told() -> list[tuple[str, int | None]]:
        with app.app_context():
            of_day = select(Reminder).where(Reminder.kind == "radar", Reminder.due_on == date(2026, 12, 18))
            rows = db.session.scalars(of_day.where(Reminder.channel == Channel.APP).order_by(Reminder.id))
            return [(row.key, row.short_minor) for row in rows]

    have(130_000, 9)
    [(key, short)] = told()
    assert key == "radar:2026-12-18:1"
    assert short == 11_667
    have(129_000, 9)
    assert len(told()) == 1, "a few per cent more are no news"
    have(120_000, 9)
    assert [amount for _key, amount in told()] == [11_667, 21_667]
    have(120_000, 9)
    assert len(told()) == 2


def test_a_gap_of_everyday_spending_is_told_once_however_its_first_day_moves(
    app: Flask, household: Household, sink: Sink
) -> None:
    """50 a day and 5,000 on the 28th. Of 200 on the 9th nothing is left from the 14th, and 700 are short on the 27th."""
    with app.app_context():
        leave_everyday_gap(db.session.get_one(Case, household.case_id))

    def told(day: int, minor: int | None = None) -> list[tuple[str, int | None]]:
        with app.app_context():
            if minor is not None:
                case = db.session.get_one(Case, household.case_id)
                case.balance_minor, case.balance_on = minor, date(2026, 12, day)
                db.session.commit()
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T10:00+08:00"))
        with app.app_context():
            of_app = select(Reminder).where(Reminder.kind == "radar", Reminder.channel == Channel.APP)
            return [(row.key, row.short_minor) for row in db.session.scalars(of_app.order_by(Reminder.id))]

    change(app, household, wording=Wording.FULL)
    first = [("radar:2026-12-14:1", 70_000)]
    assert told(9) == first
    [message] = sink.messages
    assert "12月14日" in message["Subject"]
    assert "日常开销" in message["Subject"]
    assert "¥700" in message["Subject"]
    assert told(10, 16_000) == first, "10 more than planned: the same day, not worse"
    assert told(11, 17_000) == first, "20 more again: the 15th now, not worse"
    for day in (15, 16, 20):
        assert told(day) == first, "an open gap is told no more"
    again = [*first, ("radar:2026-12-26:1", 10_000)]
    assert told(21, 20_000) == again, "money came: that gap is over, and another opens on the 26th"
    assert told(22, 0) == [*again, ("radar:2026-12-23:2", 25_000)], "which worsens, whatever day it opens on now"


def test_money_that_came_drops_the_warning_before_it_is_sent(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        case.balance_minor, case.balance_on = 0, date(2026, 12, 9)
        db.session.commit()
    at = datetime.fromisoformat("2026-12-09T22:00+08:00")
    run_at(app, at)
    assert sink.messages == []
    with app.app_context():
        db.session.get_one(Case, household.case_id).balance_minor = 100_000_000
        db.session.commit()
    run_at(app, datetime.fromisoformat("2026-12-10T09:05+08:00"))
    assert sink.messages == []
    assert "fits" in left_out(app).values()


def test_the_lenders_last_day_to_ask_and_the_day_to_send_are_told(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        own = LoanReminders(case_id=household.case_id, loan_id=haier, steps=[], lead_days=5, pay_way="post")
        db.session.add(own)
        db.session.commit()
    for day in range(9, 19):
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T09:05+08:00"))
    with app.app_context():
        told = db.session.execute(select(Reminder.kind, Reminder.fire_at).where(Reminder.channel == Channel.EMAIL)
                                  .order_by(Reminder.fire_at)).all()  # fmt: skip
    # Post takes a week, so the money leaves on the 11th; the lender hears requests until Friday the 11th... asked a day before.
    days = {kind: fire_at.astimezone(DUE_MORNING.tzinfo).date() for kind, fire_at in told if kind != "instalment"}
    assert days == {"send_by": date(2026, 12, 11), "ask_by": date(2026, 12, 10)}


def test_a_loan_may_have_steps_of_its_own_be_muted_or_pause(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        steps = steps_to_json([Step(-2, time(18, 30)), Step(0, channels=(Channel.APP,))])
        db.session.add(LoanReminders(case_id=household.case_id, loan_id=haier, steps=steps))
        db.session.commit()
    for day in (15, 16, 17, 18):
        for hour in (9, 18):
            run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T{hour:02d}:35+08:00"))
    assert steps_sent(app) == [("2026-12-18", -2)]
    [sent] = [row for row in rows(app) if row.status == DispatchStatus.SENT]
    assert sent.fire_at == datetime.fromisoformat("2026-12-16T18:30+08:00")
    with app.app_context():
        db.session.scalars(select(LoanReminders)).one().is_muted = True
        db.session.commit()
    run_at(app, datetime.fromisoformat("2026-12-26T09:35+08:00"))
    assert len(sink.messages) == 1


def test_a_pause_holds_until_its_day(app: Flask, household: Household, haier: int, sink: Sink) -> None:
    change(app, household, paused_until=date(2026, 12, 18))
    for day in range(10, 19):
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T09:05+08:00"))
    assert steps_sent(app) == [("2026-12-18", 0)]
    assert left_out(app)[-3] == "paused"


def test_put_off_is_silent_until_its_day_and_then_says_it_once(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    run_at(app, datetime.fromisoformat("2026-12-11T09:05+08:00"))
    with app.test_request_context(base_url=BASE):
        reminder = db.session.scalars(
            select(Reminder).where(Reminder.channel == Channel.EMAIL, Reminder.step == -7)
        ).one()
        services.snooze(reminder, 5, datetime.fromisoformat("2026-12-11T09:30+08:00"))
        services.snooze(reminder, 5, datetime.fromisoformat("2026-12-11T09:31+08:00"))
        db.session.commit()
    for day in range(12, 18):
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T09:05+08:00"))
    with app.app_context():
        sent = [row.sent_at for row in db.session.scalars(select(Dispatch).where(
            Dispatch.channel == Channel.EMAIL, Dispatch.status == DispatchStatus.SENT).order_by(Dispatch.sent_at))]  # fmt: skip
    assert [at.astimezone(DUE_MORNING.tzinfo).day for at in sent if at] == [11, 16]
    assert left_out(app)[-3] == "snoozed"


def test_running_twice_or_from_eight_workers_at_once_sends_once(app: Flask, haier: int, sink: Sink) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=DUE_MORNING)

    def work() -> None:
        with app.test_request_context(base_url=BASE):
            services.run_once()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run_at(app, DUE_MORNING)
    assert len(sink.messages) == 1


class Ended(BaseException):
    """The worker is gone, as by SIGKILL: nothing more of it runs."""


def test_a_worker_that_died_after_claiming_loses_nothing_and_repeats_the_same_message_id(
    app: Flask, haier: int, sink: Sink
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=DUE_MORNING)
    with app.test_request_context(base_url=BASE):
        planning.plan_due(DUE_MORNING)
        keys = sending.claim(DUE_MORNING)
        mail = select(Dispatch).where(Dispatch.id.in_(keys), Dispatch.channel == Channel.EMAIL)
        key = db.session.scalars(mail).one().idempotency_key
    assert run_at(app, DUE_MORNING + timedelta(minutes=1)) == 0
    assert run_at(app, DUE_MORNING + sending.LEASE + timedelta(minutes=1)) == 2, "the e-mail, and the app's own list"
    assert sink.messages[0]["Message-ID"].startswith(f"<{key}@")


def test_a_message_that_ends_its_worker_each_time_is_given_up_and_costs_no_other_its_tries(
    app: Flask, household: Household, haier: int, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        loans.create_loan(db.session.get_one(Case, household.stranger_case_id), copy_of(haier))
        db.session.commit()
    really = sending.compose

    def poisoned(letter: sending.Letter) -> object:
        if letter.wishes.case.id == household.case_id:
            raise Ended
        return really(letter)

    monkeypatch.setattr(sending, "compose", poisoned)
    moment = DUE_MORNING
    for turn in range(2 * sending.MOST_ATTEMPTS + 2):  # its e-mail and its line in the app end a worker each
        assert turn < 5 or sink.messages, "the other household waits for nobody"
        with contextlib.suppress(Ended):
            run_at(app, moment)
        moment += sending.LEASE + timedelta(seconds=1)
    assert [m["To"] for m in sink.messages] == ["stranger@example.org"]
    [poison] = [row for row in rows(app) if row.case_id == household.case_id and row.attempts]
    assert (poison.status, poison.reason, poison.attempts) == (DispatchStatus.FAILED, "gave_up", sending.MOST_ATTEMPTS)


def test_one_bad_address_never_blocks_the_others_and_is_shown_as_failed(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        db.session.get_one(User, household.user_id).email = "nobody@example.org"
        loans.create_loan(db.session.get_one(Case, household.stranger_case_id), copy_of(haier))
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert [m["To"] for m in sink.messages] == ["stranger@example.org"]
    failed = [row for row in rows(app) if row.case_id == household.case_id and row.attempts]
    assert [(row.status, row.attempts) for row in failed] == [("failed", 1)]
    assert "address_refused" in (failed[0].reason or "")


def test_a_household_whose_data_cannot_be_read_blocks_nobody(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        loans.create_loan(db.session.get_one(Case, household.stranger_case_id), copy_of(haier))
        db.session.get_one(Loan, haier).terms = {"method": "nonsense"}
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert [m["To"] for m in sink.messages] == ["stranger@example.org"]


def copy_of(loan_id: int) -> dict[str, object]:
    """The values of the same contract for another case, entered long before its next instalment."""
    loan = db.session.get_one(Loan, loan_id)
    return {"terms": terms_from_dict(loan.terms), "creditor": "Other", "paid_before": 5}


def test_a_server_that_is_away_is_tried_again_with_growing_pauses_and_given_up_visibly(app: Flask, haier: int) -> None:
    away = Smtp("127.0.0.1", free_port(), None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=away, base_url=BASE)
    tries, moment = [], DUE_MORNING
    for _minute in range(0, 24 * 60, 5):
        before = [row.attempts for row in rows(app)]
        run_at(app, moment)
        if [row.attempts for row in rows(app)] != before:
            tries.append(moment)
        moment += timedelta(minutes=5)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) >= 4
    assert pauses == sorted(pauses)
    first = next(row for row in rows(app) if row.attempts)
    assert first.status in (DispatchStatus.FAILED, DispatchStatus.DROPPED)
    assert first.reason


def test_after_downtime_what_still_helps_is_sent_and_the_rest_says_why_not(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, datetime.fromisoformat("2026-12-18T15:00+08:00"))
    assert len(sink.messages) == 1
    assert steps_sent(app) == [("2026-12-18", 0)]
    assert left_out(app)[-3] == "superseded"


def test_nothing_is_sent_in_the_quiet_hours(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, datetime.fromisoformat("2026-12-18T22:30+08:00"))
    assert sink.messages == []
    run_at(app, datetime.fromisoformat("2026-12-19T09:05+08:00"))
    assert len(sink.messages) == 1, "what helps is said in the morning"


def test_a_guest_has_no_address_but_finds_the_reminder_in_the_app(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        db.session.get_one(User, household.user_id).email = None
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert sink.messages == []
    assert rows(app) == []
    with app.test_request_context(base_url=BASE):
        case = db.session.get_one(Case, household.case_id)
        assert services.unread(case) == 1
        [letter] = services.inbox(case, DUE_MORNING)
        assert [r.step for r in letter.reminders] == [0]
        services.mark_read(case, DUE_MORNING)
        assert services.unread(case) == 0


def test_old_instalments_of_a_loan_entered_today_are_not_reminded_of(
    app: Flask, household: Household, sink: Sink
) -> None:
    only_haier(app, household)
    with app.app_context():
        loan = db.session.get_one(Loan, household.loan_ids["haier"])
        loan.created_at, loan.paid_before = datetime(2026, 12, 18, 2, tzinfo=UTC), 0
        db.session.commit()
    run_at(app, datetime.fromisoformat("2026-12-18T10:30+08:00"))
    assert sink.messages == []


def test_a_change_puts_its_household_and_no_other_at_the_front(app: Flask, household: Household) -> None:
    later = DUE_MORNING + timedelta(days=1)
    with app.app_context():
        db.session.execute(ReminderPlan.__table__.update().values(next_at=later))  # type: ignore[attr-defined]
        db.session.commit()
        loans.mark_paid(db.session.get_one(Loan, household.loan_ids["haier"]), 6, date(2026, 12, 9))
        db.session.commit()
        turns = {plan.case_id: plan.next_at for plan in db.session.scalars(select(ReminderPlan))}
    assert turns[household.case_id] < later
    assert turns[household.stranger_case_id] == later


def test_changed_wishes_are_planned_anew_and_nothing_sent_is_sent_again(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    run_at(app, datetime.fromisoformat("2026-12-15T09:05+08:00"))
    change(app, household, steps=steps_to_json([Step(-3), Step(-2, time(20))]))
    with app.test_request_context(base_url=BASE):
        now = datetime.fromisoformat("2026-12-15T10:00+08:00")
        planning.replan(db.session.get_one(Case, household.case_id), now)
        db.session.commit()
    for hour in (9, 20):
        run_at(app, datetime.fromisoformat(f"2026-12-16T{hour:02d}:05+08:00"))
    assert steps_sent(app) == [("2026-12-18", -3), ("2026-12-18", -2)]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Reminder).where(Reminder.step == 0)) == 0
