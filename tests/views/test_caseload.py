"""The caseload: whose clients, what consent lets through, sorted and filtered by the database, in a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.caseload import listing, notes
from planner.caseload.listing import Filter, Sort, wanted_from
from planner.extensions import db
from planner.models import (
    AgencyMember,
    AuditEntry,
    Case,
    CaseFigures,
    Client,
    ClientTask,
    Consent,
    Part,
    SavedView,
    SignIn,
)
from tests.agency import Desk, case_of, give_consent
from tests.conftest import NOW
from tests.factories import CREATED, Household, make_case, make_user, sign_in_as
from tests.pages import get, post, words

TODAY = date(2026, 12, 9)
ALL = (Part.BUDGET, Part.LOANS, Part.PLANS, Part.CONTACTS)


def add(desk: Desk, name: str, *, parts: Any = ALL, days: int = 90, seen: int | None = 0, user_id: int | None = None,
        place: str | None = None, **values: Any) -> Client:  # fmt: skip
    """A client of Lin's with stored figures, and when the household opened the app (days ago)."""
    borrower = make_user(f"{name.replace(' ', '')}@clients.example".lower())
    case = make_case(borrower)
    give_consent(case.id, desk, user_id or desk.lin_id, parts=parts, days=days, name=name)
    if seen is not None:
        at = NOW - timedelta(days=seen)
        token = f"{name} {seen}".ljust(64, "x")
        db.session.add(SignIn(user_id=borrower.id, token_hash=token, client="test", created_at=at, seen_at=at))
    found = {"day": TODAY, "worked_out_at": NOW, "is_stale": False, "currency": "CNY", "has_balance": True, "chart": []}
    db.session.add(CaseFigures(case_id=case.id, **(found | values)))
    client = db.session.scalars(select(Client).where(Client.case_id == case.id)).one()
    client.place = place
    db.session.flush()
    return client


def fill(app: Flask, desk: Desk) -> None:
    """A few clients of whom each has something the others have not."""
    with app.app_context():
        add(desk, "Zhou Ming", short_on=TODAY, short_minor=194_000, owed_minor=4_630_000, due_minor=710_000,
            income_minor=1_000_000, place="Jinan")  # fmt: skip
        add(desk, "Liu Fang", short_on=TODAY + timedelta(days=3), short_minor=80_500, owed_minor=1_845_000, days=9)
        add(desk, "Wang Lei", short_on=TODAY + timedelta(days=20), short_minor=12_000, owed_minor=978_000, seen=20)
        add(desk, "Sun Wen", overdue_days=12, overdue_minor=5_000, owed_minor=2_111_200, seen=5)
        add(desk, "Zhao Min", reply_on=TODAY - timedelta(days=1), owed_minor=3_102_000, answers=0)
        add(desk, "Xu Jing", answers=1, owed_minor=520_000, place="Qingdao")
        add(desk, "He Ping", review_on=TODAY + timedelta(days=10), seen=None)
        gone = add(desk, "Kong Rui", owed_minor=990_000_00, short_on=TODAY, short_minor=1, place="Qingdao")
        db.session.scalars(select(Consent).where(Consent.case_id == gone.case_id)).one().ended_at = NOW
        db.session.commit()


def listed(html: str) -> list[str]:
    return re.findall(r'<a class="cover"[^>]*>([^<]+)</a>', html)


# ---- Whose ----


def test_who_may_open_it(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient, desk: Desk
) -> None:
    get(borrower, "/desk", 404)
    assert "/sign-in" in client.get("/desk").location
    get(sign_in_as(app, desk.admin_id, second_factor=True), "/desk")


def test_without_a_second_factor_nothing_is_shown(app: Flask, desk: Desk) -> None:
    assert sign_in_as(app, desk.lin_id).get("/desk").status_code == 302


def test_an_empty_caseload_says_what_comes_here(lin: FlaskClient) -> None:
    assert "No clients yet" in words(get(lin, "/desk"))


