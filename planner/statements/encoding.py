"""Bytes to text: what the file declares, else what its bytes and its words say."""

from __future__ import annotations

import codecs
import re

from .values import Unreadable

# Words that stand in every Chinese statement; a Western text misread as Chinese never has them.
_CHINESE = re.compile("交易|金额|日期|收入|支出|余额|账户|时间|摘要|币种|支付|明细")
_CHINESE_OLD = re.compile("交易|金額|日期|收入|支出|餘額|帳戶|時間|摘要|幣別")
_RUSSIAN = re.compile("дата|сумма|описание|операци", re.IGNORECASE)
_JAPANESE = re.compile("日付|取引日|年月日|残高|金額|お支払|ご利用")
# Characters that stand beside letters only when Central European bytes are read as Western ones.
_NOT_WESTERN = re.compile(
    r"[^\W\d_][³¿¹¾¯£¥¼ª²µ¢±]|[³¿¹¾¯¥¼ª²±][^\W\d_]|[ìøùèïò][^\W\d_]{0,12}[ìøùèò]|œ[^\W\d_]{0,12}œ|[^\W\d_]Ÿ"
)
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{2,20})[\"']")
# Only real character sets: other codecs Python knows are slow, or no text at all.
_CHARSET = re.compile(
    r"(cp|windows-?|iso-?8859-?|latin-?|gb|koi8-)[\w-]{1,6}|big5|shift_?jis|euc-(jp|kr|cn)", re.ASCII | re.I
)
_BOMS = ((codecs.BOM_UTF8, "utf-8", "UTF-8"), (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
         (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"))  # fmt: skip


class Text:
    """A file's text with plain line ends, the encoding found, and whether it is a guess."""

    __slots__ = ("content", "encoding", "guessed")

    def __init__(self, content: str, encoding: str, guessed: bool = False) -> None:
        self.content = content.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        self.encoding = encoding
        self.guessed = guessed


def decode(data: bytes) -> Text:
    """The text of a file. Raises Unreadable("binary") for what is no text."""
    text = _with_mark(data) or _wide(data) or _declared(data) or _utf8(data) or _legacy(data)
    sample = text.content[:20_000] + text.content[-20_000:]
    strange = sum(1 for char in sample if (char < " " and char not in "\n\t\f\x1a\x0b") or char == "\ufffd")
    if "\0" in text.content or strange > max(2, len(sample) // 200):
        raise Unreadable("binary")
    return text


def _with_mark(data: bytes) -> Text | None:
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            try:
                return Text(data[len(mark) :].decode(codec), name)
            except UnicodeDecodeError:
                # A file cut in the middle of a character, or a wrong mark: what can be read is read, and it is said.
                return Text(data[len(mark) :].decode(codec, "ignore"), name, guessed=True)
    return None


def _wide(data: bytes) -> Text | None:
    """UTF-16 without its mark: every second byte of plain text is zero."""
    sample = data[:400]
    if len(sample) < 20 or sample.count(0) < len(sample) // 4:
        return None
    codec = "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    try:
        return Text(data.decode(codec), "UTF-16")
    except UnicodeDecodeError:
        return None


def _declared(data: bytes) -> Text | None:
    """The encoding an XML or OFX header names, if the bytes fit it (many files declare UTF-16 and are not)."""
    head = data.lstrip()[:600]
    found = _DECLARED.search(head) if head.startswith(b"<?xml") else None
    name = found[1].decode("ascii") if found else _ofx_charset(head)
    try:
        if data.isascii() or not _CHARSET.fullmatch(name):
            return None
        plain = codecs.lookup(name).name
        return Text(data.decode(name), plain.upper().replace("CP125", "Windows-125").replace("ISO8859", "ISO-8859"))
    except (LookupError, UnicodeError):
        return None


def _ofx_charset(head: bytes) -> str:
    found = re.search(rb"CHARSET\s*:\s*([A-Za-z0-9-]+)", head) if b"OFXHEADER" in head else None
    name = found[1].decode("ascii") if found else ""
    utf8 = re.search(rb"ENCODING\s*:\s*UTF-?8", head)
    return "" if utf8 or not name or name.upper() == "NONE" else f"cp{name}" if name.isdigit() else name


def _utf8(data: bytes) -> Text | None:
    try:
        return Text(data.decode("utf-8"), "ASCII" if data.isascii() else "UTF-8")
    except UnicodeDecodeError as error:
        # A file cut off in its last character is still UTF-8.
        if len(data) - error.start < 4 and error.start > 0 and not data[: error.start].isascii():
            return Text(data[: error.start].decode("utf-8"), "UTF-8", guessed=True)
        return None


def _legacy(data: bytes) -> Text:
    for codec, name, words in (("gb18030", "GB18030", _CHINESE), ("big5", "Big5", _CHINESE_OLD),
                               ("shift_jis", "Shift_JIS", _JAPANESE), ("cp1251", "Windows-1251", _RUSSIAN)):  # fmt: skip
        text = data.decode(codec, "replace")
        if words.search(text) and text.count("\ufffd") <= len(text) // 200:
            return Text(text.replace("\ufffd", "?"), name, guessed="\ufffd" in text)
    central = data.decode("cp1250", "replace")
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        western = data.decode("latin-1")
    if _NOT_WESTERN.search(western[:100_000]) and central.count("\ufffd") == 0:
        return Text(central, "Windows-1250", guessed=True)
    plain = not any(0x80 <= byte < 0xA0 for byte in data)
    return Text(western, "ISO-8859-1" if plain else "Windows-1252", guessed=True)
