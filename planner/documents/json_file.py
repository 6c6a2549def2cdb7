"""The proposal as a JSON file by the published schema (proposal.schema.json)."""

from __future__ import annotations

import json

from .proposal import ProposalDocument, to_json


def to_bytes(document: ProposalDocument) -> bytes:
    """The file: the value and its fingerprint."""
    return json.dumps(to_json(document) | {"sha256": document.sha256}, ensure_ascii=False, indent=2).encode()
