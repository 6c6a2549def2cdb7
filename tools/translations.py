"""Keep the catalogue complete: `update` collects the texts, `check` fails for a missing, stale or uncompiled one.

python tools/translations.py update|check
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "planner" / "translations" / "zh_Hans_CN" / "LC_MESSAGES"
PO, MO = FOLDER / "messages.po", FOLDER / "messages.mo"
METHODS = {"planner": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
# Dates would make the same texts compile to other bytes each day.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
DATES = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')
OPTIONS = {"trimmed": "true", "silent": "false"}


def collect() -> Catalog:
    """Every text of the source, with where it stands."""
    catalog = Catalog(locale="zh_Hans_CN", charset="utf-8")
    for folder, methods in METHODS.items():
        options = {pattern: OPTIONS for pattern, method in methods if method == "jinja2"}
        for name, line, message, comments, context in extract_from_dir(
            ROOT / folder, methods, options, KEYWORDS, ("NOTE:",)
        ):
            place = (f"{folder}/{Path(name).as_posix()}", line)
            catalog.add(message, locations=[place], auto_comments=comments, context=context)
    return catalog


def stored() -> Catalog:
    """The catalogue as committed."""
    if not PO.exists():
        return Catalog(locale="zh_Hans_CN", charset="utf-8")
    with PO.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans_CN")
    catalog.creation_date = catalog.revision_date = SOME_DAY
    return catalog


def merged() -> Catalog:
    """The stored translations for the texts of today; dropped texts go, nothing is guessed from similar ones."""
    catalog = stored()
    catalog.update(collect(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """The catalogue as text, without line numbers or dates, so that a change shows only what changed."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_by_file=True, include_lineno=False, omit_header=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(DATES))


def as_mo(catalog: Catalog) -> bytes:
    """The compiled catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """Texts without Chinese, with where they stand."""
    return [
        f"{message.locations[0][0] if message.locations else '?'}: {message.id!r}"
        for message in catalog
        if message.id
        and (message.fuzzy or not all([message.string] if isinstance(message.string, str) else message.string))
    ]


def save(catalog: Catalog) -> None:
    """Write the text, then the compiled form of what was written."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(as_po(catalog))
    MO.write_bytes(as_mo(stored()))


def check() -> list[str]:
    """What is wrong with the committed catalogue; empty when all is well."""
    catalog = merged()
    faults = untranslated(catalog)
    if as_po(catalog) != PO.read_bytes():
        faults.append("messages.po is not what `update` would write: run python tools/translations.py update")
    if as_mo(stored()) != MO.read_bytes():
        faults.append("messages.mo is not compiled from messages.po: run python tools/translations.py update")
    return faults


def main(arguments: list[str]) -> int:
    """Run one of the two commands; 1 when something is missing."""
    if arguments == ["update"]:
        save(merged())
        faults = untranslated(stored())
    elif arguments == ["check"]:
        faults = check()
    else:
        sys.stderr.write(__doc__ or "")
        return 2
    sys.stdout.write("".join(f"{fault}\n" for fault in faults) or "translations complete\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
