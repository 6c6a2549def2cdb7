"""Which language a reader gets: what they chose, else what their browser asks for, else Chinese."""

from __future__ import annotations

from flask import Request, has_request_context, request
from flask_login import current_user

LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
HTML_LANG = {"zh_Hans_CN": "zh-CN", "en": "en"}
DEFAULT = "zh_Hans_CN"
COOKIE = "lang"


def choose_locale() -> str:
    """The locale of this request: an explicit `?lang=`, the cookie, the account, the browser's wish, Chinese."""
    if not has_request_context():
        return DEFAULT
    for choice in (request.args.get("lang"), request.cookies.get(COOKIE), _of_account()):
        known = find_locale(choice)
        if known:
            return known
    return _of_browser(request)


def find_locale(text: str | None) -> str | None:
    """One of LOCALES for a language tag such as zh, zh-CN or en_GB; None for a language we do not have."""
    language = (text or "").replace("_", "-").split("-")[0].lower()
    return {"zh": "zh_Hans_CN", "en": "en"}.get(language)


def html_lang(locale: str) -> str:
    """The value of the page's lang attribute."""
    return HTML_LANG[find_locale(locale) or DEFAULT]


def _of_account() -> str | None:
    return current_user.locale if current_user.is_authenticated else None


def _of_browser(asked: Request) -> str:
    if not asked.accept_languages:
        return DEFAULT
    wishes = (find_locale(tag) for tag, _quality in asked.accept_languages)
    return next((wish for wish in wishes if wish), "en")
