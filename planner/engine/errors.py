"""What the engine refuses. Messages for people are made elsewhere, from `field`, `code` and `params`."""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """The base of everything the engine refuses to answer."""


class TermsError(EngineError):
    """A value that no contract can have: `field` is its name, `code` says what is wrong, `params` the limits."""

    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(f"{field}: {code}{f' {params}' if params else ''}")
        self.field, self.code, self.params = field, code, params


class NoRate(EngineError):
    """The flows have no rate at which they balance (all of one sign, or none in reach)."""


class SeveralRates(EngineError):
    """The flows balance at more than one rate, so none can be called theirs."""


class NeverPaysOff(EngineError):
    """The payments never clear the balance."""
