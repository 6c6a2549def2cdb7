"""create_app: wiring, nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping

from flask import Flask

from . import errors, rate_storage, rendering, security, watching
from .accounts import passkey_views as passkeys
from .accounts import second_factor_views as second_factor
from .accounts import views as accounts
from .accounts.services import find_user_by_token
from .agencies import views as agencies
from .budget import views as budget
from .caseload import client_views as caseload_client
from .caseload import export_views as exports
from .caseload import feed_views as caseload_feed
from .caseload import import_views as client_import
from .caseload import outcome_views as outcomes
from .caseload import shared_views as caseload_shared
from .caseload import views as caseload
from .cases import views as cases
from .config import PROJECT, Settings, load
from .consent import invitation_views as invitations
from .consent import views as consent
from .evidence import views as evidence
from .extensions import babel, compress, csrf, db, limiter, login_manager
from .i18n import choose_locale
from .imports import history
from .imports import views as imports
from .letters import views as letters
from .loans import payments
from .loans import views as loans
from .negotiation import views as negotiation
from .payoff import views as payoff
from .proposals import views as proposals
from .pwa import views as pwa
from .radar import views as radar
from .reminders import act_views as reminder_acts
from .reminders import feed_views as reminder_feed
from .reminders import loan_views as reminder_loans
from .reminders import noticing
from .reminders import push_views as push
from .reminders import views as reminders
from .sharing import check_views as check
from .sharing import lender_views as lender
from .sharing import views as sharing
from .suggestions import views as suggestions
from .today import views as today

FEATURES = (
    accounts,
    second_factor,
    passkeys,
    cases,
    today,
    budget,
    evidence,
    imports,
    history,
    loans,
    payments,
    payoff,
    radar,
    proposals,
    sharing,
    lender,
    letters,
    check,
    negotiation,
    suggestions,
    reminders,
    push,
    reminder_acts,
    reminder_loans,
    reminder_feed,
    consent,
    invitations,
    agencies,
    caseload,
    caseload_client,
    caseload_feed,
    caseload_shared,
    exports,
    client_import,
    outcomes,
    pwa,
)


def create_app(settings: Settings | None = None, env: Mapping[str, str] = os.environ) -> Flask:
    """The app for these settings; without them, for the environment. Raises config.ConfigError for a wrong one."""
    app = Flask("planner", static_folder=None, template_folder=str(PROJECT / "templates"))
    app.config["SETTINGS"] = settings or load(env)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(PROJECT / "planner" / "translations")
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["RATELIMIT_STORAGE_URI"] = f"{rate_storage.SqlStorage.STORAGE_SCHEME[0]}://"
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.config["COMPRESS_BR_LEVEL"] = 5
    security.init_app(app, app.config["SETTINGS"])
    for extension in (db, login_manager, csrf, limiter, compress):
        extension.init_app(app)
    babel.init_app(app, locale_selector=choose_locale)
    login_manager.user_loader(find_user_by_token)
    errors.init_app(app)
    rendering.init_app(app)
    noticing.init()
    watching.init()
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    return app
