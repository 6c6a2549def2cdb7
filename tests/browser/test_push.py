"""Notifications in a real Chromium: switched on by a tap, pushed into the service worker, and opened where they lead.

Google's push service lies outside this machine, so the browser's own subscription is replaced by one at the service of these
tests; what arrives there, decrypted, is then delivered to the worker as the browser would do it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from planner.config import Settings
from planner.delivery import Action, Message, web_push
from planner.extensions import db
from planner.models import SignIn
from planner.reminders import push
from tests.browser.looking import Window, until
from tests.browser.push_site import Site
from tests.conftest import NOW
from tests.delivery.push_service import Device, PushService
from tests.factories import Household

pytestmark = pytest.mark.browser
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
# A subscription that lives as long as this browser's storage, as a real one does.
FAKE = """(given) => {
  const make = () => {
    const key = Uint8Array.from(atob(localStorage.fakeKey.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt());
    return { ...given, options: { applicationServerKey: key.buffer }, toJSON: () => given,
      unsubscribe: async () => { localStorage.removeItem('fakeKey'); return true; } };
  };
  PushManager.prototype.getSubscription = async () => localStorage.fakeKey ? make() : null;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new Error('a silent push is not allowed');
    if (self.pushFails) throw new DOMException('push service error', 'AbortError');
    localStorage.fakeKey = applicationServerKey;
    return make();
  };
}"""


@pytest.fixture
def site(settings: Settings, push_service: PushService) -> Iterator[Site]:
    made = Site(settings, push_service)
    yield made
    made.close()


Open = Callable[..., Window]


@pytest.fixture
def opened(chromium: Any, site: Site, household: Household) -> Iterator[Open]:
    """Opens the page with the switch as the household's borrower, in English, in a browser with the given subscription."""
    windows: list[Window] = []

    def open_page(device: Device | None = None, *, granted: bool = True, **options: Any) -> Window:
        window = Window(chromium, site.url, **({"locale": "en-GB"} | options))
        windows.append(window)
        if device is not None:
            window.context.add_init_script(f"({FAKE})({json.dumps(device.as_dict())})")
        if granted:
            window.context.grant_permissions(["notifications"], origin=site.url)
        site.sign_in(window, household.user_id)
        window.open(f"/c/{household.case_id}/reminders")
        return window

    yield open_page
    for window in windows:
        window.context.close()


def shown(window: Window) -> str:
    """Which part of the block is shown."""
    parts = "[...document.querySelectorAll('[data-push-state]')].filter(e => !e.hidden).map(e => e.dataset.pushState).join()"
    return str(window.page.evaluate(parts))


def switch_on(window: Window, site: Site) -> None:
    """Tap the switch and wait until the server knows the device."""
    until(window.page, "!document.querySelector('[data-push-state=ready]').hidden")
    window.page.locator("#push-switch").click()
    until(window.page, "localStorage.push !== undefined")
    assert len(site.devices()) == 1


# ---- The switch ----


def test_a_tap_switches_notifications_on_and_off(site: Site, opened: Open, household: Household) -> None:
    device = site.service.device()
    window = opened(device)
    until(window.page, "!document.querySelector('[data-push-state=ready]').hidden")
    assert not window.page.locator("#push-switch").is_checked()
    switch_on(window, site)
    [row] = site.devices()
    assert (row.endpoint, row.user_id) == (device.endpoint, household.user_id)
    assert window.page.evaluate("localStorage.fakeKey") == web_push.public_key(site.settings)
    window.page.reload()
    until(window.page, "document.querySelector('#push-switch').checked")
    window.page.locator("#push-switch").click()
    until(window.page, "localStorage.fakeKey === undefined && !document.querySelector('#push-switch').checked")
    until(window.page, "localStorage.push === undefined")
    window.page.wait_for_load_state("networkidle")
    assert site.devices() == []
    window.look()


