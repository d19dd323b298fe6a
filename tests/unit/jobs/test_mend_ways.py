"""What restoring takes where nobody says."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.config.edit import Restore
from unfog.jobs.edit_settings import edit_request_for
from unfog.jobs.edit_work import Inputs
from unfog.jobs.mend_ways import doubt, settled
from unfog.jobs.settings import Chosen
from unfog.media.original import Original
from unfog.model.locate import locate


def picture(side: int) -> Original:
    return Original(torch.zeros(3, side, side, dtype=torch.uint8))


@pytest.mark.parametrize(
    ("said", "side", "method"),
    [
        ({"degradation": "blur"}, 72, "mmps"),  # eight windows of 16 a side
        ({"degradation": "blur"}, 73, "diffpir"),
        ({"degradation": "blur", "method": "mmps"}, 200, "mmps"),
        ({"degradation": "downsample", "amount": 2, "sigma": 3}, 36, "mmps"),
        ({"degradation": "downsample", "amount": 2, "sigma": 3}, 37, "diffpir"),  # as large as it becomes
        ({"degradation": "downsample", "amount": 2}, 200, "ddnm"),
        ({"degradation": "mask"}, 200, "ddnm"),
        ({"degradation": "jpeg", "amount": 20}, 200, "diffpir"),
    ],
)
def test_pictures_of_many_windows_are_restored_without_gradients(said, side, method):
    assert settled(Restore.parse(said), picture(side), 16).method == method


@pytest.mark.parametrize(("method", "steps"), [("mmps", 50), ("diffpir", 25), ("ddnm", 50)])
def test_as_many_steps_as_the_method_needs(method, steps):
    manifest, way = locate("scenes-32").manifest, Restore.parse({"degradation": "blur", "sigma": 2, "method": method})
    for asked, made in ((None, steps), (7, 7)):
        request = edit_request_for(manifest, way, Inputs(picture(40)), "", Chosen(steps=asked))
        assert request.sample.steps == made


def test_where_a_blur_is_undone_rounding_is_noise():
    """Without it values that were rounded by half of 255 come back as large stripes."""
    rounding = 1 / math.sqrt(12) / 127.5
    for degradation in ("blur", "kernel"):
        assert doubt(Restore.parse({"degradation": degradation})) == pytest.approx(rounding)
        assert doubt(Restore.parse({"degradation": degradation, "sigma": 5})) == pytest.approx(5 / 127.5)
    assert doubt(Restore.parse({"degradation": "mask"})) == 0
    assert doubt(Restore.parse({"degradation": "downsample"})) == 0
