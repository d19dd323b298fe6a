"""Write docs/reference.md from the code: every command, option, sampler, guidance, grid, schedule, head and setting.

    python tools/make_reference.py [--check]

With ``--check`` nothing is written; the exit code is 1 if the page is not what the code says.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/unfog"
PAGE = ROOT / "docs/reference.md"
PRESET, SIDE = "small", 32  # whose settings are shown as defaults
HEAD = """# Reference

Made by `make docs` from the code; do not edit. Words are explained in the [glossary](glossary.md).
"""


def main() -> None:
    """Write or check the page."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit("docs/reference.md is not what the code says; run `make docs`")
        return
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def page() -> str:
    """The whole page."""
    parts = [HEAD, *commands(), *exit_codes(), *samplers(), *guidances(), *mathematics(), *settings()]
    return "\n".join(parts).rstrip() + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; line breaks and bars inside cells are made harmless."""
    lines = [list(header), ["---"] * len(header), *rows]
    return (
        "\n".join("| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in row) + " |" for row in lines)
        + "\n"
    )


def summary(thing: object) -> str:
    """First sentence-line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


# ---- commands


def commands() -> list[str]:
    """One section per verb."""
    typer_main = importlib.import_module("typer.main")
    root = typer_main.get_command(importlib.import_module("unfog.cli.main").app)
    parts = ["## Commands\n"]
    for words, command in walk((), root):
        parts += [f"### `unfog {' '.join(words)}`\n", inspect.cleandoc(command.help or "") + "\n"]
        rows = [option(parameter) for parameter in command.params if parameter.name not in ("help", None)]
        if rows:
            parts.append(table(("option", "default", "meaning"), rows))
    return parts


def walk(words: tuple[str, ...], command: Any) -> Iterable[tuple[tuple[str, ...], Any]]:
    """Every command below a group that has no further commands, with the words that call it."""
    inner: Mapping[str, Any] | None = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, child in inner.items():
        yield from walk((*words, name), child)


def option(parameter: Any) -> tuple[str, str, str]:
    """Name, default and meaning of one argument or option."""
    if parameter.param_type_name == "argument":
        names = f"`{parameter.name.upper()}`"
    else:
        names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    default = "required" if parameter.required else shown(parameter.default)
    return names, default, getattr(parameter, "help", None) or ""


def shown(default: object) -> str:
    """A default value for a reader; nothing where there is none."""
    if default is None or default is False or default == () or callable(default):
        return ""
    if isinstance(default, BaseModel):
        return f"[{type(default).__name__}](#{type(default).__name__.lower()})"
    return f"`{json.dumps(default, ensure_ascii=False, default=str)}`"


def exit_codes() -> list[str]:
    """What the command's exit codes mean."""
    errors = importlib.import_module("unfog.util.errors")
    meaning = {kind.exit_code: summary(kind) for kind in errors.UnfogError.__subclasses__()}
    meaning |= {errors.Exit.OK: "Done.", errors.Exit.INTERNAL: "A bug of unfog: please report it."}
    meaning |= {errors.Exit.CTRL_C: "Stopped by Ctrl-C."}
    rows = [(str(int(code)), f"`{code.name}`", meaning[code]) for code in errors.Exit]
    return ["## Exit codes\n", table(("code", "name", "meaning"), rows)]


# ---- what can be chosen by name


def samplers() -> list[str]:
    """The registry of samplers."""
    registry = importlib.import_module("unfog.samplers").SAMPLERS
    rows = [
        (
            f"`{name}`",
            str(s.order or "none"),
            "yes" if s.stochastic else "no",
            calls(s),
            summary(importlib.import_module(s.run.__module__)),
        )
        for name, s in registry.items()
    ]
    header = ("sampler", "order", "stochastic", "network calls per step", "what it is")
    return ["## Samplers\n", table(header, rows), *elsewhere()]


def elsewhere() -> list[str]:
    """What samplers and grids are called in other programs."""
    names = importlib.import_module("unfog.config.names")
    parts = ["### Names elsewhere\n", f"{(inspect.getdoc(names) or '').partition(chr(10) * 2)[2]}\n"]
    for kind, known in (("sampler", names.SAMPLERS), ("grid", names.GRIDS)):
        rows = [(f"`{name}`", n.label, ", ".join(f"`{other}`" for other in n.others)) for name, n in known.items()]
        parts.append(table((kind, "label", "others"), rows))
    return parts


def calls(sampler: Any) -> str:
    """What a sampler's steps cost."""
    if sampler.calls_per_step is None:
        return "as many as it takes"
    return f"{sampler.calls_per_step}" + (f", and {sampler.extra_calls} more in all" if sampler.extra_calls else "")


def guidances() -> list[str]:
    """One line per file of ``guidance/``."""
    rows = []
    for path in sorted((PACKAGE / "guidance").glob("[a-z]*.py")):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        rows.append((f"`guidance/{path.name}`", doc.partition("\n\n")[0]))
    return ["## Guidance\n", table(("file", "what it is"), rows)]


