"""How much something holds, in words."""

from __future__ import annotations

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def size(number: int) -> str:
    """`12 MB`; powers of a thousand, at most one decimal."""
    value, unit = float(number), 0
    while value >= 999.95 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    text = f"{value:.1f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.0f}"
    return f"{text} {UNITS[unit]}"


def amount(count: int, number: int, noun: str = "") -> str:
    """`3 objects, 12 MB`; without a noun just the size; empty for nothing."""
    if not count:
        return ""
    if not noun:
        return size(number)
    return f"{count} {noun}{'' if count == 1 else 's'}, {size(number)}"
