"""How long each document of a proposal takes and how large it is: 5 creditors × 60 instalments (bar: PDF < 400 ms warm, 500 kB).

Run: python -m benchmarks.documents
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask_babel import Babel

from planner.documents import files
from planner.documents.proposal import PARTS, ProposalDocument
from tests.documents.values import make

KINDS = ("reduce", "reduce_until", "rate", "postpone", "longer")
RUNS = 9


def measured(work: Callable[[int], bytes]) -> tuple[float, float, float, int]:
    """Median and best wall time and best processor time in ms after one run to warm up, and the largest size."""
    sizes, walls, cpus = [len(work(0))], [], []
    for run in range(1, RUNS + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        sizes.append(len(work(run)))
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return statistics.median(walls), min(walls), min(cpus), max(sizes)


def main() -> None:
    """Print a table. Each run makes another version, so that nothing is remembered from the one before."""
    app = Flask("planner")
    Babel(app, default_translation_directories=str(Path(files.__file__).parents[1] / "translations"))

    def value(run: int) -> ProposalDocument:
        return make(KINDS, number=run + 1)

    with app.test_request_context():
        print(f"{'what':24} {'median':>8} {'best':>8} {'cpu':>8} {'kB':>6}")
        for lang in ("en", "zh"):
            for wanted in files.FORMATS:
                of_one = wanted in ("fineract", "frappe")

                def work(run: int, wanted: str = wanted, lang: str = lang, of_one: bool = of_one) -> bytes:
                    document = value(run).copy_for(4, PARTS) if of_one else value(run)
                    return files.make(
                        document, wanted, lang=lang, address="https://plan.example.org/s/" + "x" * 43
                    ).content

                median, best, cpu, size = measured(work)
                print(f"{wanted + ' ' + lang:24} {median:7.0f}  {best:7.0f}  {cpu:7.0f}  {size / 1000:5.0f}")


if __name__ == "__main__":
    main()
