"""`planner calc`: JSON lines in, JSON lines out. The same engine as the pages use; it reads nothing but `inputs`.

A line {"id", "kind", "inputs"} is answered by {"id", "result"} or {"id", "error": {"field", "code", "message"}}; a line that
cannot be read by an error with id null. Published form: calc.schema.json beside this file. Limits: amounts below 10^15, rates
up to 1,000 % a year, a hundred years (1,200 monthly or 36,600 daily rows), dates from 1900 to 2200, lines of 8 MB.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, DecimalException
from typing import Any

from .asking import answer_corner, answer_schedule
from .errors import EngineError, NeverPaysOff, NoRate, SeveralRates, TermsError
from .rate_questions import answer_apr, answer_payoff
from .reading import Fields

_LONGEST_LINE = 8_000_000
_KINDS: Mapping[str, Callable[[Fields], dict[str, Any]]] = {
    "schedule": answer_schedule,
    "apr": answer_apr,
    "payoff": answer_payoff,
    "corner": answer_corner,
}
# What a field of LoanTerms is called in the JSON of a contract.
_NAMES = {
    "principal_minor": "disbursements",
    "annual_rate": "nominal_annual_rate_pct",
    "instalments": "installments",
    "fixed_instalment_minor": "fixed_installment",
    "payments_minor": "payments",
    "down_payment_rate": "down_payment.pct",
    "interest_holidays": "interest_payment_holidays",
    "balloon_minor": "balloon",
    "percent": "pct_of_balance",
    "weights": "installment_weights",
    "allow_negative_amortisation": "allow_negative_amortization",
    "date": "due_dates",
}


def calculate(kind: str, inputs: Any) -> dict[str, Any]:
    """The answer to one question, in the names of FORMAT.md's `expected`. Raises EngineError for what cannot be answered."""
    if kind not in _KINDS:
        raise TermsError("kind", "not_one_of", choices=", ".join(_KINDS))
    return _KINDS[kind](Fields(inputs))


def answer_lines(lines: Iterable[str | bytes]) -> Iterator[str]:
    """One JSON line for each line that is not blank, as soon as it is read; a bad line never stops the rest."""
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line), ensure_ascii=False)


def _answer(line: str | bytes) -> dict[str, Any]:
    try:
        asked = _parse(line)
    except TermsError as error:
        return {"id": None, "error": _error(error)}
    name = asked.get("id")
    key = name if isinstance(name, str | int) and not isinstance(name, bool) else None
    try:
        if not isinstance(asked.get("kind"), str):
            raise TermsError("kind", "missing" if asked.get("kind") is None else "not_a_text")
        return {"id": key, "result": calculate(asked["kind"], asked.get("inputs"))}
    except EngineError as error:
        return {"id": key, "error": _error(error)}
    except (ArithmeticError, ValueError, RecursionError, MemoryError):
        # Numbers within every limit alone and beyond all sense together: say so and answer the next line.
        return {
            "id": key,
            "error": {"field": "inputs", "code": "cannot_be_computed", "message": "the values have no answer"},
        }


def _parse(line: str | bytes) -> dict[str, Any]:
    if len(line) > _LONGEST_LINE:
        raise TermsError("line", "too_long", most=_LONGEST_LINE)
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        asked = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, DecimalException, RecursionError):
        raise TermsError("line", "not_json") from None
    if not isinstance(asked, dict):
        raise TermsError("line", "not_an_object")
    return asked


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)


def _error(error: EngineError) -> dict[str, str]:
    """Field, code and a message for developers."""
    if isinstance(error, TermsError):
        field = _NAMES.get(error.field, error.field)
        limits = ", ".join(f"{name} {value}" for name, value in error.params.items() if value is not None)
        said = error.code.replace("_", " ")
        return {"field": field, "code": error.code, "message": f"{field}: {said}{f' ({limits})' if limits else ''}"}
    fields = {NoRate: ("flows", "no_rate"), SeveralRates: ("flows", "several_rates")}
    field, code = fields.get(type(error), ("inputs", "cannot_be_computed"))
    if isinstance(error, NeverPaysOff):
        field, code = "fixed_installment", "never_pays_off"
    return {"field": field, "code": code, "message": str(error) or code.replace("_", " ")}
