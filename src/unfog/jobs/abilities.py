"""What a model can and cannot do, as its manifest says: for its card, ``unfog model show`` and ``--json``."""

from __future__ import annotations

from typing import Any

from unfog.config.manifest import Knowledge, Manifest, Metric
from unfog.config.model import WORDLESS, ModelConfig

TITLE = "## What it can do, and what not"
SHOWN = 40  # things that are named
WEAK = 0.8  # shares below this are named among what it cannot do well
LANGUAGES = {
    "de": "German", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "nl": "Dutch", "pt": "Portuguese", "ru": "Russian", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


def abilities(manifest: Manifest) -> dict[str, Any]:
    """The facts of ``abilities_text``, for programs; what nobody wrote down is ``None``."""
    made, knows = manifest.model, manifest.knows
    drawn = isinstance(made, ModelConfig)
    return {
        "kind": made.kind,
        "side": made.picture.size,
        "transparent": made.picture.channels == 4,
        "completes": drawn and made.completes,
        "reference_pictures": drawn and made.style is not None,
        "tokens": None if isinstance(made, WORDLESS) else made.text.max_tokens,
        "concepts": None if knows is None else len(knows.concepts),
        "names": None if knows is None else [text.partition("|")[0] for text in knows.concepts],
        "styles": None if knows is None else list(knows.styles),
        "languages": None if knows is None else ["en", *knows.names],
        "measured": [metric.model_dump() for metric in manifest.metrics],
    }


def abilities_text(manifest: Manifest) -> list[str]:
    """Lines of Markdown under ``TITLE``."""
    made, lines = manifest.model, [TITLE, ""]
    if manifest.knows is None:
        lines += ["- Which words it knows was not written down when it was trained."]
    else:
        lines += known(manifest.knows)
    side, able, unable = made.picture.size, list[str](), list[str]()
    if isinstance(made, ModelConfig):
        lines += [f"- It was trained at {side} x {side} pixels; other sizes are possible and were not trained."]
        for can, what in (
            (made.picture.channels == 4, "paint transparency (stickers)"),
            (made.completes, "complete a picture of which a part is given"),
            (made.style is not None, "take its style from a reference picture"),
        ):
            (able if can else unable).append(what)
        lines += [f"- It can {', '.join(able)}."] if able else []
        lines += [f"- It cannot {', nor '.join(unable)}."] if unable else []
    if not isinstance(made, WORDLESS):
        lines += [f"- Of a text it reads {made.text.max_tokens} tokens (about as many words); what follows is ignored."]
    shares = [metric for metric in manifest.metrics if metric.low is not None]
    if weak := [metric for metric in shares if metric.value < WEAK]:
        lines += ["- Measured, and not good: " + "; ".join(map(share, weak)) + "."]
    if not manifest.metrics:
        lines += ["- Nothing was measured: `unfog evaluate` says how often its pictures show what was asked for."]
    return [*lines, ""]


def known(knows: Knowledge) -> list[str]:
    """What it knows by name."""
    names = [text.partition("|")[0] for text in knows.concepts]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    lines = [f"- It knows {len(names):,} things by name: {', '.join(names[:SHOWN])}{more}."] if names else []
    lines += [] if names else [f"- It knows the {len(knows.words.split()):,} words of its captions."]
    lines += ["- Any other thing is a guess to it; `unfog generate` names words that it was never shown."]
    lines += [f"- Styles: {', '.join(knows.styles)}."] if knows.styles else []
    spoken = ["English", *(LANGUAGES.get(code, code) for code in knows.names)]
    return [*lines, f"- Languages: {', '.join(spoken)}."]


def share(metric: Metric) -> str:
    """A share with its interval."""
    return f"{metric.name} {metric.value:.0%} ({metric.low:.0%} to {metric.high:.0%}, n = {metric.n})"
