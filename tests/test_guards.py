"""Rules over the whole app, drawn from the app itself, so that what is added later is held to them too."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from planner.access import Permission
from tests.addresses import address_values
from tests.factories import Household

ROOT = Path(__file__).resolve().parent.parent
RULES = {"public", "signed_in", "agency_admin", "agency_counsellor", *Permission}


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route but the static one, with what its view states about access."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule, getattr(app.view_functions[rule.endpoint], "access_rule", "")


def test_every_route_states_who_may_use_it(app: Flask) -> None:
    silent = [rule.rule for rule, stated in rules(app) if stated not in RULES]
    assert not silent, f"without @public, @signed_in or @needs: {silent}"


def test_a_route_with_a_case_needs_a_permission_and_one_without_has_none(app: Flask) -> None:
    wrong = [rule.rule for rule, stated in rules(app) if ("case_id" in rule.arguments) != (stated in set(Permission))]
    assert not wrong


def test_a_view_permission_is_never_enough_to_post(app: Flask) -> None:
    wrong = [
        rule.rule
        for rule, stated in rules(app)
        if stated == Permission.VIEW and {"POST", "PUT", "DELETE"} & rule.methods
    ]
    assert not wrong, f"these change something with a permission to look: {wrong}"


def case_addresses(app: Flask, household: Household) -> Iterator[tuple[str, str, str]]:
    """Each address under the household's case: endpoint, method, path filled with keys of its rows."""
    adapter = app.url_map.bind("localhost")
    for rule, _stated in rules(app):
        if "case_id" in rule.arguments:
            known = address_values(household, rule)
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield rule.endpoint, method, adapter.build(rule.endpoint, known, method=method)


def test_a_stranger_finds_nothing_anywhere(app: Flask, household: Household, stranger: FlaskClient) -> None:
    answers = {(e, m): stranger.open(path, method=m).status_code for e, m, path in case_addresses(app, household)}
    assert answers
    assert {key: status for key, status in answers.items() if status != 404} == {}


def test_nobody_is_sent_to_sign_in_everywhere(app: Flask, household: Household, client: FlaskClient) -> None:
    for endpoint, method, path in case_addresses(app, household):
        answer = client.open(path, method=method)
        assert answer.status_code == 302, (endpoint, method, answer.status_code)
        assert "/sign-in" in answer.location


def test_a_viewer_may_post_nothing(app: Flask, household: Household, viewer: FlaskClient) -> None:
    for endpoint, method, path in case_addresses(app, household):
        if method == "POST":
            assert viewer.open(path, method=method).status_code == 403, endpoint


def test_a_case_number_that_does_not_exist_looks_like_a_strangers(household: Household, stranger: FlaskClient) -> None:
    theirs = stranger.get(f"/c/{household.case_id}/budget")
    nobodys = stranger.get("/c/987654321/budget")
    assert theirs.status_code == nobodys.status_code == 404
    same = {re.sub(r'nonce="[^"]+"', "", answer.get_data(as_text=True)) for answer in (theirs, nobodys)}
    assert len(same) == 1


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda p: p.name)
def test_templates_have_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.parent.name == "emails":
        assert "<script" not in text
        return
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", text), "the content security policy forbids it"
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", text), "nothing is loaded from elsewhere"


def test_every_template_is_used() -> None:
    sources = "".join(
        p.read_text("utf-8") for folder in ("planner", "templates") for p in (ROOT / folder).rglob("*.[ph][yt]*")
    )
    unused = [
        name for path in (ROOT / "templates").rglob("*.*") if (name := path.relative_to(ROOT / "templates").as_posix())
        and name.rsplit(".", 1)[0] not in sources
    ]  # fmt: skip
    assert not unused


def test_the_engine_loads_without_the_web_or_the_database() -> None:
    code = (
        "import sys, pkgutil, importlib, planner.engine as e\n"
        "[importlib.import_module(f'planner.engine.{m.name}') for m in pkgutil.iter_modules(e.__path__)]\n"
        "print([m for m in ('flask', 'sqlalchemy', 'babel', 'wtforms') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
