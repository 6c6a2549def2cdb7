"""Terms of consent: what they bring along, when they end, what is granted of a wish; one consent a counsellor at a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from planner import clock
from planner.consent import accepting, invitations, services
from planner.consent.services import Terms, whole
from planner.errors import Gone
from planner.extensions import db
from planner.models import AgencyMember, Client, Consent, ConsentHow, InvitationKind, Part, Scope, User
from tests.agency import Desk, case_of, give_consent, make_desk
from tests.factories import Household

PARTS = st.frozensets(st.sampled_from([part for part in Part if part != Part.OWN]))
TERMS = st.builds(Terms, st.sampled_from(Scope), PARTS, st.dates(date(2026, 12, 9), date(2027, 12, 9)))


@pytest.fixture
def desk(context: Flask, household: Household) -> Desk:
    made = make_desk()
    db.session.commit()
    return made


def member(user_id: int) -> AgencyMember:
    return db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == user_id)).one()


def test_plans_bring_budget_and_loans_and_what_is_own_stays() -> None:
    assert whole({Part.PLANS, Part.OWN}) == {Part.PLANS, Part.BUDGET, Part.LOANS}
    assert whole({Part.FILES, Part.CONTACTS}) == {Part.FILES, Part.CONTACTS}
    assert whole(()) == frozenset()


@given(TERMS, TERMS)
def test_what_is_granted_is_never_more_than_was_asked_or_wished(wished: Terms, asked: Terms) -> None:
    order = list(Scope)
    got = accepting.at_most(wished, asked)
    assert order.index(got.scope) == min(order.index(wished.scope), order.index(asked.scope))
    assert got.parts == wished.parts & asked.parts
    assert got.until == min(wished.until, asked.until)
    assert accepting.at_most(asked, wished) == got


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "America/Los_Angeles", "Europe/London", "Pacific/Kiritimati", "Pacific/Niue"]
)
def test_terms_come_back_as_they_were_given(household: Household, desk: Desk, zone: str) -> None:
    case = case_of(household.case_id)
    case.timezone = zone
    terms = Terms(Scope.VIEW, frozenset({Part.BUDGET}), date(2027, 3, 28))  # a night of 23 hours in London
    made = services.grant(case, member(desk.lin_id), terms, ConsentHow.INVITED, None)
    assert services.terms_of(case, made) == terms
    assert made.expires_at.astimezone(services.ZoneInfo(zone)).isoformat()[:16] == "2027-03-29T00:00"


def test_a_second_consent_takes_the_place_of_the_first_and_the_list_keeps_its_words(
    household: Household, desk: Desk
) -> None:
    case = case_of(household.case_id)
    give_consent(case.id, desk, desk.lin_id)
    db.session.scalars(select(Client)).one().place = "Qingdao"
    terms = Terms(Scope.VIEW, frozenset({Part.BUDGET}), date(2027, 3, 1))
    new = services.grant(case, member(desk.lin_id), terms, ConsentHow.INVITED, None)
    assert services.open_consents(case) == [new]
    row = db.session.scalars(select(Client)).one()
    db.session.refresh(row)
    assert (row.name, row.place) == ("Sun Qian", "Qingdao")


def test_the_list_keeps_its_words_while_a_colleague_is_let_in(household: Household, desk: Desk) -> None:
    first = give_consent(household.case_id, desk, desk.lin_id)
    second = give_consent(household.case_id, desk, desk.chen_id)
    row = db.session.scalars(select(Client)).one()
    for consent, name in ((first, "Sun Qian"), (second, None)):
        services.end(consent, None)
        db.session.refresh(row)
        assert row.name == name


def test_one_counsellor_at_most_signs_the_reminders(household: Household, desk: Desk) -> None:
    case = case_of(household.case_id)
    first, second = (give_consent(case.id, desk, user) for user in (desk.lin_id, desk.chen_id))
    services.sign_reminders(case, first, is_on=True)
    services.sign_reminders(case, second, is_on=True)
    assert [each.signs_reminders for each in services.open_consents(case)] == [False, True]
    services.end(first, None)
    assert services.settings_to_change(case).signed_by == "Chen Yan, Harbour Debt Advice"


def test_an_invitation_keeps_hashes_alone_and_is_used_once(household: Household, desk: Desk) -> None:
    by = db.session.get_one(User, household.user_id)
    terms = Terms(Scope.EDIT, frozenset({Part.PLANS}), date(2027, 3, 1))
    made, token, code = invitations.create(InvitationKind.COUNSELLOR, by, terms=terms, case=case_of(household.case_id))
    assert len(token) >= 22  # 128 bits in base 64
    kept = {str(getattr(made, column.name)) for column in made.__table__.columns}
    assert not {token, code} & kept
    assert invitations.find_by_token(token) is invitations.find_by_code(code) is made
    assert made.parts == ["budget", "loans", "plans"]
    invitations.use(made, by)
    assert made.used_by_id == by.id
    with pytest.raises(Gone):
        invitations.use(made, by)
    assert invitations.find_by_token(token) is None


@pytest.mark.parametrize("typed", ["7k3m9qxv2b4d", "7K3M-9QXV-2B4D", " 7K3M 9QXV 2B4D ", "7K3M_9QXV.2B4D"])
def test_a_code_is_cleaned(typed: str) -> None:
    assert invitations.clean_code(typed) == "7K3M9QXV2B4D"
    assert invitations.clean_code("oOiI lLoO iIlL") == "001111001111"


def test_a_consent_lasts_a_year_at_most() -> None:
    assert timedelta(days=services.LONGEST_DAYS) <= timedelta(days=366)


def test_a_hand_over_lasts_no_longer_than_what_it_replaces(household: Household, desk: Desk) -> None:
    case = case_of(household.case_id)
    old = give_consent(case.id, desk, desk.lin_id)
    assert old.expires_at == datetime.fromisoformat("2027-03-05T08:00+08:00")
    new = accepting.pass_on(case, old, member(desk.chen_id), services.terms_of(case, old), ConsentHow.HANDED_OVER, None)
    assert new.expires_at == old.expires_at
    assert old.ended_at == clock.now()
    assert db.session.scalars(select(Consent).where(Consent.ended_at.is_(None))).all() == [new]
