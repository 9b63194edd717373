"""Numbers in digits as languages write them: 1,200.5 and 1 200,5, 1'200 and 1.200,5; and what may be two instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

THIN = "\u00a0\u2007\u2009\u202f"
"""Blanks that do not break a line: between digits they are set to group them, and for nothing else."""
_GROUPS = "|".join(
    (
        r"(?:,\d{3})+(?!\d)(?:\.\d+)?",
        r"(?:\.\d{3})+,\d+",
        r"(?:\.\d{3}){2,}(?![.\d])",
        rf"(?:[{THIN}'\u2019]\d{{3}})+(?!\d)(?:[.,]\d+)?",
    )
)
_SURE = re.compile(rf"\d+(?:\.\d+)?|\.\d+|[1-9]\d{{0,2}}(?:{_GROUPS})")
# A row of a table and a list without blanks look the same: "100 200", "(3,5)".
_PERHAPS = r"(?: \d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?"
_COMMA = r"(?<!\d,)(?:0,\d+|\d+,\d{1,2})(?![\d,])"
NUMERAL = rf"(?:[1-9]\d{{0,2}}(?:{_GROUPS}|{_PERHAPS})|{_COMMA}|\d+(?:\.\d+)?)"
"""A pattern of one, without a sign; longer forms first."""
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_PART = re.compile(r"[\d.]+")


def plain(written: str) -> str:
    """A numeral with nothing but its digits and a decimal point."""
    digits = re.sub(rf"[ {THIN}'\u2019]", "", written)
    if "," not in digits:
        return digits.replace(".", "") if digits.count(".") > 1 else digits
    return digits.replace(",", "") if _THOUSANDS.fullmatch(digits) else digits.replace(".", "").replace(",", ".")


def parts(written: str) -> Iterator[re.Match[str]]:
    """The numbers that a numeral may be instead of one; none where it is sure to be one."""
    return iter(()) if _SURE.fullmatch(written) else _PART.finditer(written)
