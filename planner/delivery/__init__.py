"""How a message is carried: one small file a channel. Each returns when it was handed over and raises DeliveryError when not."""

from __future__ import annotations


class DeliveryError(Exception):
    """The message was not handed over. `reason` is a short code a page can put into words; `passing` says a retry may help."""

    def __init__(self, reason: str, *, passing: bool = True, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.passing, self.detail = reason, passing, detail
