"""What a counsellor takes out of the system: the list of clients, one case, and the standard statement of each.

Every case of which anything leaves has a line in the log its borrower reads; nothing leaves of a case whose consent is over, or
of a part that was not shared.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select

from .. import clock
from ..access import Permission, open_case, select_agency_rows
from ..documents import case_file, caseload_file, sfs_json, xlsx_file
from ..documents.caseload_file import ClientRow
from ..documents.files import File
from ..errors import AccessEnded, NotFound, NotShared
from ..extensions import db
from ..formatting import listed
from ..models import AgencyMember, AuditAct, Case, CaseFigures, Client, Consent, Part
from ..watching import who_is, write_down
from .case_parts import case_file as find_case_file
from .case_parts import statement_document
from .clients import is_mine, zone_of
from .figures import short_names

MOST_IN_ZIP = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STATEMENT = frozenset({Part.BUDGET, Part.LOANS})
_FIGURES: Mapping[str, frozenset[str]] = {
    "income_minor": frozenset({Part.BUDGET}), "living_minor": frozenset({Part.BUDGET}),
    "due_minor": frozenset({Part.LOANS}), "owed_minor": frozenset({Part.LOANS}),
    "short_on": _STATEMENT, "short_minor": _STATEMENT, "short_what": _STATEMENT,
    "overdue_days": frozenset({Part.LOANS}), "overdue_minor": frozenset({Part.LOANS}),
    "reply_on": frozenset({Part.CONTACTS}), "review_on": frozenset({Part.CONTACTS}), "answers": frozenset({Part.CONTACTS}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A client whose statement is not among the files, and why: a word of `why_words`."""

    number: int
    why: str


def my_clients(member: AgencyMember, now: datetime) -> list[Client]:
    """The clients of this counsellor, by number."""
    mine = select_agency_rows(Client, member).where(is_mine(member, now))
    return list(db.session.scalars(mine.order_by(Client.number)))


def consents_of(member: AgencyMember) -> dict[int, Consent]:
    """This counsellor's newest consent of each case, open or over."""
    mine = select(Consent).where(Consent.user_id == member.user_id, Consent.agency_id == member.agency_id)
    return {consent.case_id: consent for consent in db.session.scalars(mine.order_by(Consent.id))}


def take_caseload(member: AgencyMember, now: datetime) -> list[ClientRow]:
    """A row for each client, as far as consent goes, and a line in the log of each case whose figures are among them."""
    consents = consents_of(member)
    keys = [case_id for case_id, consent in consents.items() if consent.is_open(now)]
    figures = {row.case_id: row for row in db.session.scalars(select(CaseFigures).where(CaseFigures.case_id.in_(keys)))}
    rows, zone = [], ZoneInfo(zone_of(member))
    for client in my_clients(member, now):
        consent = consents.get(client.case_id) if client.case_id else None
        kept = figures.get(client.case_id) if client.case_id else None
        row = _row(client, consent, kept, now, zone)
        if row.figures_of is not None and consent is not None:
            write_down(consent.case_id, AuditAct.TAKE, who_is(consent), consent)
        rows.append(row)
    db.session.flush()
    return rows


def _row(client: Client, consent: Consent | None, kept: CaseFigures | None, now: datetime, zone: ZoneInfo) -> ClientRow:
    if client.case_id is None:
        return ClientRow(client.number, *_own_words(client), "none", None)
    if consent is None or not consent.is_open(now):
        return ClientRow(client.number, None, None, None, None, None, "ended" if consent else "none", None)
    until = consent.expires_at.astimezone(zone) - timedelta(seconds=1)
    seen = _seen(kept, consent) if kept is not None and kept.day is not None else {}
    return ClientRow(client.number, *_own_words(client), str(consent.scope), until.date(), **seen)


def _own_words(client: Client) -> tuple[str | None, str | None, str | None, str | None, date | None]:
    return client.name, client.place, client.contact, client.next_step, client.next_on


def _seen(kept: CaseFigures, consent: Consent) -> dict[str, Any]:
    """The figures whose parts are shared; none at all where no such part is."""
    found = {name: getattr(kept, name) for name, parts in _FIGURES.items() if parts <= frozenset(consent.parts)}
    if found.get("short_what") is not None:
        found["short_what"] = listed(short_names(kept.short_what))
    return found | {"figures_of": kept.day, "currency": kept.currency} if found else {}


def caseload_as(rows: Sequence[ClientRow], ending: str, today: date) -> File:
    """The list as a file. Raises KeyError for a kind there is not."""
    make: dict[str, Callable[[], File]] = {
        "csv": lambda: File(f"clients-{today}.csv", "text/csv; charset=utf-8", caseload_file.csv_bytes(rows)),
        "json": lambda: File(f"clients-{today}.json", "application/json", caseload_file.json_bytes(rows, today)),
    }
    return make[ending]()


