"""What the browser needs to install the app and to open it without a network."""

from __future__ import annotations

import json
import re
import struct

from flask.testing import FlaskClient

from planner.rendering import static_version
from tests.pages import get, words


def shell(worker: str) -> list[str]:
    found = re.search(r"const SHELL = (\[.*?\]);", worker)
    assert found
    addresses: list[str] = json.loads(found[1])
    return addresses


def test_the_manifest_names_the_app_and_icons_that_are_what_they_say(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest?lang=en")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    assert (manifest["name"], manifest["lang"], manifest["dir"]) == ("Steady", "en", "ltr")
    assert (manifest["start_url"], manifest["scope"], manifest["id"], manifest["display"]) == (
        "/",
        "/",
        "/",
        "standalone",
    )
    for icon in manifest["icons"]:
        data = client.get(icon["src"]).data
        assert f"{'x'.join(map(str, struct.unpack('>II', data[16:24])))}" == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}, "what Chrome asks for to install"


def test_a_chinese_page_installs_a_chinese_app(client: FlaskClient) -> None:
    link = re.search(r'rel="manifest" href="([^"]+)"', get(client, "/", headers={"Accept-Language": "zh-CN"}))
    assert link
    manifest = client.get(link[1], headers={"Accept-Language": "en"}).get_json(force=True)
    assert (manifest["short_name"], manifest["lang"]) == ("稳步", "zh-CN"), "the browser fetches it without our cookies"


def test_the_worker_is_filled_in_and_every_file_of_its_shell_is_there(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/javascript"
    assert (answer.headers["Service-Worker-Allowed"], answer.headers["Cache-Control"]) == ("/", "no-cache")
    assert "__" not in re.sub(r"//.*", "", text.splitlines()[0])
    assert static_version() in text
    assert "/offline" in shell(text)
    for address in shell(text):
        assert client.get(address).status_code == 200, address


def test_the_offline_page_holds_nothing_of_anybody(client: FlaskClient, borrower: FlaskClient) -> None:
    """It stays on the phone for whoever uses it next."""

    def bare(page: str) -> str:
        return re.sub(r'nonce="[^"]+"', "", page)

    anybody = get(client, "/offline?lang=en")
    assert bare(anybody) == bare(get(borrower, "/offline?lang=en"))
    assert "There is no connection now" in words(anybody)
    assert "csrf" not in anybody


def test_a_browser_that_asks_for_an_icon_gets_one(client: FlaskClient) -> None:
    assert client.get("/favicon.ico").data.startswith(b"\x89PNG")