def test_permission_is_asked_for_on_a_tap_alone_and_a_refusal_says_how_to_allow(site: Site, opened: Open) -> None:
    window = opened(site.service.device(), granted=False)
    asked = "Notification.requestPermission = async () => { self.asked = (self.asked ?? 0) + 1; return Notification.permission; }"
    window.context.add_init_script(f"""let now = 'default'; {asked};
        Object.defineProperty(Notification, 'permission', {{ get: () => now }}); self.setPermission = (p) => {{ now = p; }};""")
    window.page.reload()
    until(window.page, "!document.querySelector('[data-push-state=ready]').hidden")
    assert window.page.evaluate("self.asked") is None
    window.page.locator("#push-switch").click()  # the question is put aside without an answer
    until(window.page, "self.asked === 1")
    until(window.page, "!document.querySelector('#push-switch').checked")
    assert shown(window) == "ready"
    window.page.evaluate("self.setPermission('denied')")
    window.page.locator("#push-switch").click()
    until(window.page, "!document.querySelector('[data-push-state=denied]').hidden")
    window.shows("This browser blocks notifications from Steady", "set Notifications to “Allow”")
    assert site.devices() == []
    window.look()


def test_what_the_browser_has_denied_for_good_is_said_at_once(site: Site, opened: Open) -> None:
    window = opened(site.service.device(), granted=False)
    window.context.grant_permissions([], origin=site.url)  # everything else is denied by that
    window.page.reload()
    until(window.page, "Notification.permission === 'denied'")
    until(window.page, "!document.querySelector('[data-push-state=denied]').hidden")


def test_a_push_service_out_of_reach_leaves_the_switch_off_and_says_so(site: Site, opened: Open) -> None:
    window = opened(site.service.device())
    window.page.evaluate("self.pushFails = true")
    until(window.page, "!document.querySelector('[data-push-state=ready]').hidden")
    window.page.locator("#push-switch").click()
    until(window.page, "!document.querySelector('[data-push-error]').hidden")
    window.shows("Check the connection and try again")
    assert not window.page.locator("#push-switch").is_checked()
    assert site.devices() == []
    window.page.evaluate("self.pushFails = false")
    switch_on(window, site)
    assert window.page.locator("[data-push-error]").is_hidden()


def test_an_address_the_server_refuses_is_said_in_its_words(site: Site, opened: Open) -> None:
    window = opened(Device("https://10.0.0.1/x"))
    until(window.page, "!document.querySelector('[data-push-state=ready]').hidden")
    window.page.locator("#push-switch").click()
    until(window.page, "!document.querySelector('[data-push-error]').hidden")
    window.shows("an address for notifications that we do not send to")
    assert not window.page.locator("#push-switch").is_checked()


def test_a_phone_that_needs_the_home_screen_first_says_so(opened: Open) -> None:
    window = opened(None, user_agent=IPHONE)
    window.context.add_init_script("delete self.PushManager; delete self.Notification;")
    window.page.reload()
    until(window.page, "!document.querySelector('[data-push-state=ios]').hidden")
    assert shown(window) == "ios"
    window.shows("add Steady to the home screen first")
    window.context.add_init_script("Object.defineProperty(navigator, 'standalone', { value: true })")
    window.page.reload()
    until(window.page, "!document.querySelector('[data-push-state=unsupported]').hidden")
    window.shows("This browser cannot show notifications")


def test_without_javascript_the_page_says_what_works(opened: Open) -> None:
    window = opened(None, js=False)
    window.shows("Notifications on this device need JavaScript")
    assert not window.page.locator("#push-switch").is_visible()
    window.look()


# ---- Staying known ----


def test_the_device_is_announced_once_a_launch_and_again_after_a_day(site: Site, opened: Open) -> None:
    window = opened(site.service.device())
    switch_on(window, site)
    posts: list[str] = []
    window.page.on(
        "request", lambda request: posts.append(request.url) if request.url.endswith("/push/subscribe") else None
    )
    for _ in range(2):
        window.open("/account")  # outside the tabs: nothing to announce there
        window.open("/")
        window.page.wait_for_load_state("networkidle")
    assert posts == []
    window.page.evaluate("""() => { sessionStorage.clear();
        localStorage.push = JSON.stringify({ ...JSON.parse(localStorage.push), at: Date.now() - 25 * 3600 * 1000 }); }""")
    window.open("/")
    until(window.page, "sessionStorage.heard !== undefined")
    assert posts == [f"{site.url}/push/subscribe"]
    window.open("/")
    window.page.wait_for_load_state("networkidle")
    assert len(posts) == 1


