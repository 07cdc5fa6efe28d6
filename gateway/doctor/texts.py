"""Findings as lines for a person, the worst first, each with what to do; the words are in words.py."""

from collections.abc import Iterable
from typing import Literal

from gateway.doctor.finding import LEVELS, Finding
from gateway.doctor.words import WORDS

Language = Literal["vi", "en"]
SIGNS = {"ok": "✓", "note": "·", "warning": "!", "fault": "✗"}


def title(finding: Finding, language: Language) -> str:
    words = WORDS[finding.code]
    return (words.vi if language == "vi" else words.en).format(**finding.values)


def advice(finding: Finding, language: Language) -> str:
    """Empty where nothing is to be done."""
    if finding.level in ("ok", "note"):
        return ""
    words = WORDS[finding.code]
    return (words.do_vi if language == "vi" else words.do_en).format(**finding.values)


def lines(findings: Iterable[Finding], language: Language) -> list[str]:
    """The worst first, each with what to do."""
    said = []
    for one in sorted(findings, key=lambda one: -LEVELS.index(one.level)):
        said.append(f"{SIGNS[one.level]} {title(one, language)}")
        if todo := advice(one, language):
            said.append(f"    → {todo}")
    return said


def summary(findings: Iterable[Finding], language: Language) -> str:
    levels = [one.level for one in findings]
    faults, warnings = levels.count("fault"), levels.count("warning")
    if not faults and not warnings:
        return "Mọi thứ đều tốt." if language == "vi" else "All is well."
    if language == "vi":
        return f"{faults} lỗi, {warnings} cảnh báo."
    return f"{faults} faults, {warnings} warnings."
