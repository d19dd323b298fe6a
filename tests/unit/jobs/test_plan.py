"""What cannot become a model is refused before anything is written; what a resumed run keeps is said."""

from __future__ import annotations

import pytest
from tests.support.folders import SMALL_NET
from tests.support.plans import planned

from unfog.jobs.plan import differences, names_set
from unfog.util.errors import UsageError


@pytest.mark.parametrize(
    ("assignments", "says"),
    [
        (["model.text.width=97"], "these settings make no network: width 97 does not split into .* heads"),
        (["model.net.heads=5"], "width 32 does not split into 5 heads"),
        (["model.net.widths=[]"], r"^model\.net\.widths = \[\] is not allowed"),
        (["model.ndim=3"], r"2 axes and 3 channels: leave model\.ndim = 3"),
        (["model.picture.channels=1"], r"model\.picture\.channels = 1"),
        (["train.weight.kind=min_snr"], "min-SNR weighting is defined for the heads x0, eps and v, not 'edm'"),
        (["model.head=eps"], "the head eps does not determine the picture at pure noise on the schedule flow"),
        (["model.head=score", "model.schedule.kind=cosine"], "the head score .* on the schedule cosine"),
        (["model.zero_terminal_snr=true"], "variance-preserving schedules, not of 'flow': set it to false$"),
        (["model.zero_terminal_snr=true", "model.schedule.kind=ve"], "not of 've'"),
        (["model.zero_terminal_snr=true", "model.schedule.kind=table", "model.head=eps"], "the head eps"),
    ],
)
def test_settings_that_make_no_model(assignments: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        planned("scenes", preset="tiny", assignments=[*SMALL_NET, *assignments])


@pytest.mark.parametrize(
    "assignments",
    [
        ["model.head=eps", "model.schedule.kind=vp_linear", "train.weight.kind=min_snr"],
        ["model.head=v", "model.schedule.kind=table", "model.zero_terminal_snr=true"],
        ["model.head=velocity", "model.schedule.kind=sigmoid"],
        ["model.net.kind=unet", "model.net.widths=[32, 48]"],
    ],
)
def test_settings_that_make_one(assignments: list[str]) -> None:
    settings = [text for text in SMALL_NET if not text.startswith("model.net.")]
    planned("scenes", preset="tiny", assignments=[*settings, *assignments])


@pytest.mark.parametrize(
    ("preset", "size", "says"),
    [
        ("tyni", None, "unknown preset 'tyni'; did you mean 'tiny'"),
        ("tiny", 7, "size = 7 is not allowed"),
        ("tiny", 5000, "size = 5000 is not allowed"),
    ],
)
def test_a_bad_size_of_network_or_picture(preset: str, size: int | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        planned("scenes", preset=preset, size=size)


def test_what_differs_between_a_run_and_a_command() -> None:
    run = planned("scenes", preset="tiny", images=64).config
    assert differences(run, run) == ""
    asked = planned("scenes", preset="tiny", images=96, seed=5).config
    assert differences(run, asked) == "train.seed 0 instead of 5, train.images 64 instead of 96"
    assert differences(run, asked, but=["train.seed", "train.images"]) == ""
    assert differences(run, run.override(["train.density.kind=uniform"])) == (
        "train.density.kind log_normal instead of uniform, train.density.mean 0.4 instead of none,"
        " train.density.std 1.4 instead of none"
    )
    assert differences(run, planned("scenes", preset="small", images=64).config).endswith(" more")


def test_what_is_set_inside_a_table_is_not_derived_from_the_data() -> None:
    assert planned("scenes", preset="tiny").config.model.picture.sigma_data > 0.5
    assert planned("scenes", assignments=["model.picture={sigma_data=0.25}"]).config.model.picture.sigma_data == 0.25
    assert names_set(["a.b={c=1, d={e=2}}", "f = 3"]) == {"a.b", "a.b.c", "a.b.d.e", "f"}
