"""Days on which something runs out as a calendar file (RFC 5545), for the calendars that people look in."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from trust_framework.days import day_of

LINE = 75
"""Octets of a line before it is folded (section 3.1)."""


def calendar(ends: Iterable[tuple[int, str]], owner: str, now: int) -> bytes:
    """An all-day event for each, with an alarm two weeks before. The same end has the same UID in every file."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tillit//expiry//SV", "CALSCALE:GREGORIAN"]
    for at, what in ends:
        day, text = day_of(at).strftime("%Y%m%d"), _escaped(what)
        uid = hashlib.sha256(f"{owner}\n{at}\n{what}".encode()).hexdigest()[:32]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}@tillit",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{day}",
            f"SUMMARY:{text}",
        ]
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{text}", "TRIGGER:-P14D", "END:VALARM", "END:VEVENT"]
    return b"".join(_folded(line) for line in (*lines, "END:VCALENDAR"))


def _escaped(text: str) -> str:
    """A text value (section 3.3.11), of printable signs on one line."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> bytes:
    """Lines of at most 75 octets, never broken within a letter."""
    parts: list[bytes] = []
    part = b""
    for letter in line:
        octets = letter.encode()
        if len(part) + len(octets) > LINE - (1 if parts else 0):
            parts.append(part)
            part = b""
        part += octets
    return b"\r\n ".join((*parts, part)) + b"\r\n"
