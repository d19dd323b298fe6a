"""The command ``unfog``: its verbs, and how every failure becomes one line and an exit code.

Nothing here, nor at the top of any verb's file, imports torch: ``unfog --help`` must be instant. With UNFOG_DEBUG=1 the
traceback is shown above the line.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from unfog import __version__
from unfog.cli import (
    augment,
    bench,
    compose,
    data,
    doctor,
    edit,
    evaluate,
    explain,
    generate,
    mend,
    model,
    morph,
    replay,
    serve,
    train,
)
from unfog.util.errors import Exit, MemoryLimitError, UnfogError, one_line

# Typer's own exception for wrong options; where it keeps the class has changed between its versions.
WrongOption: Any = typer.BadParameter.__base__

OUT_OF_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("generate")(generate.generate)
app.command("edit")(edit.edit)
app.command("vary")(edit.vary)
app.command("inpaint")(edit.inpaint)
app.command("outpaint")(edit.outpaint)
app.command("restyle")(edit.restyle)
app.command("denoise")(mend.denoise)
app.command("restore")(mend.restore)
app.command("upscale")(mend.upscale)
app.command("compose")(compose.compose)
app.command("morph")(morph.morph)
app.command("augment")(augment.augment)
app.command("train")(train.train)
app.command("replay")(replay.replay)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(explain.app, name="explain")
app.add_typer(bench.app, name="bench")
app.add_typer(data.app, name="data")
app.add_typer(model.app, name="model")
app.command("serve")(serve.serve)
app.command("studio")(serve.studio)
app.command("doctor")(doctor.doctor)


def show_version(wanted: bool) -> bool:
    """Print the version and stop, if wanted."""
    if wanted:
        print(f"unfog {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def unfog(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A sentence becomes a picture; a captioned folder becomes a model."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="backslashreplace")  # a terminal without Unicode shows escapes instead of failing
    command = typer.main.get_command(app)
    try:
        code: object = command(list(arguments) or ["--help"], prog_name="unfog", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (the one place where every failure gets its line)
        if os.environ.get("UNFOG_DEBUG"):
            traceback.print_exc()
        number, line = failure(error)
        print(f"unfog: {line}", file=sys.stderr)
        return number
    if code == Exit.CTRL_C:  # typer has made a return code of it
        print("unfog: stopped", file=sys.stderr)
    return code if isinstance(code, int) else Exit.OK


def failure(error: BaseException) -> tuple[int, str]:
    """Exit code and line for a person."""
    torch: Any = sys.modules.get("torch")
    if isinstance(error, UnfogError):
        return error.exit_code, str(error)
    if isinstance(error, WrongOption):
        context: Any = error.ctx  # pyright: ignore[reportAttributeAccessIssue]
        said = error.format_message()  # pyright: ignore[reportAttributeAccessIssue]
        command = "unfog" if context is None else context.command_path
        end = "" if said.endswith((".", "?")) else "."
        return Exit.USAGE, one_line(f"{said}{end} See `{command} --help`.")
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Exit.CTRL_C, "stopped"
    no_memory = (MemoryError,) if torch is None else (MemoryError, torch.OutOfMemoryError)
    if isinstance(error, no_memory) or (
        isinstance(error, RuntimeError) and any(text in str(error) for text in OUT_OF_MEMORY)
    ):
        return MemoryLimitError.exit_code, "out of memory: ask for a smaller --size or a smaller batch"
    if isinstance(error, OSError) and error.filename is not None:
        return Exit.DISK, one_line(f"{error.filename}: {error.strerror}; check the path and its permissions")
    line = one_line(f"{type(error).__name__}: {error}")
    return Exit.INTERNAL, f"internal error ({line[:200]}); please report it with the traceback: set UNFOG_DEBUG=1"
