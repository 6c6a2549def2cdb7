"""The household's pages about access: who has it, inviting, changing, ending, and the log of every look and change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner import clock
from planner.access import Permission
from planner.consent import log
from planner.consent.words import PAGES
from planner.extensions import db
from planner.models import (
    AuditAct,
    AuditEntry,
    BudgetLine,
    Client,
    ClientNote,
    Consent,
    ConsentHow,
    Invitation,
    Part,
    ReminderSettings,
    Scope,
    User,
)
from tests.agency import Desk, give_consent
from tests.consenting import TERMS, invite_counsellor, shown
from tests.factories import Household, make_user, sign_in_as
from tests.pages import get, post, words


def consent(app: Flask, household: Household, desk: Desk, scope: Scope = Scope.EDIT, **more: object) -> int:
    """Lin is let in; the key of it."""
    with app.app_context():
        made = give_consent(household.case_id, desk, desk.lin_id, scope, **more)  # type: ignore[arg-type]
        db.session.commit()
        return made.id


def stored(app: Flask, consent_id: int) -> Consent:
    with app.app_context():
        return db.session.get_one(Consent, consent_id)


def home(household: Household) -> str:
    return f"/c/{household.case_id}/access"


def test_nobody_has_access_at_first(borrower: FlaskClient, household: Household) -> None:
    text = words(get(borrower, home(household)))
    assert "Nobody outside your household" in text
    assert "Invite a counsellor" in text


def test_who_has_access_to_what_until_when_and_how(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk
) -> None:
    consent(app, household, desk, Scope.PROPOSE, parts=(Part.BUDGET, Part.FILES))
    text = words(get(borrower, home(household)))
    assert "Lin Yan Harbour Debt Advice, 0532 1234567" in text
    assert "may look, and suggest changes that you approve" in text
    assert "Sees: Budget and Files" in text
    assert "Since 5 Dec 2026, until 5 Mar 2027" in text
    assert "You invited them" in text
    assert "1 person outside your household has access" in words(get(borrower, f"/c/{household.case_id}/more"))


def test_verbal_consent_says_who_spoke_when_how_and_who_wrote_it_down(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    with app.app_context():
        row = db.session.get_one(Consent, key)
        row.how, row.spoken_by, row.spoken_how = ConsentHow.VERBAL, "Sun Qian", "phone"
        row.spoken_at, row.recorded_by_id = datetime.fromisoformat("2026-12-05T09:30+08:00"), desk.chen_id
        db.session.commit()
    assert "Sun Qian, 5 Dec 09:30, Over the phone. Written down by Chen Yan." in words(get(borrower, home(household)))


def test_one_tap_ends_access_at_the_next_request(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    get(lin, f"/c/{household.case_id}/budget")
    post(borrower, f"{home(household)}/{key}/end", {}, 303)
    get(lin, f"/c/{household.case_id}/budget", 404)
    text = words(get(borrower, home(household)))
    assert "Lin Yan no longer has access" in text
    assert "Ended access (1)" in text
    assert "Access ended" in text
    with app.app_context():
        client = db.session.scalars(select(Client)).one()
        assert (client.name, client.case_id) == (None, household.case_id)


def test_ending_twice_is_the_same_as_once(app: Flask, borrower: FlaskClient, household: Household, desk: Desk) -> None:
    key = consent(app, household, desk)
    for _each in range(2):
        post(borrower, f"{home(household)}/{key}/end", {}, 303)
    with app.app_context():
        ends = db.session.scalars(select(AuditEntry).where(AuditEntry.act == AuditAct.END)).all()
        assert len(ends) == 1


def test_the_borrower_lowers_and_shortens(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    page = get(borrower, f"{home(household)}/{key}")
    assert 'value="edit" checked' in page
    assert 'value="2027-03-05"' in page
    form = {"scope": "view", "budget": "y", "until": "2026-12-31"}
    post(borrower, f"{home(household)}/{key}", form, 303)
    row = stored(app, key)
    assert (row.scope, row.parts) == (Scope.VIEW, ["budget"])
    assert row.expires_at == datetime.fromisoformat("2027-01-01T00:00+08:00")
    get(lin, f"/c/{household.case_id}/budget")
    get(lin, f"/c/{household.case_id}/loans", 403)
    assert "Access changed: may look, and change nothing. Shared: Budget" in words(
        get(borrower, f"{home(household)}/log")
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"until": "2020-01-01"}, "Enter a date between 2026-12-09 and 2027-12-10"), ({"until": "2028-01-01"}, "between"),
     ({"until": ""}, "Enter the last day"), ({"scope": "manage"}, "Choose one of the options"),
     ({"budget": None, "loans": None}, "Tick at least one part")],
)  # fmt: skip
def test_wrong_terms_are_refused_beside_the_field(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk, wrong: dict[str, str | None], said: str
) -> None:
    key = consent(app, household, desk)
    form = {name: value for name, value in (TERMS | wrong).items() if value is not None}
    for address in (f"{home(household)}/{key}", f"{home(household)}/invite"):
        assert said in words(post(borrower, address, form, 422))
    assert stored(app, key).scope == Scope.EDIT
    with app.app_context():
        assert db.session.scalars(select(Invitation)).all() == []


def test_plans_bring_the_budget_and_the_loans(app: Flask, borrower: FlaskClient, household: Household) -> None:
    assert "Brings the budget and the loans with it" in words(get(borrower, f"{home(household)}/invite"))
    invite_counsellor(borrower, household.case_id, plans="y", budget=None, loans=None)
    with app.app_context():
        assert db.session.scalars(select(Invitation)).one().parts == ["budget", "loans", "plans"]


def test_what_is_never_shared_cannot_be_forged(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    form = TERMS | {
        "own": "y",
        "parts": "own",
        "user_id": str(household.stranger_id),
        "how": "verbal",
        "agency_id": "99",
    }
    post(borrower, f"{home(household)}/{key}", form, 303)
    row = stored(app, key)
    assert (row.parts, row.user_id, row.how, row.agency_id) == (
        ["budget", "loans"],
        desk.lin_id,
        "invited",
        desk.agency_id,
    )


def test_somebody_elses_consent_is_not_there(
    app: Flask, stranger: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    theirs = f"/c/{household.stranger_case_id}/access/{key}"
    get(stranger, theirs, 404)
    for address in (theirs, f"{theirs}/end", f"{theirs}/reminders"):
        post(stranger, address, TERMS, 404)
    assert stored(app, key).ended_at is None


def test_an_ended_consent_cannot_be_changed(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    post(borrower, f"{home(household)}/{key}/end", {}, 303)
    get(borrower, f"{home(household)}/{key}", 404)
    post(borrower, f"{home(household)}/{key}", TERMS, 404)
    assert stored(app, key).scope == Scope.EDIT


def test_a_viewer_reads_and_changes_nothing(app: Flask, viewer: FlaskClient, household: Household, desk: Desk) -> None:
    key = consent(app, household, desk)
    text = words(get(viewer, home(household)))
    assert "Lin Yan" in text
    assert "End access now" not in text
    get(viewer, f"{home(household)}/log")
    get(viewer, f"{home(household)}/invite", 403)
    for address in (f"{key}/end", f"{key}", f"{key}/reminders", "invite", "invitations/1/cancel", "questions/1"):
        post(viewer, f"{home(household)}/{address}", TERMS, 403)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_counsellor_never_sees_who_has_access(
    app: Flask, lin: FlaskClient, household: Household, desk: Desk, scope: Scope
) -> None:
    key = consent(app, household, desk, scope)
    for address in ("", "/log", "/invite", f"/{key}"):
        get(lin, home(household) + address, 403)
    for address in ("/invite", f"/{key}", f"/{key}/end"):
        post(lin, home(household) + address, TERMS | {"scope": "edit"}, 403)
    assert stored(app, key).scope == scope


def test_an_invitation_is_shown_once_and_can_be_cancelled(
    app: Flask, borrower: FlaskClient, client: FlaskClient, household: Household
) -> None:
    path, code = invite_counsellor(borrower, household.case_id)
    assert len(code.replace(" ", "")) == 12
    again = get(borrower, home(household))
    assert path not in again
    assert code not in again
    assert "Open invitations" in again
    with app.app_context():
        row = db.session.scalars(select(Invitation)).one()
        key, secrets = row.id, {row.token_hash, row.code_hash}
    assert all(len(each) == 64 for each in secrets)
    get(client, path)
    post(borrower, f"{home(household)}/invitations/{key}/cancel", {}, 303)
    get(client, path, 404)
    post(borrower, f"{home(household)}/invitations/{key}/cancel", {}, 404)


def test_a_guest_is_told_what_a_lost_phone_means_and_may_say_a_name(app: Flask, household: Household) -> None:
    with app.app_context():
        guest = make_user(None)
        from tests.factories import make_case

        case_id, user_id = make_case(guest).id, guest.id
        db.session.commit()
    phone = sign_in_as(app, user_id)
    assert "if the phone is lost, nobody can open your file for you again" in words(
        get(phone, f"/c/{case_id}/access/invite")
    )
    invite_counsellor(phone, case_id, name="Zhou Ming")
    with app.app_context():
        assert db.session.get_one(User, user_id).name == "Zhou Ming"


def test_reminders_carry_the_counsellors_name_while_the_switch_is_on(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)

    def signed() -> tuple[str | None, str | None]:
        with app.app_context():
            row = db.session.scalars(select(ReminderSettings)).one()
            return row.signed_by, row.reply_to

    post(borrower, f"{home(household)}/{key}/reminders", {"on": "y"}, 303)
    assert signed() == ("Lin Yan, Harbour Debt Advice", "lin@harbour.example")
    assert 'name="on" value="y" checked' in get(borrower, home(household))
    post(borrower, f"{home(household)}/{key}/reminders", {}, 303)
    assert signed() == (None, None)
    post(borrower, f"{home(household)}/{key}/reminders", {"on": "y"}, 303)
    post(borrower, f"{home(household)}/{key}/end", {}, 303)
    assert signed() == (None, None)


def test_a_note_shared_with_the_client_is_read_here_and_a_private_one_is_not(
    app: Flask, borrower: FlaskClient, stranger: FlaskClient, household: Household, desk: Desk
) -> None:
    consent(app, household, desk)
    with app.app_context():
        client = db.session.scalars(select(Client)).one()
        for text, is_shared in (("Bring the payslip", True), ("Seems tired", False)):
            db.session.add(ClientNote(agency_id=desk.agency_id, client_id=client.id, author_id=desk.lin_id, text=text,
                                      is_shared=is_shared, created_at=clock.now()))  # fmt: skip
        db.session.commit()
    text = words(get(borrower, home(household)))
    assert "Bring the payslip Lin Yan" in text
    assert "Seems tired" not in text
    assert "Bring the payslip" not in get(stranger, f"/c/{household.stranger_case_id}/access")


def test_every_look_and_change_is_in_the_log(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    consent(app, household, desk)
    with app.app_context():
        rent = db.session.scalars(select(BudgetLine).where(BudgetLine.case_id == household.case_id, BudgetLine.kind == "expense",
                                                           BudgetLine.frequency == "monthly")).first()  # fmt: skip
        assert rent is not None
        key, name, was = rent.id, rent.name, rent.amount_minor
        form = {"name": rent.name, "amount": str(was / 100 + 5), "frequency": "monthly", "category": rent.category,
                "necessity": rent.necessity, "day_of_month": rent.day_of_month or "", "starts_on": rent.starts_on.isoformat(),
                "shift": rent.shift, "working_day": "0"}  # fmt: skip
    for _each in range(3):
        get(lin, f"/c/{household.case_id}/budget")
    post(lin, f"/c/{household.case_id}/budget/{key}", form)
    text = words(get(borrower, f"{home(household)}/log"))
    assert "Looked at the budget 3 times" in text
    assert f"Changed: Expense ({name}) Amount each time: ¥" in text
    assert "→ ¥" in text
    assert "08:12, Lin Yan, Harbour Debt Advice" in text


def write(app: Flask, household: Household, endpoint: str, minutes: int, act: AuditAct = AuditAct.LOOK) -> None:
    with app.app_context():
        db.session.add(AuditEntry(case_id=household.case_id, at=clock.now() - timedelta(minutes=minutes), who="Lin", act=act,
                                  endpoint=endpoint, changes=[]))  # fmt: skip
        db.session.commit()


def test_looks_fold_within_fifteen_minutes_and_by_page(app: Flask, borrower: FlaskClient, household: Household) -> None:
    for minutes in (0, 10, 25, 41):
        write(app, household, "budget.index", minutes)
    write(app, household, "loans.index", 5)
    write(app, household, "sharing.document", 6, AuditAct.TAKE)
    write(app, household, "sharing.document", 6, AuditAct.TAKE)
    with app.app_context():
        case = db.session.get_one(log.Case, household.case_id)
        found = [(line.text, line.count) for line in log.newest(case, 9)]
    assert [count for _text, count in found] == [3, 1, 1, 1, 1]
    text = words(get(borrower, f"{home(household)}/log?lang=en"))
    assert "Looked at the budget 3 times" in text
    assert text.count("Took a copy of a plan as a document") == 2


def test_the_log_is_paged_and_grouped_by_day(app: Flask, borrower: FlaskClient, household: Household) -> None:
    with app.app_context():
        for n in range(130):
            db.session.add(AuditEntry(case_id=household.case_id, at=clock.now() - timedelta(hours=n), who=f"Lin {n}",
                                      act=AuditAct.LOOK, endpoint="budget.index", changes=[]))  # fmt: skip
        db.session.commit()
    first, second = (
        words(get(borrower, f"{home(household)}/log")),
        words(get(borrower, f"{home(household)}/log?page=2")),
    )
    assert "Lin 99" in first
    assert "Lin 100" not in first
    assert "Lin 100" in second
    assert "Wed 9 Dec" in first
    assert words(get(borrower, f"{home(household)}/log?page=999")) == second
    get(borrower, f"{home(household)}/log?page=x")


def test_another_household_reads_nothing_of_it(app: Flask, stranger: FlaskClient, household: Household) -> None:
    write(app, household, "budget.index", 1)
    assert "Nothing yet" in get(stranger, f"/c/{household.stranger_case_id}/access/log")


def test_the_log_costs_the_same_however_long(
    app: Flask, borrower: FlaskClient, household: Household, count_queries: Callable[[], int]
) -> None:
    counts = []
    for more in (1, 30):
        for _each in range(more):
            write(app, household, "budget.index", 3, AuditAct.TAKE)
        before = count_queries()
        get(borrower, f"{home(household)}/log")
        counts.append(count_queries() - before)
    assert counts[0] == counts[1]


def test_every_page_a_counsellor_can_reach_has_words(app: Flask) -> None:
    """A new page that can be shared fails here until consent/words.py says what it is called."""
    reached = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        for view in [app.view_functions[rule.endpoint]]
        if getattr(view, "access_rule", "") in set(Permission) and Part.OWN not in view.access_parts
    }
    assert len(reached) > 80
    assert reached - set(PAGES) == set()


def test_consent_ended_between_opening_and_sending_a_form_writes_nothing(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    key = consent(app, household, desk)
    get(lin, f"/c/{household.case_id}/budget/new?kind=income")
    post(borrower, f"{home(household)}/{key}/end", {}, 303)
    form = {"name": "Second job typed", "amount": "1200", "frequency": "monthly"}
    text = words(post(lin, f"/c/{household.case_id}/budget/new?kind=income", form, 404))
    assert "Second job typed" in text
    assert "You no longer have access" in text
    with app.app_context():
        assert not db.session.scalars(select(BudgetLine).where(BudgetLine.name == "Second job typed")).all()


def test_expired_consent_is_over_for_the_counsellor_and_listed_as_ended(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    consent(app, household, desk, days=3)
    get(lin, f"/c/{household.case_id}/budget", 404)
    assert "Ended access (1)" in get(borrower, home(household))


def test_nobody_else_of_the_agency_sees_the_client(app: Flask, household: Household, desk: Desk) -> None:
    consent(app, household, desk)
    for person in (desk.admin_id, desk.chen_id):
        get(sign_in_as(app, person, second_factor=True), f"/c/{household.case_id}/budget", 404)


def test_guessing_case_numbers_is_slowed_down(app: Flask, lin: FlaskClient, household: Household, limits: None) -> None:
    statuses = [lin.get(f"/c/{10_000 + n}/budget").status_code for n in range(32)]
    assert statuses == [404] * 30 + [429] * 2
    assert lin.get(f"/c/{10_000}/budget").status_code == 404  # the same wrong address again counts once


def test_a_new_invitation_shows_only_in_the_browser_that_made_it(
    app: Flask, borrower: FlaskClient, household: Household
) -> None:
    post(borrower, f"{home(household)}/invite", TERMS, 303)
    assert "The invitation is ready" not in get(sign_in_as(app, household.user_id), home(household))
    assert shown(get(borrower, home(household)))


def test_until_counts_to_the_end_of_the_day_where_the_household_lives(
    app: Flask, borrower: FlaskClient, household: Household
) -> None:
    invite_counsellor(borrower, household.case_id, until="2026-12-09")
    with app.app_context():
        assert db.session.scalars(select(Invitation)).one().until == date(2026, 12, 9)
