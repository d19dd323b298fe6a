r"""Formulas as MathML, which browsers draw by themselves: a small part of TeX in, one ``<math>`` element out.

    x_t = \alpha_t x_0 + \sigma_t \epsilon          letters, numbers, signs; spaces mean nothing
    q(x_t | x_s), \frac{a}{b}, \sqrt{a}, \hat{x}    groups in braces; ( and [ are as high as a fraction in them, or low
    "SNR"(t)                                        words in quotes stay upright

Signs without a name of their own (Greek letters, ∼, ≈, ...) are written as they are; ``-`` becomes a minus sign.
"""

from __future__ import annotations

import re
from html import escape

TOKEN = re.compile(r'\s*(\\[A-Za-z]+|"[^"]*"|\d+(?:\.\d+)?|\S)')
NAMED = {
    "\\alpha": "α",
    "\\beta": "β",
    "\\epsilon": "ε",
    "\\lambda": "λ",
    "\\mu": "μ",
    "\\sigma": "σ",
    "\\pi": "π",
    "\\nabla": "∇",
    "\\sum": "∑",
    "\\in": "∈",
    "\\sim": "∼",
    "\\approx": "≈",
    "\\le": "≤",
    "\\ge": "≥",
    "\\cdot": "⋅",
    "\\to": "→",
}
SPACES = {"\\quad": "1em"}
FUNCTIONS = ("\\log", "\\exp")
CLOSING = {"(": ")", "[": "]"}
ACCENTS = {"\\hat": "^", "\\bar": "¯", "\\tilde": "~"}


def mathml(source: str, *, block: bool = False) -> str:
    """The formula as one element; ``block``: on a line of its own.

    Raises:
        ValueError: a brace or an argument is missing, or a name is unknown.
    """
    tokens = TOKEN.findall(source)[::-1]
    inner = _row(tokens, None)
    display = ' display="block"' if block else ""
    return f'<math{display} alttext="{escape(source)}">{inner}</math>'


def _row(tokens: list[str], end: str | None) -> str:
    """Everything up to ``end``, which is taken, too; ``None``: up to the end of the formula.

    Raises:
        ValueError: it does not come.
    """
    parts = list[str]()
    while tokens:
        if tokens[-1] == end:
            tokens.pop()
            return "".join(parts)
        parts.append(_scripted(tokens))
    if end is not None:
        raise ValueError(f"a formula lacks a closing {end}")
    return "".join(parts)


def _scripted(tokens: list[str]) -> str:
    """An atom with what stands below and above it."""
    base, marks = _atom(tokens), dict[str, str]()
    while tokens and tokens[-1] in ("_", "^"):
        where = tokens.pop()
        marks[where] = _atom(tokens)
    match sorted(marks):
        case []:
            return base
        case ["^"]:
            return f"<msup>{base}{marks['^']}</msup>"
        case ["_"]:
            return f"<msub>{base}{marks['_']}</msub>"
        case _:
            return f"<msubsup>{base}{marks['_']}{marks['^']}</msubsup>"


def _atom(tokens: list[str]) -> str:
    """One letter, number, sign, word, group, fraction, root or accented atom."""
    if not tokens:
        raise ValueError("a formula ends where something must follow")
    sign = tokens.pop()
    if sign == "{":
        return f"<mrow>{_row(tokens, '}')}</mrow>"
    if sign in CLOSING:
        return _bracketed(sign, _row(tokens, CLOSING[sign]))
    if sign == "\\frac":
        return f"<mfrac>{_atom(tokens)}{_atom(tokens)}</mfrac>"
    if sign == "\\sqrt":
        return f"<msqrt>{_atom(tokens)}</msqrt>"
    if sign in SPACES:
        return f'<mspace width="{SPACES[sign]}"/>'
    if sign in FUNCTIONS:
        return f'<mi>{sign[1:]}</mi><mspace width="0.15em"/>'
    if sign in ACCENTS:
        return f'<mover accent="true">{_atom(tokens)}<mo>{ACCENTS[sign]}</mo></mover>'
    if sign.startswith('"'):
        return f"<mtext>{escape(sign[1:-1])}</mtext>"
    if sign.startswith("\\") and sign not in NAMED:
        raise ValueError(f"{sign} is no name of a formula; known: {', '.join([*NAMED, *ACCENTS, *FUNCTIONS, *SPACES])}")
    return _plain(NAMED.get(sign, sign))


def _bracketed(sign: str, inner: str) -> str:
    """Brackets and what is in them: high round a fraction only, for browsers without a font for formulas overdo it."""
    high = "" if "<mfrac" in inner else ' stretchy="false"'
    return f"<mrow><mo{high}>{sign}</mo>{inner}<mo{high}>{CLOSING[sign]}</mo></mrow>"


def _plain(sign: str) -> str:
    """A number, a letter or a sign."""
    if sign[0].isdigit():
        return f"<mn>{sign}</mn>"
    if sign.isalpha():
        return f"<mi>{sign}</mi>"
    return f"<mo>{'−' if sign == '-' else escape(sign)}</mo>"