def test_a_colleague_and_the_administrator_see_none_of_them(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    fill(app, desk)
    assert len(listed(get(lin, "/desk"))) == 8
    for key in (desk.chen_id, desk.admin_id):
        assert listed(get(sign_in_as(app, key, second_factor=True), "/desk")) == []


def test_an_agency_member_with_nothing_of_their_own_comes_to_the_desk(
    app: Flask, desk: Desk, borrower: FlaskClient
) -> None:
    assert sign_in_as(app, desk.lin_id, second_factor=True).get("/").location == "/desk"
    assert borrower.get("/").status_code == 200


def test_who_has_a_file_of_their_own_stays_on_today(app: Flask, household: Household, desk: Desk) -> None:
    with app.app_context():
        db.session.add(AgencyMember(
            agency_id=desk.agency_id, user_id=household.user_id, role="counsellor", created_at=CREATED))  # fmt: skip
        db.session.commit()
    assert sign_in_as(app, household.user_id).get("/").status_code == 200


# ---- What is shown ----


def test_soonest_shortfall_first_with_the_figures(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    fill(app, desk)
    html = get(lin, "/desk")
    assert listed(html)[:3] == ["Zhou Ming", "Liu Fang", "Wang Lei"]
    text = words(html)
    for phrase in ("8 clients, 2 short within 7 days", "¥1,940 today", "¥805 on 12 Dec", "¥46,300", "71% of income",
                   "12 days past due", "opened 20 days ago", "app never opened", "to 5 Mar"):  # fmt: skip
        assert phrase in text, phrase
    assert 'aria-sort="ascending"' in html


def test_a_withdrawn_consent_hides_name_place_and_figures(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    fill(app, desk)
    html = get(lin, "/desk?show=no_access")
    text = words(html)
    assert listed(html) == ["Client 0008"]
    for phrase in ("Hidden", "Not shared", "withdrawn", "No access"):
        assert phrase in text
    assert "Kong" not in html
    assert "Qingdao" not in html
    assert "990,000" not in html


def test_what_is_hidden_is_not_found_nor_sorted_by(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    fill(app, desk)
    assert listed(get(lin, "/desk?q=kong")) == []
    assert listed(get(lin, "/desk?q=0008")) == ["Client 0008"]
    assert listed(get(lin, "/desk?sort=-owed"))[0] == "Zhou Ming"
    assert "Client 0008" not in listed(get(lin, "/desk?show=short"))


def test_an_expired_consent_is_the_same(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        add(desk, "Old Friend", days=1, short_on=TODAY, short_minor=100)
        db.session.commit()
    text = words(get(lin, "/desk"))
    assert "Client 0001" in text
    assert "ended" in text
    assert "Old Friend" not in text


@pytest.mark.parametrize(
    ("parts", "there", "away"),
    [
        ((Part.LOANS,), ("¥46,300", "12 days past due"), ("¥1,940", "of income", "lender's answer")),
        ((Part.BUDGET,), (), ("¥46,300", "12 days past due", "¥1,940", "lender's answer")),
        ((Part.BUDGET, Part.LOANS), ("¥46,300", "¥1,940", "71% of income"), ("lender's answer",)),
        ((Part.BUDGET, Part.LOANS, Part.PLANS), ("¥46,300", "¥1,940"), ("lender's answer",)),
        ((Part.CONTACTS,), ("lender's answer",), ("¥46,300", "¥1,940")),
        ((Part.FILES,), (), ("¥46,300", "¥1,940", "lender's answer", "past due ")),
    ],
    ids=lambda each: "+".join(each) if each and isinstance(each[0], Part) else "",
)
def test_figures_follow_the_parts(
    app: Flask, desk: Desk, lin: FlaskClient, parts: tuple[Part, ...], there: tuple[str, ...], away: tuple[str, ...]
) -> None:
    with app.app_context():
        add(desk, "Zhou Ming", parts=parts, short_on=TODAY, short_minor=194_000, owed_minor=4_630_000, due_minor=710_000,
            income_minor=1_000_000, overdue_days=12, answers=1)  # fmt: skip
        db.session.commit()
    text = words(get(lin, "/desk"))
    row = text.split("Zhou Ming")[1].split("Showing")[0].replace("&#39;", "'")
    assert all(each in row for each in there)
    assert not [each for each in away if each in row]


def test_somebody_without_a_file_yet_is_on_the_list_by_name(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        db.session.add(
            Client(agency_id=desk.agency_id, counsellor_id=desk.lin_id, number=17, name="New Person", created_at=NOW)
        )
        db.session.commit()
    text = words(get(lin, "/desk"))
    assert "New Person" in text
    assert "not given yet" in text


def test_a_renewed_consent_counts_not_the_old_one(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        client = add(desk, "Back Again", short_on=TODAY, short_minor=100)
        old = db.session.scalars(select(Consent)).one()
        old.ended_at = NOW - timedelta(days=1)
        db.session.flush()
        give_consent(client.case_id or 0, desk, desk.lin_id)
        db.session.commit()
    assert listed(get(lin, "/desk")) == ["Back Again"]


# ---- Filters, sorting, search, pages ----


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("short", {"Zhou Ming", "Liu Fang"}),
        ("overdue", {"Sun Wen"}),
        ("waiting", {"Zhao Min"}),
        ("answer", {"Xu Jing"}),
        ("review", {"He Ping"}),
        ("away", {"Wang Lei", "He Ping"}),
        ("ending", {"Liu Fang"}),
        ("no_access", {"Client 0008"}),
    ],
)
def test_filters_with_their_counts(app: Flask, desk: Desk, lin: FlaskClient, show: str, names: set[str]) -> None:
    fill(app, desk)
    html = get(lin, f"/desk?show={show}")
    assert set(listed(html)) == names
    chips = dict(re.findall(r'show=(\w+)[^>]*>.*?<span class="num">(\d+)</span>', html))
    assert chips[show] == str(len(names))


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("client", "He Ping"),
        ("-client", "Zhou Ming"),
        ("short", "Zhou Ming"),
        ("-short", "Wang Lei"),
        ("-owed", "Zhou Ming"),
        ("owed", "He Ping"),
        ("-overdue", "Sun Wen"),
        ("consent", "Liu Fang"),
        ("opened", "Wang Lei"),
        ("next", "Xu Jing"),
    ],
)
def test_sorting_by_every_column(app: Flask, desk: Desk, lin: FlaskClient, sort: str, first: str) -> None:
    fill(app, desk)
    html = get(lin, f"/desk?sort={sort}")
    assert listed(html)[0] == first
    assert listed(html)[-1] in ("Client 0008", "He Ping")
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in html


def test_every_column_can_be_sorted_by_a_link(lin: FlaskClient, app: Flask, desk: Desk) -> None:
    fill(app, desk)
    head = get(lin, "/desk").split("<thead>")[1].split("</thead>")[0]
    sorts = {each.removeprefix("-") for each in re.findall(r"sort=(-?\w+)", head)}
    assert sorts == set(Sort)


@pytest.mark.parametrize(
    ("text", "names"), [("zhou", ["Zhou Ming"]), ("QING", ["Xu Jing"]), ("3", ["Wang Lei"]), ("%", [])]
)
def test_search_by_name_place_and_number(app: Flask, desk: Desk, lin: FlaskClient, text: str, names: list[str]) -> None:
    fill(app, desk)
    assert listed(get(lin, "/desk", query_string={"q": text})) == names


def test_what_an_address_says_wrongly_is_as_if_not_said(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    fill(app, desk)
    assert len(listed(get(lin, "/desk?show=x&sort=--&page=-1"))) == 8
    assert listed(get(lin, "/desk?page=99")) == []
    wanted = wanted_from({"show": "'", "sort": "-x", "page": "1e3", "q": "a\0b  c"})
    assert wanted == listing.Wanted(search="ab c")
    get(lin, "/desk?client=999", 404)
    get(lin, "/desk?client=99999999999999999999", 404)


def test_pages_of_fifty(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        for n in range(53):
            add(desk, f"P{n:02}", owed_minor=n + 1)
        db.session.commit()
    first = get(lin, "/desk?sort=client")
    assert len(listed(first)) == 50
    assert "Showing 1 to 50 of 53" in words(first)
    assert listed(get(lin, "/desk?sort=client&page=2")) == ["P50", "P51", "P52"]


def test_the_number_of_queries_does_not_depend_on_how_many_clients(
    app: Flask, desk: Desk, lin: FlaskClient, count_queries: Callable[[], int]
) -> None:
    counts = []
    for number in (5, 55):
        with app.app_context():
            for n in range(number):
                client = add(desk, f"{number} {n}", owed_minor=n, short_on=TODAY + timedelta(days=n), short_minor=1)
                db.session.add(
                    ClientTask(agency_id=desk.agency_id, client_id=client.id, text="x", due_on=TODAY, created_at=NOW)
                )
            db.session.commit()
        before = count_queries()
        get(lin, "/desk")
        counts.append(count_queries() - before)
    assert counts[0] == counts[1] <= 8, counts


# ---- What is next ----


def next_of(html: str, name: str) -> str:
    return words(html.split(f">{name}</a>")[1].split("</tr>")[0].split('data-l="Next step"')[1].split(">", 1)[1])


def test_the_next_step_is_ones_own_or_the_most_urgent(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        later = TODAY + timedelta(days=60)
        add(desk, "A", answers=1, short_on=TODAY, short_minor=1)
        add(desk, "B", short_on=TODAY, short_minor=1, overdue_days=3)
        add(desk, "C", overdue_days=3, reply_on=TODAY - timedelta(days=1))
        add(desk, "D", reply_on=TODAY - timedelta(days=1), days=8)
        add(desk, "E", days=8, review_on=TODAY)
        add(desk, "F", review_on=TODAY + timedelta(days=1), reply_on=later)
        task = add(desk, "G", reply_on=later)
        add(desk, "H", reply_on=later)
        add(desk, "I")
        own = add(desk, "J", answers=1)
        own.next_step, own.next_on = "Call before noon", TODAY
        db.session.add(ClientTask(agency_id=desk.agency_id, client_id=task.id, text="x", due_on=TODAY, created_at=NOW))
        db.session.commit()
    html = get(lin, "/desk").replace("&#39;", "'")
    assert [next_of(html, name) for name in "ABCDEFGHIJ"] == [
        "Read the lender's answer", "Talk about the shortfall", "Talk about what is past due", "Ask the lender again",
        "Renew consent", "Review on 10 Dec", "See the tasks", "Plan sent, waiting", "Nothing now", "Call before noon 9 Dec",
    ]  # fmt: skip


# ---- Figures that are of before ----


def test_a_case_without_figures_gets_them_on_the_first_view(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
    assert "¥21,112" in words(get(lin, "/desk"))


def test_a_changed_case_is_right_on_the_next_view_without_a_worker(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, borrower: FlaskClient
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
    get(lin, "/desk")
    post(borrower, f"/c/{household.case_id}/radar/balance", {"balance": "1,703.09"})
    assert "on 18 Dec" in words(get(lin, "/desk"))


def test_those_that_were_not_worked_out_carry_their_time(
    app: Flask, desk: Desk, lin: FlaskClient, monkeypatch: Any
) -> None:
    with app.app_context():
        add(desk, "A", short_on=TODAY, short_minor=100, is_stale=True)
        db.session.commit()
    monkeypatch.setattr("planner.caseload.figures.work_out", lambda case, now: 1 / 0)
    assert "as of 9 Dec 08:12" in words(get(lin, "/desk"))


# ---- The panel ----


def test_the_panel_shows_the_client_and_the_look_is_written_down(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id, parts=(Part.BUDGET, Part.LOANS))
        case_of(household.case_id).balance_minor, case_of(household.case_id).balance_on = 170_309, TODAY
        db.session.commit()
        key = db.session.scalars(select(Client.id)).one()
    text = words(get(lin, f"/desk?client={key}"))
    for phrase in ("Consent to 5 Mar", "Shared with you: budget and loans.", "Not shared: plans, talks with lenders, and files.",
                   "¥249 short", "18 Dec, 海尔分期, in 9 days", "¥7,600", "¥4,628", "¥2,752.09", "¥21,112.07",
                   "7 left, 16.2% a year", "4 days past due", "Open case"):  # fmt: skip
        assert phrase in text, phrase
    with app.app_context():
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [each.endpoint for each in entries] == ["caseload.index", "caseload.detail"]
        assert {(each.act, each.case_id) for each in entries} == {("look", household.case_id)}
        assert {each.who for each in entries} == {"Lin Yan, Harbour Debt Advice"}


# ---- Saved views ----


def test_a_view_is_kept_opened_replaced_and_deleted(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    fill(app, desk)
    post(lin, "/desk/views?show=short&sort=-owed&q=&evil=1", {"name": "Short ones"})
    post(lin, "/desk/views?show=overdue", {"name": "Short ones"})
    with app.app_context():
        view = db.session.scalars(select(SavedView)).one()
        assert (view.name, view.query, view.user_id) == ("Short ones", "show=overdue", desk.lin_id)
    page = get(lin, "/desk")
    assert '<a href="/desk?show=overdue">' in page
    theirs = sign_in_as(app, desk.chen_id, second_factor=True)
    assert "Short ones" not in get(theirs, "/desk")
    post(theirs, f"/desk/views/{view.id}/delete", {}, 404)
    post(lin, f"/desk/views/{view.id}/delete", {})
    assert "Short ones" not in get(lin, "/desk").split("</main>")[0].split("data-toast")[-1].split("</div>", 1)[1]


def test_a_view_needs_a_name_and_keeps_what_was_typed(lin: FlaskClient) -> None:
    assert "Enter a name for this view" in words(post(lin, "/desk/views", {"name": " "}, 422))
    assert "x" * 41 in post(lin, "/desk/views", {"name": "x" * 41}, 422)


def test_only_so_many_views_are_kept(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    for n in range(notes.MOST_VIEWS + 2):
        post(lin, "/desk/views", {"name": f"v{n:02}"})
    with app.app_context():
        names = db.session.scalars(select(SavedView.name).order_by(SavedView.name)).all()
        assert names[0] == "v02"
        assert len(names) == notes.MOST_VIEWS


# ---- When the app was opened ----


def test_opening_the_app_is_noted_once_in_ten_minutes(app: Flask, household: Household, client: FlaskClient) -> None:
    browser = sign_in_as(app, household.user_id)

    def seen(new: datetime | None = None) -> datetime:
        with app.app_context():
            row = db.session.scalars(select(SignIn).where(SignIn.user_id == household.user_id)).one()
            row.seen_at = new or row.seen_at
            db.session.commit()
            return row.seen_at

    recent, old = NOW.astimezone(UTC) - timedelta(minutes=9), NOW.astimezone(UTC) - timedelta(minutes=11)
    for before, after in ((recent, recent), (old, NOW.astimezone(UTC))):
        seen(before)
        assert browser.post("/account/opened").status_code == 204
        assert seen() == after
    assert browser.get("/account/opened").status_code == 405
    assert client.post("/account/opened").status_code == 302


def test_the_numbers_and_the_pages_agree(app: Flask, desk: Desk) -> None:
    fill(app, desk)
    with app.app_context():
        member = db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == desk.lin_id)).one()
        for only in Filter:
            wanted = listing.Wanted(only)
            counted, rows = listing.look_up(member, wanted, NOW, TODAY)
            assert counted.found == counted.by_filter[only] == len(rows)
        assert db.session.scalar(select(Case.id).limit(1))
