"""The proposal as a JSON file by the published schema (proposal.schema.json)."""

from __future__ import annotations

import json

from .proposal import ProposalDocument, to_json


def to_bytes(document: ProposalDocument) -> bytes:
    """The file: the value and its fingerprint, which a draft does not have."""
    return json.dumps(to_json(document) | _mark(document), ensure_ascii=False, indent=2).encode()


def _mark(document: ProposalDocument) -> dict[str, str]:
    return {"sha256": document.fingerprint} if document.fingerprint else {}
