"""Reminders as steps and the messages that carry them; settings a loan; devices that take notifications"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

WAITING = sa.text("status IN ('scheduled', 'attempted')")


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _owned(table: str, *constraints: sa.schema.SchemaItem) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column('case_id', _key(), nullable=False),
        sa.Column('id', _key(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f(f'fk_{table}_case_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
        *constraints,
    ]


def _index(table: str, *columns: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for column in columns:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)


def upgrade() -> None:
    op.create_table('dispatches',
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('target', sa.String(length=20), nullable=False),
    sa.Column('slot', sa.String(length=40), nullable=False),
    sa.Column('fire_at', _instant(), nullable=False),
    sa.Column('next_at', _instant(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=40), nullable=False),
    sa.Column('sent_at', _instant(), nullable=True),
    sa.Column('read_at', _instant(), nullable=True),
    sa.Column('created_at', _instant(), nullable=False),
    *_owned('dispatches',
            sa.UniqueConstraint('case_id', 'channel', 'target', 'slot', name=op.f('uq_dispatches_case_id_channel_target_slot')),
            sa.UniqueConstraint('idempotency_key', name=op.f('uq_dispatches_idempotency_key')))
    )
    _index('dispatches', 'case_id')
    with op.batch_alter_table('dispatches', schema=None) as batch_op:
        batch_op.create_index('ix_dispatches_waiting', ['next_at'], unique=False, postgresql_where=WAITING, sqlite_where=WAITING)
    op.create_table('reminder_plans',
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('next_at', _instant(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_reminder_plans_case_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_reminder_plans'))
    )
    _index('reminder_plans', 'next_at')
    op.create_table('loan_reminders',
    sa.Column('loan_id', _key(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=True),
    sa.Column('is_muted', sa.Boolean(), nullable=False),
    sa.Column('paused_until', sa.Date(), nullable=True),
    sa.Column('lead_days', sa.Integer(), nullable=True),
    sa.Column('pay_way', sa.String(length=12), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    *_owned('loan_reminders',
            sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_loan_reminders_loan_id'), ondelete='CASCADE'),
            sa.UniqueConstraint('loan_id', name=op.f('uq_loan_reminders_loan_id')))
    )
    _index('loan_reminders', 'case_id')
    op.create_table('push_subscriptions',
    sa.Column('user_id', _key(), nullable=False),
    sa.Column('sign_in_id', _key(), nullable=False),
    sa.Column('endpoint', sa.Text(), nullable=False),
    sa.Column('endpoint_hash', sa.String(length=64), nullable=False),
    sa.Column('p256dh', sa.String(length=120), nullable=False),
    sa.Column('auth', sa.String(length=40), nullable=False),
    sa.Column('client', sa.String(length=80), nullable=False),
    sa.Column('fault', sa.String(length=200), nullable=True),
    sa.Column('created_at', _instant(), nullable=False),
    sa.Column('seen_at', _instant(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['sign_in_id'], ['sign_ins.id'], name=op.f('fk_push_subscriptions_sign_in_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_push_subscriptions_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_subscriptions')),
    sa.UniqueConstraint('endpoint_hash', name=op.f('uq_push_subscriptions_endpoint_hash'))
    )
    _index('push_subscriptions', 'sign_in_id', 'user_id')
    _settings_up()
    _reminders_up()


def downgrade() -> None:
    _reminders_down()
    _settings_down()
    for table in ('push_subscriptions', 'loan_reminders', 'reminder_plans', 'dispatches'):
        op.drop_table(table)


def _settings_up() -> None:
    added = (('channels', sa.JSON(), '["app", "push", "email"]'), ('wording', sa.String(length=8), 'date'),
             ('quiet_from', sa.String(length=5), '21:00'), ('quiet_until', sa.String(length=5), '09:00'),
             ('one_a_day', sa.Boolean(), sa.true()), ('weekly', sa.Boolean(), sa.true()), ('radar', sa.Boolean(), sa.true()))
    with op.batch_alter_table('reminder_settings', schema=None) as batch_op:
        for name, kind, default in added:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        batch_op.add_column(sa.Column('paused_until', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('signed_by', sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column('reply_to', sa.String(length=254), nullable=True))
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE reminder_settings SET wording = 'full' WHERE show_details"))
    _rewrite_steps(lambda days: {'days': days, 'at': None, 'channels': None})
    with op.batch_alter_table('reminder_settings', schema=None) as batch_op:
        batch_op.drop_column('show_details')
        for name, kind, _default in added:
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)


def _settings_down() -> None:
    with op.batch_alter_table('reminder_settings', schema=None) as batch_op:
        batch_op.add_column(sa.Column('show_details', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.get_bind().execute(sa.text("UPDATE reminder_settings SET show_details = (wording = 'full')"))
    _rewrite_steps(lambda step: step['days'])
    with op.batch_alter_table('reminder_settings', schema=None) as batch_op:
        batch_op.alter_column('show_details', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
        for name in ('channels', 'wording', 'quiet_from', 'quiet_until', 'one_a_day', 'weekly', 'radar', 'paused_until',
                     'signed_by', 'reply_to'):
            batch_op.drop_column(name)


def _rewrite_steps(change: Callable[[Any], Any]) -> None:
    """The steps of every row in the other form."""
    connection = op.get_bind()
    table = sa.table('reminder_settings', sa.column('id'), sa.column('steps', sa.JSON()))
    for row in connection.execute(sa.select(table)).all():
        connection.execute(sa.update(table).where(table.c.id == row.id).values(steps=[change(step) for step in row.steps]))


def _new_reminders() -> None:
    op.create_table('reminders',
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('target', sa.String(length=20), nullable=False),
    sa.Column('loan_id', _key(), nullable=True),
    sa.Column('instalment_n', sa.Integer(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('short_minor', sa.BigInteger(), nullable=True),
    sa.Column('fire_at', _instant(), nullable=False),
    sa.Column('dispatch_id', _key(), nullable=True),
    sa.Column('dropped', sa.String(length=20), nullable=True),
    sa.Column('created_at', _instant(), nullable=False),
    *_owned('reminders',
            sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_reminders_loan_id'), ondelete='CASCADE'),
            sa.ForeignKeyConstraint(['dispatch_id'], ['dispatches.id'], name=op.f('fk_reminders_dispatch_id'), ondelete='CASCADE'),
            sa.UniqueConstraint('case_id', 'key', 'channel', 'target', name=op.f('uq_reminders_case_id_key_channel_target')))
    )
    _index('reminders', 'case_id', 'dispatch_id', 'loan_id')


def _old_reminders() -> None:
    op.create_table('reminders',
    sa.Column('loan_id', _key(), nullable=False),
    sa.Column('instalment_n', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('fire_at', _instant(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', _instant(), nullable=True),
    sa.Column('idempotency_key', sa.String(length=64), nullable=False),
    sa.Column('sent_at', _instant(), nullable=True),
    sa.Column('created_at', _instant(), nullable=False),
    *_owned('reminders',
            sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_reminders_loan_id'), ondelete='CASCADE'),
            sa.UniqueConstraint('loan_id', 'due_on', 'step', 'channel', name=op.f('uq_reminders_loan_id_due_on_step_channel')))
    )
    _index('reminders', 'case_id')
    with op.batch_alter_table('reminders', schema=None) as batch_op:
        batch_op.create_index('ix_reminders_status_fire_at', ['status', 'fire_at'], unique=False)


def _reminders_up() -> None:
    """Each old row becomes a step, and one message that carries it alone; its key stays, so that nothing is sent again."""
    connection = op.get_bind()
    old = connection.execute(sa.text('SELECT * FROM reminders ORDER BY id')).mappings().all()
    op.drop_table('reminders')
    _new_reminders()
    for row in old:
        connection.execute(sa.text(
            "INSERT INTO dispatches (id, case_id, channel, target, slot, fire_at, next_at, status, reason, attempts,"
            " idempotency_key, sent_at, created_at) VALUES (:id, :case_id, :channel, '', :slot, :fire_at, :next_at, :status,"
            " :reason, :attempts, :idempotency_key, :sent_at, :created_at)"),
            dict(row) | {'slot': f"before-{row['id']}", 'next_at': row['lease_until'] or row['fire_at'],
                         'idempotency_key': row['idempotency_key'][:40]})
        connection.execute(sa.text(
            "INSERT INTO reminders (case_id, key, kind, channel, target, loan_id, instalment_n, due_on, step, fire_at,"
            " dispatch_id, dropped, created_at) VALUES (:case_id, :key, 'instalment', :channel, '', :loan_id, :instalment_n,"
            " :due_on, :step, :fire_at, :id, :dropped, :created_at)"),
            dict(row) | {'key': f"instalment:{row['loan_id']}:{row['due_on']}:{row['step']}",
                         'dropped': row['reason'][:20] if row['status'] == 'dropped' and row['reason'] else None})
    if old and connection.dialect.name == 'postgresql':
        connection.execute(sa.text("SELECT setval(pg_get_serial_sequence('dispatches', 'id'), (SELECT max(id) FROM dispatches))"))


def _reminders_down() -> None:
    """Back to one row a step; only e-mails of instalments had a place there."""
    connection = op.get_bind()
    new = connection.execute(sa.text(
        "SELECT r.case_id, r.loan_id, r.instalment_n, r.due_on, r.step, r.channel, r.fire_at, r.created_at, r.dropped, d.status,"
        " d.reason, d.attempts, d.next_at, d.idempotency_key, d.sent_at FROM reminders r LEFT JOIN dispatches d"
        " ON d.id = r.dispatch_id WHERE r.kind = 'instalment' AND r.channel = 'email' ORDER BY r.id")).mappings().all()
    op.drop_table('reminders')
    _old_reminders()
    for row in new:
        waits = row['status'] == 'attempted' or (row['attempts'] and row['status'] == 'scheduled')
        connection.execute(sa.text(
            "INSERT INTO reminders (case_id, loan_id, instalment_n, due_on, step, channel, fire_at, status, reason, attempts,"
            " lease_until, idempotency_key, sent_at, created_at) VALUES (:case_id, :loan_id, :instalment_n, :due_on, :step,"
            " :channel, :fire_at, :status, :reason, :attempts, :lease_until, :idempotency_key, :sent_at, :created_at)"),
            dict(row) | {'status': 'dropped' if row['dropped'] else row['status'], 'reason': row['dropped'] or row['reason'],
                         'attempts': row['attempts'] or 0, 'lease_until': row['next_at'] if waits else None,
                         'idempotency_key': row['idempotency_key'] or ''})
