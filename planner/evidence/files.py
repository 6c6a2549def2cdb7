"""The bytes of evidence: instance/evidence/<case>/<random name>, for the app's own user alone."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

_NAME = re.compile(r"[0-9a-f]{32}")
_PART = ".part"


def write(case_id: int, data: bytes) -> str:
    """Store the bytes under a new random name and return it. The name appears when all of them are on the disk."""
    folder, name = _folder(case_id), secrets.token_hex(16)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / (name + _PART)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(folder / name)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    _settle(folder)
    return name


def find(case_id: int, name: str) -> Path | None:
    """The path of a stored file; None when it is not there or the name is none of ours."""
    path = _folder(case_id) / name
    return path if _NAME.fullmatch(name) and path.is_file() else None


def erase(case_id: int, name: str) -> None:
    """Remove a stored file, if it is there."""
    path = find(case_id, name)
    if path is not None:
        path.unlink(missing_ok=True)


def erase_others(case_id: int, known: set[str], *, older_than_seconds: float) -> int:
    """Remove what stands in a case's folder and nobody knows any more; returns how many. The newest may await their rows."""
    before, count = time.time() - older_than_seconds, 0
    with contextlib.suppress(FileNotFoundError):  # another process sweeps too
        for path in list(_folder(case_id).iterdir()):
            if path.name not in known and path.stat().st_mtime <= before:
                path.unlink()
                count += 1
    return count


def drop_folder(case_id: int) -> None:
    """Remove the folder of a case that is no more, when it is empty."""
    with contextlib.suppress(OSError):
        _folder(case_id).rmdir()


def cases() -> Iterator[int]:
    """The cases that have a folder."""
    root = _root()
    yield from (int(path.name) for path in root.iterdir() if path.name.isdecimal()) if root.is_dir() else ()


def _root() -> Path:
    path: Path = current_app.config["SETTINGS"].instance / "evidence"
    return path


def _folder(case_id: int) -> Path:
    return _root() / str(int(case_id))


def _settle(folder: Path) -> None:
    """Make the new name itself last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
