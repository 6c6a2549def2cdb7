"""Agencies, consent, caseload, suggestions, and the log of what counsellors looked at and changed"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('agencies',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agencies'))
    )
    op.create_table('agency_members',
    sa.Column('agency_id', _key(), nullable=False),
    sa.Column('user_id', _key(), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('feed_hash', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_agency_members_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_agency_members_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agency_members')),
    sa.UniqueConstraint('feed_hash', name=op.f('uq_agency_members_feed_hash')),
    sa.UniqueConstraint('user_id', name=op.f('uq_agency_members_user_id'))
    )
    with op.batch_alter_table('agency_members', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agency_members_agency_id'), ['agency_id'], unique=False)

    op.create_table('audit_entries',
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', _key(), nullable=True),
    sa.Column('agency_id', _key(), nullable=True),
    sa.Column('who', sa.String(length=200), nullable=False),
    sa.Column('act', sa.String(length=8), nullable=False),
    sa.Column('endpoint', sa.String(length=80), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_audit_entries_agency_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_audit_entries_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_entries_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries'))
    )
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entries_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_audit_entries_case_id_at', ['case_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entries_user_id'), ['user_id'], unique=False)

    op.create_table('case_figures',
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('is_stale', sa.Boolean(), nullable=False),
    sa.Column('worked_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('income_minor', sa.BigInteger(), nullable=False),
    sa.Column('living_minor', sa.BigInteger(), nullable=False),
    sa.Column('due_minor', sa.BigInteger(), nullable=False),
    sa.Column('owed_minor', sa.BigInteger(), nullable=False),
    sa.Column('has_balance', sa.Boolean(), nullable=False),
    sa.Column('short_on', sa.Date(), nullable=True),
    sa.Column('short_minor', sa.BigInteger(), nullable=True),
    sa.Column('short_what', sa.String(length=200), nullable=True),
    sa.Column('lowest_on', sa.Date(), nullable=True),
    sa.Column('lowest_minor', sa.BigInteger(), nullable=True),
    sa.Column('overdue_days', sa.Integer(), nullable=False),
    sa.Column('overdue_minor', sa.BigInteger(), nullable=False),
    sa.Column('reply_on', sa.Date(), nullable=True),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('answers', sa.Integer(), nullable=False),
    sa.Column('chart', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_figures_case_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_figures'))
    )
    with op.batch_alter_table('case_figures', schema=None) as batch_op:
        batch_op.create_index('ix_case_figures_stale', ['is_stale', 'worked_out_at'], unique=False)

    op.create_table('clients',
    sa.Column('counsellor_id', _key(), nullable=False),
    sa.Column('case_id', _key(), nullable=True),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=True),
    sa.Column('place', sa.String(length=80), nullable=True),
    sa.Column('contact', sa.String(length=120), nullable=True),
    sa.Column('next_step', sa.String(length=200), nullable=True),
    sa.Column('next_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agency_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_clients_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_clients_case_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['counsellor_id'], ['users.id'], name=op.f('fk_clients_counsellor_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clients')),
    sa.UniqueConstraint('agency_id', 'case_id', name=op.f('uq_clients_agency_id_case_id')),
    sa.UniqueConstraint('agency_id', 'number', name=op.f('uq_clients_agency_id_number'))
    )
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clients_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clients_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clients_counsellor_id'), ['counsellor_id'], unique=False)

    op.create_table('consents',
    sa.Column('agency_id', _key(), nullable=False),
    sa.Column('user_id', _key(), nullable=False),
    sa.Column('scope', sa.String(length=8), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('how', sa.String(length=12), nullable=False),
    sa.Column('given_by_id', _key(), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('spoken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('spoken_how', sa.String(length=12), nullable=True),
    sa.Column('spoken_by', sa.String(length=80), nullable=True),
    sa.Column('recorded_by_id', _key(), nullable=True),
    sa.Column('signs_reminders', sa.Boolean(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', _key(), nullable=True),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_consents_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_consents_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ended_by_id'], ['users.id'], name=op.f('fk_consents_ended_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['given_by_id'], ['users.id'], name=op.f('fk_consents_given_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['users.id'], name=op.f('fk_consents_recorded_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_consents_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consents'))
    )
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consents_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_consents_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_consents_open', ['case_id', 'user_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('saved_views',
    sa.Column('user_id', _key(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('query', sa.String(length=200), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_saved_views_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_views')),
    sa.UniqueConstraint('user_id', 'name', name=op.f('uq_saved_views_user_id_name'))
    )
    with op.batch_alter_table('saved_views', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_views_user_id'), ['user_id'], unique=False)

    op.create_table('appointments',
    sa.Column('client_id', _key(), nullable=False),
    sa.Column('counsellor_id', _key(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('how', sa.String(length=12), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agency_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_appointments_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_appointments_client_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['counsellor_id'], ['users.id'], name=op.f('fk_appointments_counsellor_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appointments'))
    )
    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_appointments_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointments_client_id'), ['client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointments_counsellor_id'), ['counsellor_id'], unique=False)

    op.create_table('client_notes',
    sa.Column('client_id', _key(), nullable=False),
    sa.Column('author_id', _key(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('is_shared', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agency_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_client_notes_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_client_notes_author_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_client_notes_client_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_client_notes'))
    )
    with op.batch_alter_table('client_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_client_notes_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_client_notes_client_id'), ['client_id'], unique=False)

    op.create_table('client_tasks',
    sa.Column('client_id', _key(), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('agency_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_client_tasks_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_client_tasks_client_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_client_tasks'))
    )
    with op.batch_alter_table('client_tasks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_client_tasks_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_client_tasks_client_id'), ['client_id'], unique=False)

    op.create_table('invitations',
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('case_id', _key(), nullable=True),
    sa.Column('agency_id', _key(), nullable=True),
    sa.Column('client_id', _key(), nullable=True),
    sa.Column('to_user_id', _key(), nullable=True),
    sa.Column('member_role', sa.String(length=12), nullable=True),
    sa.Column('scope', sa.String(length=8), nullable=True),
    sa.Column('parts', sa.JSON(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('created_by_id', _key(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_by_id', _key(), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_invitations_agency_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_invitations_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_invitations_client_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_invitations_created_by_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_user_id'], ['users.id'], name=op.f('fk_invitations_to_user_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['used_by_id'], ['users.id'], name=op.f('fk_invitations_used_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_invitations_code_hash')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitations_token_hash'))
    )
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitations_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitations_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitations_client_id'), ['client_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitations_created_by_id'), ['created_by_id'], unique=False)

    op.create_table('suggestions',
    sa.Column('agency_id', _key(), nullable=True),
    sa.Column('user_id', _key(), nullable=True),
    sa.Column('who', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('about', sa.JSON(), nullable=False),
    sa.Column('proposal_id', _key(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', _key(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_suggestions_agency_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_suggestions_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_suggestions_decided_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('fk_suggestions_proposal_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_suggestions_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestions'))
    )
    with op.batch_alter_table('suggestions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_suggestions_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_suggestions_proposal_id'), ['proposal_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_suggestions_user_id'), ['user_id'], unique=False)

    op.create_table('suggestion_items',
    sa.Column('suggestion_id', _key(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('action', sa.String(length=8), nullable=False),
    sa.Column('model', sa.String(length=24), nullable=False),
    sa.Column('row_id', _key(), nullable=True),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('children', sa.JSON(), nullable=False),
    sa.Column('decision', sa.String(length=10), nullable=True),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_suggestion_items_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['suggestion_id'], ['suggestions.id'], name=op.f('fk_suggestion_items_suggestion_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestion_items'))
    )
    with op.batch_alter_table('suggestion_items', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_suggestion_items_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_suggestion_items_suggestion_id'), ['suggestion_id'], unique=False)

    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('drafted_by_id', _key(), nullable=True))
        batch_op.add_column(sa.Column('agency_id', _key(), nullable=True))
        batch_op.add_column(sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_proposals_drafted_by_id'), 'users', ['drafted_by_id'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_proposals_agency_id'), 'agencies', ['agency_id'], ['id'], ondelete='SET NULL')


def downgrade() -> None:
    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_proposals_agency_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_proposals_drafted_by_id'), type_='foreignkey')
        batch_op.drop_column('approved_at')
        batch_op.drop_column('agency_id')
        batch_op.drop_column('drafted_by_id')

    with op.batch_alter_table('suggestion_items', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_suggestion_items_suggestion_id'))
        batch_op.drop_index(batch_op.f('ix_suggestion_items_case_id'))

    op.drop_table('suggestion_items')
    with op.batch_alter_table('suggestions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_suggestions_user_id'))
        batch_op.drop_index(batch_op.f('ix_suggestions_proposal_id'))
        batch_op.drop_index(batch_op.f('ix_suggestions_case_id'))

    op.drop_table('suggestions')
    with op.batch_alter_table('invitations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitations_created_by_id'))
        batch_op.drop_index(batch_op.f('ix_invitations_client_id'))
        batch_op.drop_index(batch_op.f('ix_invitations_case_id'))
        batch_op.drop_index(batch_op.f('ix_invitations_agency_id'))

    op.drop_table('invitations')
    with op.batch_alter_table('client_tasks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_client_tasks_client_id'))
        batch_op.drop_index(batch_op.f('ix_client_tasks_agency_id'))

    op.drop_table('client_tasks')
    with op.batch_alter_table('client_notes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_client_notes_client_id'))
        batch_op.drop_index(batch_op.f('ix_client_notes_agency_id'))

    op.drop_table('client_notes')
    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_appointments_counsellor_id'))
        batch_op.drop_index(batch_op.f('ix_appointments_client_id'))
        batch_op.drop_index(batch_op.f('ix_appointments_agency_id'))

    op.drop_table('appointments')
    with op.batch_alter_table('saved_views', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_saved_views_user_id'))

    op.drop_table('saved_views')
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.drop_index('uq_consents_open', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_consents_user_id'))
        batch_op.drop_index(batch_op.f('ix_consents_case_id'))
        batch_op.drop_index(batch_op.f('ix_consents_agency_id'))

    op.drop_table('consents')
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clients_counsellor_id'))
        batch_op.drop_index(batch_op.f('ix_clients_case_id'))
        batch_op.drop_index(batch_op.f('ix_clients_agency_id'))

    op.drop_table('clients')
    with op.batch_alter_table('case_figures', schema=None) as batch_op:
        batch_op.drop_index('ix_case_figures_stale')

    op.drop_table('case_figures')
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entries_user_id'))
        batch_op.drop_index('ix_audit_entries_case_id_at')
        batch_op.drop_index(batch_op.f('ix_audit_entries_case_id'))

    op.drop_table('audit_entries')
    with op.batch_alter_table('agency_members', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_agency_members_agency_id'))

    op.drop_table('agency_members')
    op.drop_table('agencies')
