"""What contracts say about paying late, what a payment was for, and payments the bank returned"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('loans', schema=None) as batch_op:
        batch_op.add_column(sa.Column('late_rules', sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('purpose', sa.String(length=20), server_default='instalment', nullable=False))
        batch_op.add_column(sa.Column('returned_on', sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_column('returned_on')
        batch_op.drop_column('purpose')
    with op.batch_alter_table('loans', schema=None) as batch_op:
        batch_op.drop_column('late_rules')
