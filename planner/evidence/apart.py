"""Reading a stranger's file in a process of its own, with limits on its time and memory.

A picture or a PDF made to eat the memory, to run for hours or to crash a decoder ends that process; the reader gets a sentence,
and the app goes on. The process has no settings, no database and no secret, and can write no file.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import threading
from collections.abc import Callable

from .kinds import MB, PDF, Refused

SECONDS = 30
MEMORY = 600 * MB
_ONE = threading.Lock()  # in one server process; others wait for their turn
_MODULES = {PDF: "planner.evidence.papers"}
_PICTURES = "planner.evidence.pictures"


def run(kind: str, data: bytes, folder: str) -> tuple[str, bytes]:
    """The media type and the bytes to keep of a file of this kind. `folder` is where the package planner is.

    Raises Refused with what the process said; "heavy" when it was ended, "damaged" when it said nothing.
    """
    command = [sys.executable, "-B", "-m", _MODULES.get(kind, _PICTURES)]
    try:
        with _ONE:
            # No input of anybody is in the command, and the environment is empty.
            done = subprocess.run(  # noqa: S603  # see above
                command, input=data, capture_output=True, cwd=folder, env={"LC_ALL": "C.UTF-8"}, timeout=2 * SECONDS
            )
    except subprocess.TimeoutExpired:
        raise Refused("heavy") from None
    if done.returncode != 0:
        raise Refused("heavy" if done.returncode < 0 else "damaged")
    line, _end, kept = done.stdout.partition(b"\n")
    word, _blank, rest = line.decode("ascii").partition(" ")
    if word != "kept":
        raise Refused(rest)
    return rest, kept


def answer(work: Callable[[bytes], tuple[str, bytes]]) -> None:
    """The other side: read a file from standard input, do the work, and say on standard output what came of it."""
    _limit()
    out = sys.stdout.buffer
    try:
        kind, kept = work(sys.stdin.buffer.read())
    except Refused as refused:
        out.write(f"refused {refused.code}\n".encode())
    except MemoryError:
        out.write(b"refused heavy\n")
    except Exception:  # decoders of hostile bytes raise anything
        out.write(b"refused damaged\n")
    else:
        out.write(f"kept {kind}\n".encode() + kept)


def _limit() -> None:
    limits = {
        resource.RLIMIT_CPU: SECONDS, resource.RLIMIT_AS: MEMORY, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0,
    }  # fmt: skip
    for what, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS does not know all of them
            resource.setrlimit(what, (most, most))
