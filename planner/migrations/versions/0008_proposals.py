"""Proposals to all creditors at once, answers, written confirmations, arrangements, evidence files"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('evidence',
    sa.Column('proposal_id', _key(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('stored_as', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_evidence_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('fk_evidence_proposal_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('stored_as', name=op.f('uq_evidence_stored_as'))
    )
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evidence_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_evidence_proposal_id'), ['proposal_id'], unique=False)

    op.create_table('proposal_items',
    sa.Column('proposal_id', _key(), nullable=False),
    sa.Column('loan_id', _key(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('is_included', sa.Boolean(), nullable=False),
    sa.Column('offered_minor', sa.BigInteger(), nullable=True),
    sa.Column('asked', sa.JSON(), nullable=True),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_proposal_items_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_proposal_items_loan_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('fk_proposal_items_proposal_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal_items')),
    sa.UniqueConstraint('proposal_id', 'loan_id', name=op.f('uq_proposal_items_proposal_id_loan_id')),
    sa.UniqueConstraint('proposal_id', 'n', name=op.f('uq_proposal_items_proposal_id_n'))
    )
    with op.batch_alter_table('proposal_items', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposal_items_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_proposal_items_loan_id'), ['loan_id'], unique=False)

    op.create_table('responses',
    sa.Column('item_id', _key(), nullable=False),
    sa.Column('share_id', _key(), nullable=True),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('source', sa.String(length=8), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('person', sa.String(length=80), nullable=True),
    sa.Column('reference', sa.String(length=60), nullable=True),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_responses_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['item_id'], ['proposal_items.id'], name=op.f('fk_responses_item_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['share_id'], ['shares.id'], name=op.f('fk_responses_share_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_responses')),
    sa.UniqueConstraint('share_id', name=op.f('uq_responses_share_id'))
    )
    with op.batch_alter_table('responses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_responses_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_responses_item_id'), ['item_id'], unique=False)

    op.create_table('confirmations',
    sa.Column('item_id', _key(), nullable=False),
    sa.Column('response_id', _key(), nullable=True),
    sa.Column('evidence_id', _key(), nullable=True),
    sa.Column('reference', sa.String(length=60), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_confirmations_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_confirmations_evidence_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['item_id'], ['proposal_items.id'], name=op.f('fk_confirmations_item_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['response_id'], ['responses.id'], name=op.f('fk_confirmations_response_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_confirmations'))
    )
    with op.batch_alter_table('confirmations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_confirmations_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_confirmations_item_id'), ['item_id'], unique=False)

    op.create_table('arrangements',
    sa.Column('loan_id', _key(), nullable=False),
    sa.Column('item_id', _key(), nullable=True),
    sa.Column('confirmation_id', _key(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('settled', sa.Integer(), nullable=False),
    sa.Column('rows', sa.JSON(), nullable=False),
    sa.Column('annual_rate', sa.String(length=40), nullable=True),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_reason', sa.String(length=12), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', _key(), nullable=False),
    sa.Column('id', _key(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_arrangements_case_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['confirmation_id'], ['confirmations.id'], name=op.f('fk_arrangements_confirmation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['item_id'], ['proposal_items.id'], name=op.f('fk_arrangements_item_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['loan_id'], ['loans.id'], name=op.f('fk_arrangements_loan_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrangements'))
    )
    with op.batch_alter_table('arrangements', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_arrangements_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_arrangements_loan_id'), ['loan_id'], unique=False)

    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('checked', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('review_on', sa.Date(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_proposals_loan_id'))
        batch_op.drop_constraint(batch_op.f('fk_proposals_loan_id'), type_='foreignkey')
        batch_op.drop_column('first_due')
        batch_op.drop_column('loan_id')
        batch_op.drop_column('offered_minor')

    with op.batch_alter_table('shares', schema=None) as batch_op:
        batch_op.add_column(sa.Column('creditor_n', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('item_id', _key(), nullable=True))
        batch_op.add_column(sa.Column('sha256', sa.String(length=64), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('lang', sa.String(length=16), nullable=False, server_default='zh_Hans_CN'))
        batch_op.add_column(sa.Column('passcode_hash', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('wrong_codes', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('most_views', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('view_count', sa.Integer(), nullable=False, server_default='0'))
        batch_op.create_index(batch_op.f('ix_shares_item_id'), ['item_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_shares_sha256'), ['sha256'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_shares_item_id'), 'proposal_items', ['item_id'], ['id'], ondelete='SET NULL')


def downgrade() -> None:
    for table in ('arrangements', 'confirmations', 'responses'):
        op.drop_table(table)
    with op.batch_alter_table('shares', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_shares_item_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_shares_item_id'))
        batch_op.drop_index(batch_op.f('ix_shares_sha256'))
        for name in ('creditor_n', 'item_id', 'sha256', 'lang', 'passcode_hash', 'wrong_codes', 'most_views', 'view_count'):
            batch_op.drop_column(name)
    op.drop_table('proposal_items')
    op.drop_table('evidence')
    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.drop_column('checked')
        batch_op.drop_column('review_on')
        batch_op.add_column(sa.Column('loan_id', _key(), nullable=True))
        batch_op.add_column(sa.Column('offered_minor', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('first_due', sa.Date(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_proposals_loan_id'), 'loans', ['loan_id'], ['id'], ondelete='CASCADE')
        batch_op.create_index(batch_op.f('ix_proposals_loan_id'), ['loan_id'], unique=False)
