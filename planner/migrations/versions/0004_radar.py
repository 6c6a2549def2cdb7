"""Money in hand, bad months, weekends, and payments moved once"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('balance_minor', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('balance_on', sa.Date(), nullable=True))
    with op.batch_alter_table('budget_lines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shift', sa.String(length=8), server_default='none', nullable=False))
        batch_op.add_column(sa.Column('low_minor', sa.BigInteger(), nullable=True))
    key = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table('cash_changes',
    sa.Column('line_id', key, nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('to', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', key, nullable=False),
    sa.Column('id', key, nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_cash_changes_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['line_id'], ['budget_lines.id'], name=op.f('fk_cash_changes_line_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_changes'))
    )
    with op.batch_alter_table('cash_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cash_changes_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_cash_changes_line_id'), ['line_id'], unique=False)


def downgrade() -> None:
    op.drop_table('cash_changes')
    with op.batch_alter_table('budget_lines', schema=None) as batch_op:
        batch_op.drop_column('low_minor')
        batch_op.drop_column('shift')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('balance_on')
        batch_op.drop_column('balance_minor')
