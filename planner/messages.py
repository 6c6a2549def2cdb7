"""Messages that stand on the next page."""

from __future__ import annotations

from typing import Any

from flask import flash


def flash_undo(text: str, undo_url: str) -> None:
    """Say what was done, with a button that posts to `undo_url` and takes it back."""
    message: Any = {"text": text, "undo": undo_url}
    flash(message, "undo")
