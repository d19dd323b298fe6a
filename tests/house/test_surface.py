"""The public surface is what this file says, and it is all documented."""

from __future__ import annotations

import re

from tests.support.tools import tool

PUBLIC = ["Model", "__version__", "load"]


def test_public_names_are_pinned():
    import unfog

    assert sorted(vars(unfog)["__all__"]) == PUBLIC
    assert set(PUBLIC) <= set(dir(unfog))
    for name in PUBLIC:
        assert getattr(unfog, name) is not None


def test_unknown_names_are_refused():
    import pytest

    import unfog

    with pytest.raises(AttributeError, match="nonsense"):
        getattr(unfog, "nonsense")  # noqa: B009  (the access is what is tested)


def test_files_named_in_the_readme_exist(repo):
    """The table "I want to... -> open this file" and every other relative link or file in backticks with a folder."""
    text = (repo / "README.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("|")]
    named = {
        path for line in table for path in re.findall(r"`((?:src|docs|tests|tools|recipes|benchmarks)/[\w./-]*)`", line)
    }
    named |= set(re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text))
    assert len(named) >= 8
    assert sorted(name for name in named if not (repo / name).exists()) == []


def test_files_linked_in_the_docs_exist(repo, tracked):
    missing = [
        f"{page.relative_to(repo)}: {link}"
        for page in tracked
        if page.suffix == ".md"
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert missing == []


def test_the_reference_is_what_the_code_says(repo):
    """docs/reference.md lists every verb, option, sampler, guidance, grid, schedule, head and setting."""
    page = tool(repo, "make_reference").page()
    assert page == (repo / "docs/reference.md").read_text(encoding="utf-8"), "run `make docs`"


def test_everything_is_documented(repo):
    from unfog.core.grid import GRIDS
    from unfog.core.head import HEADS
    from unfog.core.schedule import SCHEDULES
    from unfog.samplers import SAMPLERS

    text = (repo / "docs/reference.md").read_text(encoding="utf-8")
    verbs = [p.stem for p in (repo / "src/unfog/cli").glob("*.py") if p.stem not in ("__init__", "main")]
    wanted = [f"`{name}`" for registry in (SAMPLERS, GRIDS, SCHEDULES, HEADS) for name in registry]
    wanted += [f"guidance/{p.name}" for p in (repo / "src/unfog/guidance").glob("[a-z]*.py")]
    assert [name for name in wanted if name not in text] == []
    assert len(wanted) + len(verbs) > 30


def test_the_settings_that_made_our_models_are_understood():
    from unfog.config.train import RunConfig
    from unfog.model.locate import builtin_root, inspect

    made = [inspect(folder).manifest.training for folder in builtin_root().iterdir()]
    assert made
    for training in made:
        assert training is not None
        assert RunConfig.parse(training.config).train.images == training.images
