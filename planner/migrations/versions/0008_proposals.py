"""Proposals to all creditors at once, answers, written confirmations, arrangements, evidence files"""

import datetime
import decimal
import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any

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

    _items_up()
    _versions_up()
    _shares_up()

    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('checked', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('review_on', sa.Date(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_proposals_loan_id'))
        batch_op.drop_constraint(batch_op.f('fk_proposals_loan_id'), type_='foreignkey')
        batch_op.drop_column('first_due')
        batch_op.drop_column('loan_id')
        batch_op.drop_column('offered_minor')

    for table, names in (('proposals', ('checked',)), ('shares', ('creditor_n', 'sha256', 'lang', 'wrong_codes', 'view_count'))):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in names:
                batch_op.alter_column(name, existing_type=_TYPES[name], existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('loan_id', _key(), nullable=True))
        batch_op.add_column(sa.Column('offered_minor', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('first_due', sa.Date(), nullable=True))
    _versions_down()
    _items_down()
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
        batch_op.alter_column('loan_id', existing_type=_key(), nullable=False)
        batch_op.create_foreign_key(batch_op.f('fk_proposals_loan_id'), 'loans', ['loan_id'], ['id'], ondelete='CASCADE')
        batch_op.create_index(batch_op.f('ix_proposals_loan_id'), ['loan_id'], unique=False)


_TYPES: dict[str, sa.types.TypeEngine[Any]] = {'checked': sa.JSON(), 'creditor_n': sa.Integer(), 'sha256': sa.String(length=64), 'lang': sa.String(length=16),
          'wrong_codes': sa.Integer(), 'view_count': sa.Integer()}
_NO_DECIMALS = ('JPY', 'KRW', 'VND', 'CLP', 'ISK', 'XAF', 'XOF', 'PYG', 'UGX', 'RWF')
_THREE_DECIMALS = ('KWD', 'BHD', 'OMR', 'JOD', 'TND', 'IQD', 'LYD')
_ASKED = ('kind', 'amount', 'from_on', 'until', 'count', 'interest', 'annual_rate', 'instalments', 'day', 'on', 'then')


def _items_up() -> None:
    """Each old proposal asked one creditor for a smaller instalment until everything is repaid."""
    connection = op.get_bind()
    items = sa.table('proposal_items', *(sa.column(name) for name in ('proposal_id', 'loan_id', 'n', 'is_included',
                     'offered_minor', 'case_id', 'version')), sa.column('asked', sa.JSON(none_as_null=True)))
    for row in _rows('SELECT p.*, l.currency FROM proposals p JOIN loans l ON l.id = p.loan_id ORDER BY p.id'):
        has_offer = row['offered_minor'] is not None and row['first_due'] is not None
        asked = _asked(_text(row['offered_minor'], row['currency']), str(row['first_due'])) if has_offer else None
        connection.execute(sa.insert(items).values(
            proposal_id=row['id'], loan_id=row['loan_id'], n=1, is_included=True, offered_minor=row['offered_minor'],
            case_id=row['case_id'], version=1, asked=asked))


def _items_down() -> None:
    """The creditor asked first is the one an old proposal had; one that asks nobody has no place there."""
    connection = op.get_bind()
    for row in _rows('SELECT * FROM proposal_items ORDER BY proposal_id, is_included DESC, n'):
        asked = json.loads(row['asked']) if isinstance(row['asked'], str) else row['asked']
        first = asked.get('from_on') if asked and asked['kind'] == 'reduce' else None
        connection.execute(sa.text(
            'UPDATE proposals SET loan_id = :loan_id, offered_minor = :offered, first_due = :first'
            ' WHERE id = :id AND loan_id IS NULL').bindparams(sa.bindparam('first', type_=sa.Date())),
            {'loan_id': row['loan_id'], 'offered': row['offered_minor'] if first else None, 'id': row['proposal_id'],
             'first': None if first is None else datetime.date.fromisoformat(first)})
    connection.execute(sa.text('DELETE FROM share_views WHERE share_id IN (SELECT s.id FROM shares s JOIN proposal_versions v'
                               ' ON v.id = s.version_id JOIN proposals p ON p.id = v.proposal_id WHERE p.loan_id IS NULL)'))
    connection.execute(sa.text('DELETE FROM shares WHERE version_id IN (SELECT v.id FROM proposal_versions v'
                               ' JOIN proposals p ON p.id = v.proposal_id WHERE p.loan_id IS NULL)'))
    connection.execute(sa.text('DELETE FROM proposal_versions WHERE proposal_id IN (SELECT id FROM proposals WHERE loan_id IS NULL)'))
    connection.execute(sa.text('DELETE FROM proposals WHERE loan_id IS NULL'))


def _versions_up() -> None:
    """Values of schema 1 (one creditor) as those of schema 2, so that links given away keep opening."""
    priority = {row['id']: bool(row['is_priority']) for row in _rows(
        'SELECT p.id, l.is_priority FROM proposals p JOIN loans l ON l.id = p.loan_id')}
    for row in _values('proposal_versions', 'proposal_id'):
        if row.value.get('schema') == 'planner-proposal/1':
            value = _second(row.value, priority.get(row.proposal_id, False))
            _keep_value(row.id, value)


def _versions_down() -> None:
    """Values that address one creditor by a smaller instalment go back; the others, and their links, have no old form."""
    connection, gone = op.get_bind(), []
    for row in _values('proposal_versions', 'proposal_id'):
        if row.value.get('schema') != 'planner-proposal/2':
            continue
        requests = row.value['requests']
        if len(requests) == 1 and requests[0]['asked']['kind'] == 'reduce':
            _keep_value(row.id, _first(row.value))
        else:
            gone.append(row.id)
    for key in gone:
        connection.execute(sa.text('DELETE FROM share_views WHERE share_id IN (SELECT id FROM shares WHERE version_id = :id)'), {'id': key})
        connection.execute(sa.text('DELETE FROM shares WHERE version_id = :id'), {'id': key})
        connection.execute(sa.text('DELETE FROM proposal_versions WHERE id = :id'), {'id': key})


def _shares_up() -> None:
    """An old link showed its proposal's only creditor; its copy now has a fingerprint of its own."""
    connection = op.get_bind()
    values = {row.id: row for row in _values('proposal_versions', 'proposal_id')}
    items = {row['proposal_id']: row['id'] for row in _rows('SELECT id, proposal_id FROM proposal_items')}
    shares = sa.table('shares', sa.column('id'), sa.column('version_id'), sa.column('shown', sa.JSON()), sa.column('item_id'),
                      sa.column('sha256'))
    for share in connection.execute(sa.select(shares.c.id, shares.c.version_id, shares.c.shown)).all():
        version = values[share.version_id]
        connection.execute(sa.update(shares).where(shares.c.id == share.id).values(
            item_id=items.get(version.proposal_id), sha256=_sha256(_copy(version.value, share.shown))))


def _second(old: dict[str, Any], is_priority: bool) -> dict[str, Any]:
    unit, budget = old['currency'], old['budget']
    zero = f"{0:.{unit['minor_digits']}f}"
    others = budget and budget['other_instalments']
    creditors = [{
        'n': 1, 'creditor': old['creditor'], 'contract_number': old['contract_number'], 'owed': old['opening_amount'],
        'contract': old['contract']['payment'], 'offered': old['offer']['payment'], 'is_priority': is_priority, 'is_token': False,
    }]
    if others and float(others):  # of the others only their instalments together are known
        creditors.append({'n': 2, 'creditor': None, 'contract_number': None, 'owed': others, 'contract': others, 'offered': others,
                          'is_priority': False, 'is_token': False})
    request = {
        'n': 1, 'asked': _asked(old['offer']['payment'], old['offer']['first_due']), 'opening': old['opening_amount'],
        'arrears': zero, 'forgiven': zero, 'resumes_on': None, 'contract': old['contract'], 'offer': old['offer'],
        'contract_rows': [], 'rows': old['instalments'],
    }
    return {
        'schema': 'planner-proposal/2', 'reference': old['reference'], 'number': old['version'], 'created_on': old['created_on'],
        'reply_by': old['reply_by'], 'review_on': None, 'unit': unit, 'to': None, 'borrower_name': old['borrower']['name'],
        'borrower_contact': old['borrower']['contact'], 'agency': None, 'cause': old['cause'],
        'budget': budget and _budget(budget), 'creditors': creditors, 'requests': [request], 'evidence': [],
    }


def _budget(old: dict[str, Any]) -> dict[str, Any]:
    """What is available is for all creditors now, not for the one after the others."""
    groups = ('income', 'essential', 'flexible', 'savings')
    available = None
    if old['available'] is not None:
        available = format(decimal.Decimal(old['available']) + decimal.Decimal(old['other_instalments'] or 0), 'f')
    items = [item | {'heading': '', 'note': None} for item in old['items']]
    return {name: old[name] for name in groups} | {'available': available, 'priority': None, 'items': items}


def _first(value: dict[str, Any]) -> dict[str, Any]:
    [request] = value['requests']
    creditor = next(each for each in value['creditors'] if each['n'] == request['n'])
    others = sum((decimal.Decimal(each['offered']) for each in value['creditors'] if each['n'] != request['n']), decimal.Decimal(0))
    budget, zero = value['budget'], decimal.Decimal(0).scaleb(-value['unit']['minor_digits'])
    if budget is not None:
        left = None if budget['available'] is None else format(decimal.Decimal(budget['available']) - others, 'f')
        budget = {name: budget[name] for name in ('income', 'essential', 'flexible', 'savings')} | {
            'other_instalments': format(others + zero, 'f'), 'available': left,
            'items': [{name: item[name] for name in ('name', 'group', 'monthly')} for item in budget['items']]}
    return {
        'schema': 'planner-proposal/1', 'reference': value['reference'], 'version': value['number'],
        'created_on': value['created_on'], 'reply_by': value['reply_by'], 'currency': value['unit'],
        'creditor': creditor['creditor'], 'contract_number': creditor['contract_number'],
        'borrower': {'name': value['borrower_name'], 'contact': value['borrower_contact']}, 'cause': value['cause'],
        'budget': budget, 'opening_amount': request['opening'], 'contract': request['contract'], 'offer': request['offer'],
        'instalments': request['rows'],
    }


def _copy(value: dict[str, Any], shown: Collection[str]) -> dict[str, Any]:
    """The creditor's copy with the ticked parts, as documents/proposal.py cut it when this was written."""
    budget = value['budget'] if 'budget' in shown else None
    others = 'other_creditors' in shown
    creditors = [each | {'contract_number': each['contract_number'] if each['n'] == 1 and 'contract_number' in shown else None}
                 for each in value['creditors'] if each['n'] == 1 or others]
    return value | {
        'to': 1, 'borrower_name': value['borrower_name'] if 'name' in shown else None,
        'borrower_contact': value['borrower_contact'] if 'contact' in shown else None,
        'cause': value['cause'] if 'cause' in shown else None, 'creditors': creditors,
        'budget': budget if others or budget is None else budget | {'available': None, 'priority': None},
    }


def _asked(amount: str, first: str) -> dict[str, Any]:
    return dict.fromkeys(_ASKED) | {'kind': 'reduce', 'amount': amount, 'from_on': first}


def _text(minor: int, code: str) -> str:
    digits = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    return format(decimal.Decimal(minor).scaleb(-digits), 'f')


def _sha256(value: dict[str, Any]) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _rows(query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in op.get_bind().execute(sa.text(query)).mappings()]


def _values(name: str, *more: str) -> Iterable[Any]:
    """The rows of a table with their JSON value read."""
    table = sa.table(name, sa.column('id'), sa.column('value', sa.JSON()), *(sa.column(each) for each in more))
    return op.get_bind().execute(sa.select(table)).all()


def _keep_value(key: int, value: dict[str, Any]) -> None:
    table = sa.table('proposal_versions', sa.column('id'), sa.column('value', sa.JSON()), sa.column('sha256'))
    op.get_bind().execute(sa.update(table).where(table.c.id == key).values(value=value, sha256=_sha256(value)))
