"""Reading pages as a strict browser would: every page a test fetches through `get` or `post` is checked for broken HTML."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_PARSER_NOISE = {"expected-doctype-but-got-start-tag"}
_LABELLED = {"input", "select", "textarea"}


def get(client: FlaskClient, address: str, status: int = 200, **kwargs: Any) -> str:
    """The text of a page, after checking its status and its HTML."""
    return _checked(client.get(address, **kwargs), status)


def post(client: FlaskClient, address: str, data: dict[str, Any], status: int = 302, **kwargs: Any) -> str:
    """The text of the answer to a form, after checking its status and its HTML."""
    answer = client.post(address, data=data, **kwargs)
    if status == 302 and answer.status_code == 303:
        return answer.location or ""
    text = _checked(answer, status)
    return answer.location or text if status in (302, 303) else text


def words(html: str) -> str:
    """The visible words of a page with white space folded, no-break spaces included."""
    body = re.sub(r"(?s)<(script|style|svg|title)\b.*?</\1>", " ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").split())


def _checked(answer: TestResponse, status: int) -> str:
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, f"{answer.status_code} instead of {status}: {words(text)[:400]}"
    if answer.mimetype == "text/html" and status not in (302, 303):
        assert_sound(text)
    return text


def assert_sound(html: str) -> None:
    """Fail for a parse error, a duplicate id, a field without a label, two h1, or a missing language."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html)
    faults = [(pos, code) for pos, code, _data in parser.errors if code not in _PARSER_NOISE]
    assert not faults, f"broken HTML: {faults[:3]}"
    _assert_ids(root)
    _assert_labels(root)
    assert len(list(root.iter("h1"))) == 1, "a page has one h1"
    assert root.get("lang"), "a page says its language"


def _assert_ids(root: Element) -> None:
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    double = {i for i in ids if ids.count(i) > 1}
    assert not double, f"ids used twice: {double}"
    for element in root.iter():
        for name in ("aria-describedby", "aria-labelledby", "for"):
            for target in (element.get(name) or "").split():
                assert target in ids, f"{name} points to {target}, which is not there"


def _assert_labels(root: Element) -> None:
    labelled = {label.get("for") for label in root.iter("label")}
    inside = {id(field) for label in root.iter("label") for field in label.iter() if field.tag in _LABELLED}
    for field in root.iter():
        if field.tag in _LABELLED and field.get("type") not in ("hidden", "submit"):
            named = (
                field.get("id") in labelled
                or id(field) in inside
                or field.get("aria-label")
                or field.get("aria-labelledby")
            )
            assert named, f"field {field.get('name')} has no label"
