"""Passkeys and an authenticator app in a real Chromium, whose virtual authenticator stands for the finger on the phone."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from flask import Flask
from werkzeug.serving import make_server

from planner.app import create_app
from planner.config import Settings
from tests.browser.looking import Window, until
from tests.conftest import NOW
from tests.factories import Household

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
PHONE_KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def site(settings: Settings, household: Household) -> Iterator[str]:
    """The app at an address with a name: browsers give an IP address no passkeys."""
    app: list[Flask] = []
    server = make_server("127.0.0.1", 0, lambda environ, start: app[0](environ, start), threaded=True)
    url = f"http://localhost:{server.server_port}"
    app.append(create_app(replace(settings, base_url=url)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()
    app[0].extensions["planner_engine"].dispose()


class Phone:
    """A window with a virtual authenticator."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.devtools = window.context.new_cdp_session(window.page)
        self.devtools.send("WebAuthn.enable")
        added = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE_KEY})
        self.id = added["authenticatorId"]

    def keys(self) -> list[dict[str, Any]]:
        found = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    def verifies(self, does: bool) -> None:
        """Whether the finger is the right one."""
        self.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": does})


def sign_in(window: Window) -> None:
    window.open("/sign-in")
    window.fill(email="sun@example.org", password=PASSWORD)
    window.press("Sign in")


def sign_out(window: Window) -> None:
    window.context.clear_cookies()


def arrives(window: Window, path: str) -> None:
    until(window.page, f"location.pathname === '{path}' && document.readyState === 'complete'")


def test_a_passkey_is_added_and_signs_in_with_the_password_and_without(chromium: Any, site: str) -> None:
    with Window(chromium, site, locale="en-GB") as window:
        phone = Phone(window)
        sign_in(window)
        window.open("/account/second-factor")
        window.look("second-factor-none")
        window.press("Add a passkey")
        window.look("passkey-new")
        window.press("Add a passkey")
        arrives(window, "/account/second-factor/codes")
        window.look("recovery-codes")
        [key] = phone.keys()
        assert (key["rpId"], key["isResidentCredential"]) == ("localhost", True)
        window.press("I have kept them")
        window.shows("Chrome", "added 9 Dec 2026", "10 codes are left")
        window.look("second-factor-passkey")

        sign_out(window)
        sign_in(window)
        arrives(window, "/sign-in/second")
        window.look("prove-passkey")
        window.press("Use a passkey")
        arrives(window, "/")
        window.open("/account")
        window.shows("proved a second factor", "On: a password alone does not open your account")
        window.look("devices")

        sign_out(window)
        window.open("/sign-in")
        window.look("sign-in")
        window.press("Sign in with a passkey")
        arrives(window, "/")
        window.open("/account/second-factor")
        window.shows("last used 9 Dec 2026")
        assert phone.keys()[0]["signCount"] >= 3


def test_a_wrong_finger_and_a_second_key_on_the_same_phone_are_said_in_words(chromium: Any, site: str) -> None:
    with Window(chromium, site, locale="en-GB") as window:
        phone = Phone(window)
        sign_in(window)
        window.open("/account/passkeys/new")
        phone.verifies(False)
        window.press("Add a passkey")
        until(window.page, "document.querySelector('[data-passkey-says]').textContent.includes('Nothing was sent')", 70)
        assert not window.page.locator("button[aria-disabled]").count(), "it can be tried again"
        phone.verifies(True)
        window.press("Add a passkey")
        arrives(window, "/account/second-factor/codes")
        window.open("/account/passkeys/new")
        window.press("Add a passkey")
        until(
            window.page, "document.querySelector('[data-passkey-says]').textContent.includes('already has a passkey')"
        )
        window.assert_clean()


def test_a_browser_without_passkeys_says_so(chromium: Any, site: str) -> None:
    with Window(chromium, site, locale="en-GB") as window:
        window.context.add_init_script("delete self.PublicKeyCredential")
        window.open("/sign-in")
        until(window.page, "document.querySelector('[data-passkey-says]').textContent.includes('cannot use passkeys')")
        assert not window.page.get_by_role("button", name="Sign in with a passkey").is_visible()
        window.assert_clean()


@pytest.mark.parametrize("js", [True, False])
def test_an_authenticator_app_is_set_up_and_used_with_and_without_script(chromium: Any, site: str, js: bool) -> None:
    with Window(chromium, site, js=js, locale="en-GB") as window:
        sign_in(window)
        window.open("/account/second-factor")
        window.press("Set up an app")
        secret = window.page.locator("#app-key").inner_text().replace(" ", "")
        window.look("app-new")
        window.fill(code="000000")
        window.press("Finish")
        window.shows("This code is not right any more")
        window.faults.clear()  # the browser reports the 422 we asked for
        window.fill(code=pyotp.TOTP(secret).at(NOW))
        window.press("Finish")
        window.shows("Keep these codes now")
        codes = re.findall(r"[a-z2-9]{5}-[a-z2-9]{5}", window.words())
        assert len(codes) == 10
        window.look("recovery-codes-app")
        window.press("I have kept them")
        window.look("second-factor-app")
        sign_out(window)
        sign_in(window)
        window.page.get_by_text("Use a recovery code").click()
        window.look("prove-app")
        window.fill(recovery=codes[0].upper())
        window.press("Use this code")
        window.open("/account")
        window.shows("proved a second factor")
