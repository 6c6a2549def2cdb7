"""The agency's list of clients; the numbers are given in planner/consent/clients.py, where a client comes to be one."""

from __future__ import annotations

from ..consent.clients import add_client

__all__ = ["add_client"]
