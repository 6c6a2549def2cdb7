"""The page of one client, which every form about a client comes back to, and what all pages of the desk may call."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for

from .. import clock
from ..consent.clients import has_borrower
from ..models import AgencyMember, Client
from . import listing, notes, panel, words
from .clients import zone_of
from .forms import HOWS, NextStepForm, NoteForm, TaskForm


def show_client(member: AgencyMember, client_id: int, **changed: Any) -> str:
    """The page; `changed` are forms that were filled in wrongly, and whether somebody else saved meanwhile."""
    now, zone = clock.now(), zone_of(member)
    found = panel.look(member, client_id, now, clock.today(zone))
    client = found.client
    step = NextStepForm(
        formdata=None, data={"next_step": client.next_step, "next_on": client.next_on, "version": client.version}
    )
    values: dict[str, Any] = {
        "note_form": NoteForm(formdata=None), "task_form": TaskForm(formdata=None), "step_form": step, "stale": False,
        "is_unclaimed": _is_unclaimed(member, client),
    } | changed  # fmt: skip
    return render_template(
        "caseload/detail.html", p=found, member=member, now=now,
        notes=notes.notes_of(client), tasks=notes.tasks_of(client), appointments=notes.appointments_of(client, now), **values,
    )  # fmt: skip


def _is_unclaimed(member: AgencyMember, client: Client) -> bool:
    """Whether a file waits for its owner, and this counsellor looks after it until then."""
    if client.case_id is None or client.counsellor_id != member.user_id:
        return False
    return not has_borrower(client.case_id)


def for_templates(bp: Blueprint) -> None:
    """Let the templates of these views say things about clients."""
    names = {"words": words, "listing": listing, "panel": panel, "HOWS": HOWS, "case_address": _case_address}
    bp.context_processor(lambda: names)


def _case_address(found: panel.Panel) -> str | None:
    """Where "Open case" leads; None where nothing that has a page is shared."""
    shared = found.shared
    return url_for(shared.first_page, case_id=shared.case.id) if shared and shared.first_page else None
