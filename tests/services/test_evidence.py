"""Evidence on the disk and in the table: what is kept of a file, what is refused, the limits, and that both agree."""

from __future__ import annotations

import hashlib
import os
import random
import stat
import threading
import time
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from huey import MemoryHuey
from huey.api import Task
from sqlalchemy import delete

from planner.errors import NotFound
from planner.evidence import apart, files, services, words
from planner.evidence.kinds import MOST_BYTES, Refused, kind_of
from planner.evidence.names import shown_name
from planner.evidence.papers import clean as clean_pdf
from planner.evidence.pictures import clean as clean_picture
from planner.extensions import db
from planner.models import Case, Evidence, Proposal
from planner.worker import SWEEP_AT, add_turns
from tests.evidence import PLANTED, heic, packed_pdf, pdf, photo, png_of_size, screenshot
from tests.factories import CREATED, Household

SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


@pytest.fixture
def case(context: Flask, household: Household) -> Case:
    found = db.session.get(Case, household.case_id)
    assert found
    return found


@pytest.fixture
def folder(app: Flask, household: Household) -> Path:
    path: Path = app.config["SETTINGS"].instance / "evidence" / str(household.case_id)
    return path


def keep(case: Case, data: bytes, name: str = "a.jpg", proposal_id: int | None = None) -> Evidence:
    outcome = services.keep(case, [(name, BytesIO(data))], proposal_id)
    db.session.commit()
    assert not outcome.refused, outcome.refused
    return outcome.kept[0]


def refusal(case: Case, data: bytes, name: str = "a.jpg") -> str:
    outcome = services.keep(case, [(name, BytesIO(data))])
    db.session.commit()
    assert not outcome.kept
    (told,) = outcome.refused
    assert told[1] in words.REFUSALS
    return told[1]


def make_plan(case_id: int, reference: str = "P-1") -> int:
    plan = Proposal(case_id=case_id, reference=reference, checked={}, created_at=CREATED, updated_at=CREATED)
    db.session.add(plan)
    db.session.commit()
    return plan.id


# ---- By content ----


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff" + bytes(MOST_BYTES), "large"),
        (heic(), "heic"),
        (b"GIF89a" + bytes(30), "unknown"),
        (b"<html><script>alert(1)</script>", "unknown"),
        (b"PK\x03\x04" + pdf(), "unknown"),
        (b"\n" + pdf(), "unknown"),
        (b"\xff\xd8\xff\xe0 not a picture", "damaged"),
        (b"%PDF-1.7 not a pdf %%EOF", "damaged"),
        (pdf("/OpenAction 5 0 R", {5: SCRIPT}), "active"),
        (png_of_size(7000, 7000), "pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_file_is_decides_its_content_and_not_its_name(case: Case, folder: Path, data: bytes, code: str) -> None:
    assert refusal(case, data, "payslip.jpg") == code
    assert not folder.exists() or not list(folder.iterdir())


def test_a_picture_called_a_pdf_is_a_picture(case: Case) -> None:
    row = keep(case, photo(), "payslip.pdf")
    assert (row.kind, row.name) == ("image/jpeg", "payslip.jpg")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("工资条 11月.JPEG", "工资条 11月.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\fotos\\a.png", "a.jpg"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.jpg"),
        ("a\x00b\r\nSet-Cookie: x=1\u200b.jpg", "abSet-Cookie x=1.jpg"),
        ("<script>alert(1)</script>.png", "script.jpg"),
        ("x" * 5000 + ".jpg", "x" * 100 + ".jpg"),
        ("....", "file.jpg"),
        ("..", "file.jpg"),
        ("", "file.jpg"),
        ("\ud800.jpg", "file.jpg"),
        (".htaccess", "htaccess.jpg"),
    ],
)
def test_names_are_shown_without_tricks(given: str, name: str) -> None:
    assert shown_name(given, "image/jpeg") == name


# ---- On the disk ----


def test_what_is_kept_is_the_apps_own_and_is_what_the_row_says(case: Case, folder: Path) -> None:
    row = keep(case, photo(), "../../x.jpg")
    (path,) = folder.iterdir()
    data = path.read_bytes()
    assert (path.name, row.size, row.sha256) == (row.stored_as, len(data), hashlib.sha256(data).hexdigest())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [0o700, 0o700]
    opened = services.open_file(row)
    assert (opened.path, opened.kind, opened.name) == (path, "image/jpeg", "x.jpg")
    row.stored_as = f"../{case.id}/{path.name}"
    with pytest.raises(NotFound):
        services.open_file(row)


