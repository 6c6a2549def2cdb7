"""A wrong setting stops the start with a sentence that says what to set."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from planner import config

GOOD_SECRET = "9f2c4be1d07a35688e1b7c3fd2a94460"
PRODUCTION = {"PLANNER_ENV": "production", "BASE_URL": "https://plan.example.org", "SECRET_KEY": GOOD_SECRET}


def load(tmp_path: Path, **env: str) -> config.Settings:
    return config.load({"PLANNER_INSTANCE": str(tmp_path), **env})


def test_first_local_start_makes_a_secret_that_stays_and_is_private(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_local_start_uses_sqlite_in_the_instance_folder(tmp_path: Path) -> None:
    assert load(tmp_path).database_url == f"sqlite:///{tmp_path / 'planner.sqlite3'}"


def test_a_good_production_environment_is_taken(tmp_path: Path) -> None:
    settings = load(
        tmp_path, **PRODUCTION, DATABASE_URL="postgres://u:p@db/planner", SMTP_URL="smtp://me:p%40ss@mail.example.org"
    )
    assert settings.production
    assert settings.https
    assert settings.database_url == "postgresql+psycopg://u:p@db/planner"
    assert settings.smtp == config.Smtp("mail.example.org", 587, "me", "p@ss", "starttls")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "change-me-change-me-change-me-change-me"}, "SECRET_KEY is too weak"),
        ({"BASE_URL": "http://plan.example.org"}, "BASE_URL must start with https"),
        ({"BASE_URL": "plan.example.org"}, "BASE_URL must be the address"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must start with"),
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "smtp://h?security=maybe"}, "security is 'maybe'"),
        ({"PLANNER_ENV": "prod"}, "PLANNER_ENV is 'prod'"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES must be a whole number"),
        ({"PLANNER_NOW": "2026-12-09T08:12+08:00"}, "PLANNER_NOW stops the clock"),
        ({"PUSH_TEST_HOSTS": "localhost:9"}, "PUSH_TEST_HOSTS lets push messages reach this machine"),
        ({"PUSH_TEST_CA": "/tmp/ca.pem"}, "PUSH_TEST_CA lets push messages reach this machine"),
        ({"VAPID_PRIVATE_KEY": "short"}, "VAPID_PRIVATE_KEY is no P-256 private key"),
        ({"VAPID_PRIVATE_KEY": "A" * 43}, "VAPID_PRIVATE_KEY is no P-256 private key"),
        ({"VAPID_PRIVATE_KEY": "_" * 43}, "VAPID_PRIVATE_KEY is no P-256 private key"),
        ({"VAPID_PRIVATE_KEY": "+" * 43}, "VAPID_PRIVATE_KEY is no P-256 private key"),
        ({"VAPID_SUBJECT": "admin@plan.example.org"}, "VAPID_SUBJECT is 'admin@plan.example.org'"),
        ({"VAPID_SUBJECT": "mailto:admin"}, "VAPID_SUBJECT is 'mailto:admin'"),
        ({"VAPID_SUBJECT": "mailto:root@localhost"}, "VAPID_SUBJECT is 'mailto:root@localhost'"),
        ({"VAPID_SUBJECT": "mailto:root@10.0.0.1"}, "VAPID_SUBJECT is 'mailto:root@10.0.0.1'"),
        ({"VAPID_SUBJECT": "http://plan.example.org"}, "VAPID_SUBJECT is 'http://plan.example.org'"),
        ({"MAIL_FROM": "Steady"}, "VAPID_SUBJECT is 'mailto:Steady'"),
        ({"MAIL_FROM": "Steady <root@server>"}, "VAPID_SUBJECT is 'mailto:root@server'"),
    ],
)
def test_a_wrong_production_setting_stops_the_start(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    with pytest.raises(config.ConfigError, match=sentence):
        load(tmp_path, **(PRODUCTION | change))


def test_the_first_start_makes_a_key_for_push_that_stays_and_is_private(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.push.private_key == second.push.private_key
    assert stat.S_IMODE((tmp_path / "vapid_key").stat().st_mode) == 0o600
    other = tmp_path / "other"
    assert load(other).push.private_key != first.push.private_key


def test_machines_that_share_a_database_can_share_the_key(tmp_path: Path) -> None:
    key = config.new_vapid_key()
    assert load(tmp_path, VAPID_PRIVATE_KEY=key, **PRODUCTION).push.private_key == key
    assert not (tmp_path / "vapid_key").exists()


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "vapid_key").write_text("broken")
    with pytest.raises(config.ConfigError, match=r"vapid_key is no P-256 private key.*planner vapid"):
        load(tmp_path)


def test_push_services_are_told_whom_to_write_to(tmp_path: Path) -> None:
    assert load(tmp_path, **PRODUCTION).push.subject == "mailto:no-reply@plan.example.org"
    from_mail = load(tmp_path, **PRODUCTION, MAIL_FROM="Steady <hello@example.org>")
    assert from_mail.push.subject == "mailto:hello@example.org"
    for subject in ("mailto:admin@example.org", "https://plan.example.org", "https://plan.example.org/contact"):
        assert load(tmp_path, **PRODUCTION, VAPID_SUBJECT=subject).push.subject == subject


def test_an_app_that_only_this_machine_opens_needs_no_real_address(tmp_path: Path) -> None:
    here = PRODUCTION | {"BASE_URL": "http://127.0.0.1:8000"}
    assert load(tmp_path, **here).push.subject == "mailto:no-reply@127.0.0.1"


def test_hosts_of_tests_are_read_outside_production(tmp_path: Path) -> None:
    push = load(tmp_path, PUSH_TEST_HOSTS="localhost:1, push.test:2,", PUSH_TEST_CA="/tmp/ca.pem").push
    assert push.test_hosts == {"localhost:1", "push.test:2"}
    assert push.test_ca == Path("/tmp/ca.pem")
    assert load(tmp_path).push.test_hosts == frozenset()


def test_a_stopped_clock_needs_its_zone(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match="with its zone"):
        load(tmp_path, PLANNER_NOW="2026-12-09T08:12")
