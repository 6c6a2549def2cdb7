"""The letters: the list, one of them filled and open to be edited, and its download. Nothing of it is stored."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from .. import clock
from ..access import Permission, may, needs
from ..documents.asking import kind_words
from ..documents.letters import LETTERS, letter_for, letter_pdf
from ..documents.proposal import SHOWN_AT_FIRST
from ..errors import NotFound
from ..i18n import html_lang
from ..models import Case, Part
from ..proposals.blueprint import is_own_draft
from . import services, words
from .forms import MOST_CONTACTS, ContactForm, TextForm, WishesForm, mark_of
from .services import Subject

bp = Blueprint("letters", __name__, url_prefix="/c/<int:case_id>/letters")
Page = str | tuple[str, int] | Response
ONE = f"/<any({', '.join(LETTERS)}):letter>"


@bp.get("")
@needs(Permission.VIEW, Part.PLANS)
def index(case: Case) -> Page:
    return render_template("letters/index.html", letters=words.all_letters(), about=_about())


@bp.get(ONE)
@needs(Permission.VIEW, Part.PLANS)
def detail(case: Case, letter: str) -> Page:
    subject = find(case, letter)
    if subject is None:
        return _choice_page(case, letter)
    if subject.obstacle:
        return render_template(
            "letters/other.html", s=subject, words=words, kind_words=kind_words, letter_for=letter_for,
            edits=may(Permission.RECORD) or (subject.item is not None and is_own_draft(subject.item.proposal)),
        )  # fmt: skip
    form, contacts = WishesForm(formdata=None, data=_first_values(subject)), contact_forms(formdata=None)
    text = "" if letter == "complaint" else services.write(subject, form.wishes(subject.parts))
    return letter_page(subject, form, contacts, _text_form(text))


@bp.post(ONE)
@needs(Permission.DRAFT, Part.PLANS)
def write(case: Case, letter: str) -> Page:
    """Fill it again with what is ticked, or give the text as it was edited."""
    subject, form, text = find(case, letter), WishesForm(), TextForm()
    if subject is None:
        raise NotFound
    contacts = contact_forms()
    if request.form.get("step") in ("pdf", "txt"):
        if all([text.validate(), form.language.validate(form)]):
            return _download(subject, text.text.data or "", form.language.data, request.form["step"])
        return letter_page(subject, form, contacts, text), 422
    if not are_sound(subject, form, contacts, text):
        return letter_page(subject, form, contacts, text), 422
    facts = tuple(each.fact() for each in contacts if not each.is_empty)
    made = services.write(subject, form.wishes(subject.parts, facts))
    return letter_page(subject, form, contacts, _text_form(made), text.text.data if text.is_edited else None)


def find(case: Case, letter: str) -> Subject | None:
    """What the address names. Raises NotFound for a row of another case."""
    about = _about()
    return services.find_subject(case, letter, (about.get("item"), about.get("loan")), clock.today(case.timezone))


def _about() -> dict[str, int]:
    """The keys in the address, to be carried from page to page. Raises NotFound for one that no row can have."""
    given = {name: request.args[name] for name in ("item", "loan") if request.args.get(name)}
    if not all(text.isascii() and text.isdecimal() and len(text) < 18 for text in given.values()):
        raise NotFound
    return {name: int(text) for name, text in given.items()}


def _first_values(subject: Subject) -> dict[str, Any]:
    """As for a link: what is needed to be believed is ticked, how to reach the borrower is theirs to add."""
    plan = subject.item.proposal if subject.item else None
    named = {
        "borrower_name": (plan and plan.borrower_name) or (current_user.name if may(Permission.MANAGE) else None),
        "borrower_contact": plan and plan.borrower_contact, "language": html_lang(str(get_locale()))[:2],
    }  # fmt: skip
    return {part: part in SHOWN_AT_FIRST for part in subject.parts} | named


def contact_forms(**options: Any) -> list[ContactForm]:
    """A form for each contact that a complaint may name."""
    return [ContactForm(prefix=f"c{n}-", **options) for n in range(1, MOST_CONTACTS + 1)]


def _text_form(text: str) -> TextForm:
    return TextForm(formdata=None, data={"text": text.strip(), "filled": mark_of(text)})


def are_sound(subject: Subject, form: WishesForm, contacts: list[ContactForm], text: TextForm) -> bool:
    """Whether the letter can be filled; the reason stands in the forms."""
    sound = all([form.validate(), *(each.validate() for each in contacts)])
    if subject.letter == "complaint" and all(each.is_empty for each in contacts):
        contacts[0].refuse("what", _("Write what happened"))
        return False
    if subject.obstacle:
        text.refuse(
            "text", _("The plan no longer asks for this. Your text is kept here; look at the plan before you send it")
        )
    return sound and not subject.obstacle


def _download(subject: Subject, text: str, lang: str, ending: str) -> Response:
    """The edited text as a file. As text it begins with the mark by which old editors know UTF-8, and ends lines as they do."""
    if ending == "pdf":
        title = words.title_of(subject.letter, lang)
        content, kind = letter_pdf(text, lang=lang, title=title, written_on=subject.today), "application/pdf"
    else:
        content, kind = (text.replace("\n", "\r\n") + "\r\n").encode("utf-8-sig"), "text/plain; charset=utf-8"
    name = f"letter-{subject.letter}-{subject.today}.{ending}"
    return Response(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _choice_page(case: Case, letter: str) -> str:
    """Which creditor is meant, or the plan that is needed first."""
    today = clock.today(case.timezone)
    needs_plan, loan = letter in services.REQUESTS, _about().get("loan")
    fresh = services.loans_without_plan(case, today) if needs_plan else []
    return render_template(
        "letters/choose.html", letter=letter, words=words, items=services.items_of(case) if needs_plan and not loan else [],
        fresh=[place for place in fresh if loan in (None, place.loan.id)],
        positions=[] if needs_plan else services.loans_for(case, letter, today),
    )  # fmt: skip


def letter_page(
    subject: Subject, form: WishesForm, contacts: list[ContactForm], text: TextForm, before: str | None = None
) -> str:
    """The page on which a letter is filled, edited, and taken away."""
    return render_template(
        "letters/detail.html", s=subject, form=form, contacts=contacts, text=text, before=before, words=words, about=_about(),
    )  # fmt: skip
