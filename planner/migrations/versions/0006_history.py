"""What payments were for, notes and guidelines on the statement, own calendar days, priority debts"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column('case_id', _key(), nullable=False),
        sa.Column('id', _key(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f(f'fk_{table}_case_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
    ]


def upgrade() -> None:
    op.create_table('payee_rules',
    sa.Column('payee', sa.String(length=200), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('near_minor', sa.BigInteger(), nullable=True),
    sa.Column('category', sa.String(length=40), nullable=True),
    sa.Column('line_id', _key(), nullable=True),
    sa.Column('loan_id', _key(), nullable=True),
    sa.Column('is_quiet', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['budget_lines.id'], name=op.f('fk_payee_rules_line_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_payee_rules_loan_id'), ondelete='CASCADE'),
    *_owned('payee_rules')
    )
    op.create_table('guidelines',
    sa.Column('category', sa.String(length=40), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=True),
    sa.UniqueConstraint('case_id', 'category', name=op.f('uq_guidelines_case_id_category')),
    *_owned('guidelines')
    )
    op.create_table('calendar_days',
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('is_worked', sa.Boolean(), nullable=False),
    sa.UniqueConstraint('case_id', 'on', name=op.f('uq_calendar_days_case_id_on')),
    *_owned('calendar_days')
    )
    indexes = (('payee_rules', 'case_id'), ('payee_rules', 'line_id'), ('payee_rules', 'loan_id'), ('guidelines', 'case_id'),
               ('calendar_days', 'case_id'))
    for table, column in indexes:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)
    with op.batch_alter_table('budget_lines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('note', sa.String(length=200), nullable=True))
    with op.batch_alter_table('loans', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_priority', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('transaction_id', _key(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_payments_transaction_id'), ['transaction_id'])
        batch_op.create_foreign_key(batch_op.f('fk_payments_transaction_id'), 'transactions', ['transaction_id'], ['id'], ondelete='CASCADE')
    with op.batch_alter_table('transactions', schema=None) as batch_op:
        batch_op.create_index('ix_transactions_case_id_on', ['case_id', 'on'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('transactions', schema=None) as batch_op:
        batch_op.drop_index('ix_transactions_case_id_on')
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_payments_transaction_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_payments_transaction_id'), type_='unique')
        batch_op.drop_column('transaction_id')
    with op.batch_alter_table('loans', schema=None) as batch_op:
        batch_op.drop_column('is_priority')
    with op.batch_alter_table('budget_lines', schema=None) as batch_op:
        batch_op.drop_column('note')
    for table in ('calendar_days', 'guidelines', 'payee_rules'):
        op.drop_table(table)