def take_case(client: Client, ending: str) -> File:
    """A client's case as far as it is shared. Raises NotFound, AccessEnded, NotShared for what may not leave."""
    case, parts = _opened(client, frozenset())
    if not parts & {Part.BUDGET, Part.LOANS, Part.PLANS}:
        raise NotShared
    today = clock.today(case.timezone)
    value = find_case_file(case, client.number, parts, today)
    stem = f"client-{client.number:04}-{today}"
    if ending == "csv":
        return File(f"{stem}.csv", "text/csv; charset=utf-8", case_file.csv_bytes(value))
    return File(f"{stem}.json", "application/json", case_file.json_bytes(value))


def take_statement(client: Client, ending: str) -> File:
    """A client's standard statement. Raises as `take_case`; budget and loans must both be shared."""
    case, _parts = _opened(client, _STATEMENT)
    return next(file for file in _statements(case, client) if file.name.endswith(ending))


def take_statements(member: AgencyMember, after: int) -> tuple[File, list[LeftOut]]:
    """The statements of the clients with numbers after this one, at most MOST_IN_ZIP, as an archive; and who is left out.

    The archive's README lists both.
    """
    consents, now = consents_of(member), clock.now()
    found: list[tuple[Client, list[File]]] = []
    left_out, rest = [], 0
    for client in (client for client in my_clients(member, now) if client.number > after):
        why = why_not(client, consents.get(client.case_id or 0), now)
        if why:
            left_out.append(LeftOut(client.number, why))
        elif len(found) == MOST_IN_ZIP:
            rest = rest or found[-1][0].number
        else:
            found.append((client, _statements(_opened(client, _STATEMENT)[0], client)))
    today = clock.today(zone_of(member))
    readme = _readme([client.number for client, _files in found], left_out, rest)
    return File(f"statements-{today}.zip", "application/zip", _packed(found, readme, today)), left_out


def why_not(client: Client, consent: Consent | None, now: datetime) -> str:
    """Why a client's statement cannot be taken: no_case, no_consent, not_shared; empty where it can."""
    if client.case_id is None:
        return "no_case"
    if consent is None or not consent.is_open(now):
        return "no_consent"
    return "" if frozenset(consent.parts) >= _STATEMENT else "not_shared"


def why_words(why: str) -> str:
    """The reason in a reader's words."""
    known = {
        "no_case": _("there is no case yet"),
        "no_consent": _("there is no consent now"),
        "not_shared": _("budget and loans are not both shared"),
    }
    return known[why]


def _opened(client: Client, parts: frozenset[Part]) -> tuple[Case, frozenset[str]]:
    """The case through the one door, with a line in its log that something was taken; and the parts that are shared."""
    if client.case_id is None:
        raise NotFound
    g.pop("consent", None)
    case = open_case(client.case_id, Permission.VIEW, parts)
    consent: Consent | None = g.get("consent")
    if consent is None:
        return case, frozenset(Part)
    if consent.agency_id != client.agency_id:
        raise AccessEnded
    write_down(case.id, AuditAct.TAKE, who_is(consent), consent)
    return case, frozenset(consent.parts)


def _statements(case: Case, client: Client) -> list[File]:
    today = clock.today(case.timezone)
    document, facts = statement_document(case, client.number, today)
    stem = f"client-{client.number:04}-statement-{today}"
    return [
        File(f"{stem}.sfs-compatible.json", "application/json", sfs_json.statement_bytes(document, facts)),
        File(f"{stem}.xlsx", XLSX, xlsx_file.statement_bytes(document, facts)),
    ]


def _packed(found: Iterable[tuple[Client, list[File]]], readme: str, today: date) -> bytes:
    """One folder a client, under names of our own making; in memory, for there are at most MOST_IN_ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members(found, readme):
            entry = zipfile.ZipInfo(name, (today.year, today.month, today.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def _members(found: Iterable[tuple[Client, list[File]]], readme: str) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", readme.encode("utf-8-sig")
    for client, files in found:
        for file in files:
            yield f"client-{client.number:04}/{file.name}", file.content


def _readme(numbers: Sequence[int], left_out: Sequence[LeftOut], rest: int) -> str:
    lines = [_("Standard statements of clients: %(list)s", list=", ".join(map(str, numbers)) or "–"), ""]
    lines += [
        _("Client %(number)d is left out: %(why)s", number=each.number, why=why_words(each.why)) for each in left_out
    ]
    if rest:
        lines += ["", _("There are more: take the next ones, after client %(number)d.", number=rest)]
    lines += ["", _("Each of these cases has a line about this in the log its owner reads.")]
    return "\r\n".join(lines) + "\r\n"
