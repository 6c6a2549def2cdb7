"""Words in the cells of a row that say it is no plain transaction: a total, a balance, one that waits, failed or came back."""

from __future__ import annotations

import re

BLANK = {"", "-", "--", "/", "—", "–", "n/a", "N/A"}
TOTAL = re.compile(
    r"合计|总计|小计|累计|人民币合计|sub ?total|totals?\b|grand total|summe\b|gesamt|sum\b|saldo|totaal", re.IGNORECASE
)
BALANCE = re.compile(
    r"balance|saldo|solde|余额|期初|期末|上期|kontostand|brought forward|carried forward|b/f|c/f", re.IGNORECASE
)
# Rows that state what is in the account, by their whole text: they move nothing.
STATES_BALANCE = re.compile(
    r"(opening|closing|beginning|starting|ending|previous|final|new)[ -]?balance( as of.*)?|"
    r"balance (brought|carried) forward|brought forward|carried forward|[bc]/f|"
    r"(anfangs|end|schluss|start)saldo|(alter|neuer) (konto)?saldo|(alter|neuer) kontostand|"
    r"solde (initial|final|précédent|reporté)|(ancien|nouveau) solde|saldo (anterior|inicial|final|iniziale|finale)|"
    r"(beginsaldo|eindsaldo|saldo początkowe|saldo końcowe)|(期初|期末|上期|本期|上月|承前)(余额|结余)|承前页|过次页",
    re.IGNORECASE,
)
# A dated row that sums up the others, by a whole cell. Total alone is also where fuel is bought.
STATES_SUM = re.compile(
    r"(grand |sub[ -]?)?totals?:?|(gesamt|zwischen)?summe:?|gesamt:?|(人民币)?(合计|总计|小计|累计)[:：]?",
    re.IGNORECASE,
)
WAITING = re.compile(
    r"pending|processing|authori[sz]ed|upcoming|true|待入账|待记账|未入账|处理中"
    r"|(umsatz )?vorgemerkt|in behandeling|en attente|pendiente|in attesa",
    re.IGNORECASE,
)
FAILED = re.compile(
    r"交易关闭|已关闭|失败|撤销|冲正|全额退款|已退款|已退还|cancel|failed|declined|revers|reverted|denied|expired|refunded|returned|bounced",
    re.IGNORECASE,
)
REFUND_NOTE = re.compile(r"(.+?)\s?[(（][^()（）]*退款[^()（）]*[)）]")
FEE_REMARK = re.compile(r"服务费\s?[¥￥]?\s?(?!0\.00)\d")