def test_a_new_sign_in_of_the_same_person_is_told_at_once(site: Site, opened: Open, household: Household) -> None:
    window = opened(site.service.device())
    switch_on(window, site)
    with site.app.app_context():  # signed out from another device
        for row in db.session.scalars(select(SignIn)):
            db.session.delete(row)
        db.session.commit()
    assert site.devices() == []
    site.sign_in(window, household.user_id)
    window.open("/")
    until(window.page, "sessionStorage.heard?.split('.')[1] === document.documentElement.dataset.who.split('.')[1]")
    assert [row.user_id for row in site.devices()] == [household.user_id]


def test_another_person_on_the_same_browser_is_not_signed_up(site: Site, opened: Open, household: Household) -> None:
    window = opened(site.service.device())
    switch_on(window, site)
    site.sign_in(window, household.stranger_id)
    window.open("/")
    until(window.page, "localStorage.push === undefined && localStorage.fakeKey === undefined")
    assert household.stranger_id not in [row.user_id for row in site.devices()]


def test_another_key_of_the_server_makes_a_new_subscription(site: Site, opened: Open) -> None:
    window = opened(site.service.device())
    switch_on(window, site)
    window.page.evaluate("localStorage.fakeKey = 'BAAA'; localStorage.removeItem('push')")
    window.page.reload()
    switch_on(window, site)
    assert window.page.evaluate("localStorage.fakeKey") == web_push.public_key(site.settings)


def test_signing_out_ends_the_subscription_on_the_device_too(site: Site, opened: Open, household: Household) -> None:
    window = opened(site.service.device())
    switch_on(window, site)
    window.open(f"/c/{household.case_id}/more")
    until(window.page, "sessionStorage.heard !== undefined")  # nothing else asks for the subscription from here on
    window.page.evaluate("""() => { PushManager.prototype.getSubscription =
        async () => ({ unsubscribe: async () => { document.cookie = 'ended=yes; path=/'; } }); }""")
    window.page.locator("form[data-signout] button").first.click()
    window.page.wait_for_url("**/welcome")
    assert "ended=yes" in window.page.evaluate("document.cookie")
    assert window.page.evaluate("localStorage.push") is None
    assert site.devices() == []


# ---- What is pushed ----


def worker_of(window: Window) -> Any:
    """The service worker, running."""
    window.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    workers = window.context.service_workers
    return workers[0] if workers else window.context.wait_for_event("serviceworker")


def push_into(window: Window, data: str) -> None:
    """Deliver a push message to the worker as the browser does when one arrives."""
    session = window.context.new_cdp_session(window.page)
    registrations: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    window.page.wait_for_timeout(200)
    mine = next(each for each in registrations if each["scopeURL"].startswith(window.url))
    message = {"origin": window.url, "registrationId": mine["registrationId"], "data": data}
    session.send("ServiceWorker.deliverPushMessage", message)


def notifications(window: Window, count: int) -> list[dict[str, Any]]:
    """What is shown on the lock screen, once there are that many."""
    looked = """() => navigator.serviceWorker.getRegistration().then(r => r.getNotifications()).then(all => all.map(
        n => ({ title: n.title, body: n.body, tag: n.tag, icon: n.icon, actions: n.actions.map(a => [a.action, a.title]) })))"""
    for _ in range(400):
        found: list[dict[str, Any]] = window.page.evaluate(looked)
        if len(found) == count:
            return found
        window.page.wait_for_timeout(50)
    raise AssertionError(f"{len(found)} notifications instead of {count}")