def test_a_failed_commit_leaves_no_row_and_its_file_is_swept(case: Case, folder: Path) -> None:
    kept = keep(case, photo(), "kept.jpg")
    services.keep(case, [("lost.png", BytesIO(screenshot()))])
    db.session.rollback()
    assert [row.name for row in services.evidence_of(case)] == ["kept.jpg"]
    assert len(list(folder.iterdir())) == 2
    assert services.sweep(case.id) == 0, "an upload that is still under way keeps its file"
    for path in folder.iterdir():
        os.utime(path, (time.time() - 4000,) * 2)
    (folder / ("0" * 32 + ".part")).write_bytes(b"half")
    os.utime(folder / ("0" * 32 + ".part"), (time.time() - 4000,) * 2)
    assert services.sweep() == 2
    assert [path.name for path in folder.iterdir()] == [kept.stored_as]


def test_a_removed_row_takes_its_file_along_after_the_commit(case: Case, folder: Path) -> None:
    row, other = keep(case, photo()), keep(case, screenshot(), "b.png")
    services.remove(row)
    assert len(list(folder.iterdir())) == 2, "until the commit it may still be needed"
    db.session.commit()
    services.erase(row)
    assert [path.name for path in folder.iterdir()] == [other.stored_as]


def test_the_files_of_an_erased_case_are_swept(case: Case, folder: Path) -> None:
    row = keep(case, photo())
    os.utime(services.open_file(row).path, (time.time() - 4000,) * 2)
    db.session.execute(delete(Case).where(Case.id == case.id))
    db.session.commit()
    assert services.sweep() == 1
    assert not folder.exists()


def test_the_worker_sweeps_once_a_night(app: Flask, case: Case, folder: Path) -> None:
    huey = MemoryHuey("test")
    add_turns(huey, app, expires=30)

    def due(hour: int, minute: int) -> list[Task]:
        return [task for task in huey.read_periodic(datetime(2026, 12, 9, hour, minute)) if task.name == "sweep"]  # noqa: DTZ001  # as huey does

    keep(case, photo())
    orphan = folder / ("0" * 32)
    orphan.write_bytes(b"lost")
    os.utime(orphan, (time.time() - 4000,) * 2)
    assert not due(19, 41)
    assert not due(7, 40)
    (task,) = due(*SWEEP_AT)
    huey.execute(task)
    assert not orphan.exists()
    assert len(list(folder.iterdir())) == 1


# ---- Limits ----


def test_a_case_holds_100_mb_and_the_file_that_does_not_fit_is_told(case: Case, folder: Path) -> None:
    row = keep(case, photo())
    row.size = services.MOST_IN_CASE - 10
    db.session.commit()
    assert services.usage(case).left == 10
    assert refusal(case, screenshot()) == "full"
    assert len(list(folder.iterdir())) == 1
    row.size = services.MOST_IN_CASE - len(clean_picture(screenshot())[1])
    db.session.commit()
    keep(case, screenshot())
    assert services.usage(case).left == 0


