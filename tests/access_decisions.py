"""Who may use each route, decided by hand: what the access matrix compares the app with.

A new route is in none of these and fails tests/views/test_access_matrix.py until somebody decides.
"""

from __future__ import annotations

from typing import NamedTuple

PUBLIC = """
    accounts.language accounts.register accounts.register_post accounts.sign_in accounts.sign_in_post accounts.sign_out
    accounts.start accounts.welcome caseload_feed.subscribe check.copy check.index invitations.detail invitations.index
    invitations.index_post invitations.start passkeys.prove passkeys.request_options second_factor.prove
    second_factor.prove_post
    lender.answer lender.enter lender.evidence_file lender.file lender.plan pwa.favicon pwa.manifest pwa.offline
    pwa.service_worker reminder_acts.act reminder_acts.ask reminder_feed.subscribe reminders.unsubscribe
    reminders.unsubscribe_post today.home
"""

SIGNED_IN = """
    accounts.devices accounts.end_device accounts.opened invitations.accept passkeys.create passkeys.create_post
    passkeys.creation_options passkeys.remove push.key push.subscribe push.unsubscribe second_factor.app
    second_factor.app_post second_factor.codes second_factor.index second_factor.needed second_factor.new_codes
    second_factor.remove_app
"""

COUNSELLOR = """
    agencies.cancel_client agencies.claim_code agencies.hand_over agencies.hand_over_post agencies.invitation
    agencies.invite_client agencies.invite_client_post agencies.members agencies.verbal agencies.verbal_post
    agencies.verbal_again agencies.verbal_again_post
    caseload.calendar caseload.delete_view caseload.detail caseload.index caseload.keep_view
    caseload_client.add_appointment caseload_client.add_note caseload_client.add_task caseload_client.cancel_appointment
    caseload_client.change caseload_client.change_appointment caseload_client.delete_note caseload_client.edit
    caseload_client.edit_appointment caseload_client.finish_task caseload_client.new_appointment
    caseload_client.next_step caseload_client.remove caseload_client.reopen_task
    caseload_feed.close caseload_feed.create client_import.confirm client_import.index client_import.look
    client_import.upload exports.case_file exports.caseload exports.index exports.statement exports.statements
    outcomes.as_csv outcomes.index
"""

ADMIN = """
    agencies.cancel_member agencies.edit agencies.edit_post agencies.invite_member agencies.invite_member_post
    agencies.remove agencies.role
"""

# (permission, parts that must be shared): routes of a case.
CASE = {
    ("view", "budget"): """
        budget.index budget.statement cases.calendar history.index history.recurring imports.index imports.look
        imports.transactions
    """,
    ("edit", "budget"): """
        budget.create budget.create_post budget.delete budget.edit budget.edit_post budget.guidelines
        budget.guidelines_post budget.restore cases.calendar_delete cases.calendar_post
    """,
    ("record", "budget"): """
        history.known history.offer history.offer_post history.quiet history.row history.row_post history.same
        history.sort imports.confirm imports.look_again imports.undo imports.upload
    """,
    ("record", "budget loans"): "history.loan",
    ("view", "loans"): """
        loans.decode loans.detail loans.index loans.schedule loans.what_if payments.late payments.payoff
    """,
    ("edit", "loans"): """
        loans.close loans.create loans.create_post loans.delete loans.delete_post loans.edit loans.edit_post
        payments.late_forget payments.late_post payments.mark_paid payments.record payments.restore payments.returned
        payments.returned_post payments.undo
    """,
    ("view", "budget loans"): "payoff.cheapest payoff.index payoff.shortfall radar.index radar.red_day today.index",
    ("edit", "budget loans"): "radar.apply radar.balance radar.undo",
    ("view", "plans"): "letters.detail letters.index proposals.index sharing.document sharing.index",
    ("draft", "plans"): """
        proposals.add proposals.cause proposals.cause_post proposals.check proposals.check_post proposals.create
        proposals.creditor proposals.creditor_post proposals.delete proposals.fair proposals.fit proposals.offer
        proposals.offer_post letters.write sharing.preview suggestions.letter suggestions.plan
    """,
    ("share", "plans"): "sharing.create sharing.revoke",
    ("view", "contacts"): "negotiation.detail negotiation.index",
    ("record", "contacts"): """
        negotiation.log negotiation.log_post negotiation.seen
    """,
    ("record", "contacts plans"): "negotiation.take_counter",
    ("record", "contacts loans"): """
        negotiation.confirm negotiation.confirm_post negotiation.end negotiation.end_post
    """,
    ("view", "files"): "evidence.download evidence.index",
    ("record", "files"): """
        evidence.delete evidence.delete_post evidence.edit evidence.edit_post evidence.upload
    """,
    ("view", "own"): """
        caseload_shared.index cases.more consent.index consent.log reminder_feed.download reminder_loans.detail
        reminders.inbox reminders.index
    """,
    ("record", "own"): """
        reminder_acts.later reminder_acts.paid reminder_acts.seen reminder_feed.close reminder_feed.create
        reminder_loans.save reminders.resume reminders.save reminders.send_test reminders.send_test_push
    """,
    ("manage", "own"): """
        cases.settings cases.settings_post consent.answer consent.cancel consent.edit consent.edit_post consent.end
        consent.invite consent.invite_post consent.reminders
    """,
    ("manage", ""): "suggestions.decide",
    ("view", ""): "suggestions.detail suggestions.index",
    ("draft", ""): "suggestions.note suggestions.withdraw",
    ("draft", "loans"): "suggestions.scenario",
}  # fmt: skip


class Decided(NamedTuple):
    """What one route asks for. `kind` is public, signed_in, agency, admin or case."""

    kind: str
    permission: str = ""
    parts: frozenset[str] = frozenset()


def decisions() -> dict[str, Decided]:
    """By endpoint."""
    found = {name: Decided("public") for name in PUBLIC.split()}
    found |= {name: Decided("signed_in") for name in SIGNED_IN.split()}
    found |= {name: Decided("agency") for name in COUNSELLOR.split()}
    found |= {name: Decided("admin") for name in ADMIN.split()}
    for (permission, parts), names in CASE.items():
        found |= {name: Decided("case", permission, frozenset(parts.split())) for name in names.split()}
    return found
