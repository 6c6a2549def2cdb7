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
    ],
)
def test_a_wrong_production_setting_stops_the_start(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    with pytest.raises(config.ConfigError, match=sentence):
        load(tmp_path, **(PRODUCTION | change))


def test_a_stopped_clock_needs_its_zone(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match="with its zone"):
        load(tmp_path, PLANNER_NOW="2026-12-09T08:12")
