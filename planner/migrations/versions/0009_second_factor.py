"""A second factor: authenticator apps, passkeys, recovery codes, and which sign-ins proved one"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _owned(table: str, *constraints: sa.schema.SchemaItem) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column('user_id', _key(), nullable=False),
        sa.Column('id', _key(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f(f'fk_{table}_user_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
        *constraints,
    ]


def upgrade() -> None:
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.add_column(sa.Column('second_factor_at', _instant(), nullable=True))
    op.create_table('authenticator_apps',
    sa.Column('sealed_secret', sa.String(length=200), nullable=False),
    sa.Column('last_step', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_at', _instant(), nullable=False),
    *_owned('authenticator_apps', sa.UniqueConstraint('user_id', name=op.f('uq_authenticator_apps_user_id')))
    )
    op.create_table('recovery_codes',
    sa.Column('salt', sa.String(length=32), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', _instant(), nullable=True),
    *_owned('recovery_codes')
    )
    op.create_table('passkeys',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('credential_id', sa.String(length=1400), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('created_at', _instant(), nullable=False),
    sa.Column('last_used_at', _instant(), nullable=True),
    *_owned('passkeys', sa.UniqueConstraint('credential_id', name=op.f('uq_passkeys_credential_id')))
    )
    op.create_table('used_challenges',
    sa.Column('challenge_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', _instant(), nullable=False),
    sa.PrimaryKeyConstraint('challenge_hash', name=op.f('pk_used_challenges'))
    )
    for table, column in (('recovery_codes', 'user_id'), ('passkeys', 'user_id'), ('used_challenges', 'used_at')):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f'ix_{table}_{column}'), [column], unique=False)


def downgrade() -> None:
    for table in ('used_challenges', 'passkeys', 'recovery_codes', 'authenticator_apps'):
        op.drop_table(table)
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.drop_column('second_factor_at')
