"""The language of a message, settled once for all its texts: looking it up for each of them takes longer than the words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from babel import Locale
from babel.support import NullTranslations
from flask_babel import Domain, force_locale, get_domain


class _Settled(Domain):
    """The texts of one language; `usual` finds those of any."""

    def __init__(self, usual: Domain) -> None:
        super().__init__()
        self.usual, self._translations = usual, usual.get_translations()

    def get_translations(self) -> NullTranslations:
        """Those it was made for."""
        return self._translations


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Texts, dates and amounts in this language, for as long as the block lasts; no other is asked for in between."""
    with force_locale(_parsed(locale)):
        before = get_domain()
        _settled(before.usual if isinstance(before, _Settled) else before, locale).as_default()
        try:
            yield
        finally:
            before.as_default()


_parsed = lru_cache(maxsize=8)(Locale.parse)


@lru_cache(maxsize=8)
def _settled(usual: Domain, _locale: str) -> _Settled:
    """That language of an app's texts; asked for while it is the one of this request."""
    return _Settled(usual)