CLICK = """async (action) => {
  self.opened = [];
  clients.openWindow = async (url) => { self.opened.push(url); return null; };
  const [notification] = await registration.getNotifications();
  const waiting = [];
  const event = new NotificationEvent('notificationclick', { notification, action });
  event.waitUntil = (promise) => waiting.push(promise);
  dispatchEvent(event);
  await Promise.all(waiting);
  return [self.opened, (await registration.getNotifications()).length];
}"""


def test_a_reminder_travels_from_the_app_to_the_lock_screen_and_each_button_leads_where_it_says(
    site: Site, opened: Open, household: Household
) -> None:
    """The whole way, encrypted between app and push service, and delivered to the worker in the browser."""
    window = opened(site.service.device())
    switch_on(window, site)
    [row] = site.devices()
    case = f"/c/{household.case_id}"
    actions = (Action("paid", "It is paid", f"{case}/loans"), Action("options", "See options", f"{case}/radar"))
    words = ("Steady: a reminder for 18 Dec", "Does it fit?", "key-1")
    message = Message(push.address_of(row), *words, url=f"{case}/reminders/list", actions=actions)
    worker = worker_of(window)
    for action, path in (("", f"{case}/reminders/list"), ("paid", f"{case}/loans"), ("options", f"{case}/radar")):
        with web_push.connect(site.settings) as pusher:
            pusher.send(message, NOW)
            pusher.send(message, NOW)  # a repeat after a crash takes the first one's place
        assert site.service.faults == []
        for pushed in site.service.pushed[-2:]:
            push_into(window, json.dumps(pushed.message))
            window.page.wait_for_timeout(400)
        [note] = notifications(window, 1)
        assert (note["title"], note["body"], note["tag"]) == words
        assert note["actions"] == [["paid", "It is paid"], ["options", "See options"]]
        assert note["icon"].endswith("icons/icon-192.png")
        worker.evaluate(CLICK, action)
        window.page.wait_for_url(f"**{path}")
        assert notifications(window, 0) == []


def test_with_no_window_open_a_click_opens_one(site: Site, opened: Open) -> None:
    window = opened(site.service.device())
    worker = worker_of(window)
    push_into(
        window,
        json.dumps({"title": "t", "url": "/account", "actions": [{"action": "a", "title": "b", "url": "/welcome"}]}),
    )
    notifications(window, 1)
    worker.evaluate("clients.matchAll = async () => []")
    assert worker.evaluate(CLICK, "a") == [[f"{site.url}/welcome"], 0]
    push_into(window, json.dumps({"title": "t", "url": "https://evil.example/x"}))
    notifications(window, 1)
    assert worker.evaluate(CLICK, "") == [[site.url], 0], "never to somebody else's page"


@pytest.mark.parametrize("data", ["", "no JSON", "null", "5", '{"actions": 5}', '{"title": null, "actions": [null]}'])
def test_a_notification_is_shown_whatever_is_pushed(opened: Open, data: str) -> None:
    """Browsers take the permission away from those who push without showing anything."""
    window = opened()
    worker_of(window)
    push_into(window, data)
    [note] = notifications(window, 1)
    assert note["title"]


def test_another_push_address_is_told_to_the_server(site: Site, opened: Open, household: Household) -> None:
    device, fresh = site.service.device(), site.service.device()
    window = opened(device)
    switch_on(window, site)
    worker = worker_of(window)
    worker.evaluate(
        """async ([old, fresh]) => {
            let asked;
            registration.pushManager.subscribe = async (wanted) => { asked = wanted; return fresh; };
            const waiting = [];
            const event = new ExtendableEvent('pushsubscriptionchange');
            Object.assign(event, { oldSubscription: old, newSubscription: null });
            event.waitUntil = (promise) => waiting.push(promise);
            dispatchEvent(event);
            await Promise.all(waiting);
            if (!asked.userVisibleOnly) throw new Error('silent');
        }""",
        [device.as_dict(), fresh.as_dict()],
    )
    assert [(row.endpoint, row.user_id) for row in site.devices()] == [(fresh.endpoint, household.user_id)]
    # Over https a post without this header is refused as forged.
    assert site.referrers == [f"{site.url}/c/{household.case_id}/reminders", f"{site.url}/sw.js", f"{site.url}/sw.js"]