def test_a_case_holds_100_files(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_FILES", 1)
    keep(case, photo())
    assert refusal(case, screenshot()) == "count"


def test_the_same_file_again_adds_nothing(case: Case) -> None:
    keep(case, photo())
    assert refusal(case, photo()) == "known"


def test_one_refused_file_does_not_hold_up_the_others(case: Case) -> None:
    sent = [("a.jpg", BytesIO(photo())), ("b.heic", BytesIO(heic())), ("c.pdf", BytesIO(pdf()))]
    outcome = services.keep(case, sent)
    assert [row.name for row in outcome.kept] == ["a.jpg", "c.pdf"]
    assert outcome.refused == [("b.heic", "heic")]


def race(app: Flask, case_id: int, count: int) -> list[bool]:
    """Uploads that are all cleaned before any is counted; which of them were kept."""
    barrier, kept = threading.Barrier(count), list[bool]()

    def run(kind: str, data: bytes, folder: str) -> tuple[str, bytes]:
        barrier.wait(20)
        return kind, data

    def upload(n: int) -> None:
        with app.app_context():
            found = db.session.get(Case, case_id)
            assert found
            outcome = services.keep(found, [(f"{n}.jpg", BytesIO(b"\xff\xd8\xff" + bytes([n]) * 100))])
            time.sleep(0.05)
            db.session.commit()
            kept.append(bool(outcome.kept))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "run", run)
        threads = [threading.Thread(target=upload, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return kept


def test_uploads_at_once_cannot_pass_the_limit(app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_IN_CASE", 250)  # two of them fit
    kept = race(app, case.id, 6)
    assert (len(kept), sum(kept)) == (6, 2)
    assert services.usage(case).size == 206


def test_without_the_lock_they_could(app: Flask, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: all count before any has written."""
    counted = threading.Barrier(4)
    usage = services.usage

    def slow(case: Case) -> services.Usage:
        found = usage(case)
        counted.wait(20)
        return found

    monkeypatch.setattr(services, "MOST_IN_CASE", 150)
    monkeypatch.setattr(services, "_lock", lambda case: None)
    monkeypatch.setattr(services, "usage", slow)
    assert sum(race(app, case.id, 4)) == 4


# ---- Attaching ----


def test_a_file_is_attached_to_a_plan_of_its_own_case_only(case: Case, household: Household) -> None:
    mine, theirs = make_plan(case.id), make_plan(household.stranger_case_id, "P-2")
    row = keep(case, photo(), proposal_id=mine)
    assert services.evidence_of(case, mine) == [row]
    services.attach(row, None)
    assert services.evidence_of(case, mine) == []
    with pytest.raises(NotFound):
        services.attach(row, theirs)
    with pytest.raises(NotFound):
        services.keep(case, [("a.png", BytesIO(screenshot()))], theirs)
    services.change(row, "../Lohn\u202e.pdf", "November")
    assert (row.name, row.note) == ("Lohn.jpg", "November")


# ---- Hostile files ----


def test_a_reader_that_eats_memory_or_crashes_is_ended_and_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "planner" / "evidence"
    package.mkdir(parents=True)
    real = Path(apart.__file__)
    for name in ("apart.py", "kinds.py", "__init__.py"):
        (package / name).write_bytes((real.parent / name).read_bytes())
    work = {
        "eats": "return 'x', bytes(900 * 1024 * 1024)", "dies": "os.abort()", "leaves": "os._exit(1)",
        "writes": "open('out', 'w').write('x' * 9)", "sees": "return 'x', repr(sorted(os.environ)).encode()",
    }  # fmt: skip
    for name, line in work.items():
        (package / f"{name}.py").write_text(
            f"import os\nfrom . import apart\ndef work(data):\n    {line}\napart.answer(work)\n", "utf-8"
        )
    monkeypatch.setenv("SECRET_KEY", "must not travel")

    def outcome(name: str) -> str:
        monkeypatch.setattr(apart, "_PICTURES", f"planner.evidence.{name}")
        with pytest.raises(Refused) as refused:
            apart.run("image/jpeg", b"x", str(tmp_path))
        return refused.value.code

    assert [outcome(name) for name in ("eats", "dies", "leaves", "writes")] == ["heavy", "heavy", "damaged", "damaged"]
    assert not (tmp_path / "out").exists() or not (tmp_path / "out").read_bytes()
    monkeypatch.setattr(apart, "_PICTURES", "planner.evidence.sees")
    assert b"SECRET_KEY" not in apart.run("image/jpeg", b"x", str(tmp_path))[1]


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow says what it skips
def test_mutated_and_cut_off_files_are_kept_or_refused_and_nothing_else(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, so that many can be tried; what the child answers for any exception is seen above."""

    def run(kind: str, data: bytes, folder: str) -> tuple[str, bytes]:
        try:
            return clean_pdf(data) if kind == "application/pdf" else clean_picture(data)
        except Refused:
            raise
        except Exception:
            raise Refused("damaged") from None

    monkeypatch.setattr(apart, "run", run)
    chance, seen = random.Random(7), {"kept": 0, "refused": 0}
    sources = [photo(), screenshot(), photo(form="WEBP"), pdf(), packed_pdf(b"<< /A 1 >>")]
    for _ in range(300):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        made = bytes(data[: chance.randrange(1, len(data))] if chance.random() < 0.4 else data)
        outcome = services.keep(case, [("a.jpg", BytesIO(made))])
        db.session.rollback()
        seen["kept" if outcome.kept else "refused"] += 1
        for row in outcome.kept:
            stored = services.open_file(row).path.read_bytes()
            assert kind_of(stored) == row.kind
            assert row.kind == "application/pdf" or not [mark for mark in PLANTED if mark in stored]
            files.erase(case.id, row.stored_as)
    assert min(seen.values()) > 30, seen


def test_sizes_are_written_as_people_read_them() -> None:
    sizes = {0: "0 MB", 1: "1 kB", 2048: "2 kB", 104858: "0.1 MB", 1_468_006: "1.4 MB", 104_857_600: "100 MB"}
    assert {count: words.size(count, "en").replace("\u00a0", " ") for count in sizes} == sizes
