"""Stand-in until the push room lands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..config import Settings
from . import Carrier, DeliveryError


@contextmanager
def connect(settings: Settings) -> Iterator[Carrier]:
    raise DeliveryError("not_configured")
    yield
