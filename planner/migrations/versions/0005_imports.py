"""Statement imports, their rows, and the kept mappings of tables"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    key = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    return [
        sa.Column('case_id', key, nullable=False),
        sa.Column('id', key, nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f(f'fk_{table}_case_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
    ]


def upgrade() -> None:
    op.create_table('imports',
    sa.Column('file_name', sa.String(length=120), nullable=False),
    sa.Column('format', sa.String(length=60), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=True),
    sa.Column('mapping', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('account_currency', sa.String(length=3), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('bad_rows', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    *_owned('imports')
    )
    op.create_table('transactions',
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on', sa.Date(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('counterparty', sa.String(length=200), nullable=False),
    sa.Column('text', sa.String(length=400), nullable=False),
    sa.Column('account', sa.String(length=80), nullable=False),
    sa.Column('fingerprint', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['imports.id'], name=op.f('fk_transactions_import_id'), ondelete='CASCADE'),
    sa.UniqueConstraint('case_id', 'fingerprint', name=op.f('uq_transactions_case_id_fingerprint')),
    *_owned('transactions')
    )
    op.create_table('kept_mappings',
    sa.Column('signature', sa.String(length=64), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.UniqueConstraint('case_id', 'signature', name=op.f('uq_kept_mappings_case_id_signature')),
    *_owned('kept_mappings')
    )
    for table, column in (('imports', 'case_id'), ('transactions', 'case_id'), ('transactions', 'import_id'), ('kept_mappings', 'case_id')):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)


def downgrade() -> None:
    for table in ('kept_mappings', 'transactions', 'imports'):
        op.drop_table(table)