def mathematics() -> list[str]:
    """Grids, schedules and heads."""
    grids = importlib.import_module("unfog.core.grid").GRIDS
    schedules = importlib.import_module("unfog.core.schedule").SCHEDULES
    heads = importlib.import_module("unfog.core.head").HEADS
    kinds: list[tuple[str, Mapping[str, Any], Callable[[Any], object]]] = [
        ("Grids", grids, lambda grid: grid),
        ("Schedules", schedules, type),
        ("Heads", heads, type),
    ]
    parts: list[str] = []
    for title, registry, documented in kinds:
        rows = [(f"`{name}`", summary(documented(item))) for name, item in registry.items()]
        parts += [f"## {title}\n", table(("name", "what it is"), rows)]
    return parts


# ---- settings


def settings() -> list[str]:
    """The settings of a training run by the names that ``--set`` takes, then requests, then what files hold."""
    run = importlib.import_module("unfog.config.train").RunConfig
    usual = importlib.import_module("unfog.config.presets").PRESETS[PRESET](SIDE)
    classes, said = configurations()
    parts = [
        "## Settings of a training run\n",
        "Set with `--set name=value`; unknown names are refused.\n",
        f"Defaults are those of the preset {PRESET} at {SIDE} pixels; another preset has its own.\n",
    ]
    seen: set[type[BaseModel]] = {run}
    for prefix, kind, value in sections(run, "", usual):
        seen.add(kind)
        parts += [f"### {kind.__name__}\n", f"`{prefix}*` " + (inspect.getdoc(kind) or "") + "\n"]
        parts += [fields(kind, said, prefix, value)] if kind.model_fields else []
    rest = [kind for kind in classes if kind.model_fields and kind not in seen]
    requests = [kind for kind in rest if kind.__name__.endswith("Request")]
    for title, some in (("Requests", requests), ("Formats", [kind for kind in rest if kind not in requests])):
        parts.append(f"## {title}\n")
        for kind in some:
            parts += [f"### {kind.__name__}\n", (inspect.getdoc(kind) or "") + "\n", fields(kind, said)]
    return parts


def configurations() -> tuple[list[type[BaseModel]], dict[tuple[str, str], str]]:
    """Every configuration class, and the string below each field."""
    classes: list[type[BaseModel]] = []
    said: dict[tuple[str, str], str] = {}
    for path in sorted((PACKAGE / "config").glob("[a-z]*.py")):
        module = importlib.import_module(f"unfog.config.{path.stem}")
        said |= field_docstrings(path)
        found = [kind for kind in vars(module).values() if inspect.isclass(kind) and issubclass(kind, BaseModel)]
        classes += [kind for kind in found if kind.__module__ == module.__name__]
    return classes, said


def sections(
    kind: type[BaseModel], prefix: str, usual: BaseModel | None
) -> Iterable[tuple[str, type[BaseModel], BaseModel | None]]:
    """The classes of a tree of settings, each with the dotted name that leads to it and its usual value, if any."""
    for name, field in kind.model_fields.items():
        for inner in models_in(field.annotation):
            held = getattr(usual, name, None)
            value = held if isinstance(held, inner) else None
            yield f"{prefix}{name}.", inner, value
            yield from sections(inner, f"{prefix}{name}.", value)


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The configuration classes that an annotation allows."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in models_in(part)]


def fields(
    kind: type[BaseModel], said: Mapping[tuple[str, str], str], prefix: str = "", usual: BaseModel | None = None
) -> str:
    """The table of one class, its names below ``prefix``; defaults are those of ``usual``, if it is given."""
    schema = kind.model_json_schema()["properties"]
    rows = []
    for name, field in kind.model_fields.items():
        plain = field.get_default(call_default_factory=True, validated_data={})
        value = plain if usual is None else getattr(usual, name)
        default = "required" if field.is_required() and usual is None else "`false`" if value is False else shown(value)
        rows.append((f"`{prefix}{name}`", allowed(schema[name]), default, said.get((kind.__name__, name), "")))
    return table(("name", "allowed", "default", "meaning"), rows)


def field_docstrings(path: Path) -> dict[tuple[str, str], str]:
    """The string below each field, by class and field."""
    out: dict[tuple[str, str], str] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, below in pairwise(node.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    out[node.name, name] = text
    return out


def allowed(schema: Mapping[str, Any]) -> str:
    """A JSON schema as a phrase."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema or "const" in schema:
        return " ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(allowed(one) for one in schema[several])
    match schema.get("type"):
        case "integer" | "number" as kind:
            return kind + bounds(schema)
        case "array" if "prefixItems" in schema:
            return "(" + ", ".join(allowed(one) for one in schema["prefixItems"]) + ")"
        case "array":
            return f"list of {allowed(schema.get('items', {}))}"
        case "string":
            return f"text up to {schema['maxLength']} characters" if "maxLength" in schema else "text"
        case "boolean":
            return "`true` `false`"
        case "null":
            return "unset"
        case kind:
            return str(kind or "anything")


def bounds(schema: Mapping[str, Any]) -> str:
    """The limits of a number."""
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {schema[key]}" for key, sign in signs.items() if key in schema]
    return " " + ", ".join(said) if said else ""


if __name__ == "__main__":
    main()
