"""unfog: a sentence becomes a picture, a captioned folder becomes a model.

    import unfog
    model = unfog.load()
    images = model.generate("two green stars above a red circle", n=4, seed=0)

Importing this executes nothing and loads nothing; a name is looked up when it is first used (PEP 562). What type
checkers see is in ``__init__.pyi``.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["Model", "__version__", "load"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name in ("Model", "load"):
        from importlib import import_module

        return getattr(import_module("unfog.api"), name)
    raise AttributeError(f"module 'unfog' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
