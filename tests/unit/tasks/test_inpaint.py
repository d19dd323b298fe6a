"""Painting a part: what is given stays, in pixels and in cells of latents, by every method."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from torch import Tensor

from unfog.config.model import PictureConfig, VAEConfig
from unfog.config.sample import SampleConfig
from unfog.core.grid import GRIDS
from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.model.model import Model
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.tasks.generate import Tally
from unfog.tasks.inpaint import TIMES, celled, fitted, inpaint, repaint
from unfog.tasks.seam import across
from unfog.util.random import Draw, normal

PROMPT = "a red circle"


@pytest.fixture(scope="module")
def model() -> Model:
    return awake_model(tiny_config().model_copy(update={"completes": True}))


def picture(height: int = 16, width: int = 16, index: int = 0) -> Tensor:
    return normal([6], (3, height, width), draw=Draw.TEST, index=[index]).clamp(-1, 1)


def middle(height: int = 16, width: int = 16) -> Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., 4:11, 3:9] = 1
    return mask


def latent_model() -> Model:
    codec = VAEConfig(picture=PictureConfig(size=16, channels=3), latent=4, patch=4, width=8, encoder=1, decoder=1)
    return awake_model(tiny_config().model_copy(update={"codec": codec, "completes": True}))


def painted(
    model: Model, method: str, *, x: Tensor | None = None, mask: Tensor | None = None, tries: int = 1, **settings
) -> Tensor:
    x = picture() if x is None else x
    mask = middle(*x.shape[2:]) if mask is None else mask
    sample = SampleConfig.parse({"steps": 3, "guidance": 2.0, **settings})
    return last(inpaint(model, x, mask, PROMPT, [3], sample, method=method, tries=tries)).x  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["told", "kept", "repaint"])
@pytest.mark.parametrize("size", [(16, 16), (13, 18)])
def test_what_is_given_stays(model, method, size):
    x = picture(*size)
    found, mask = painted(model, method, x=x), middle(*size)
    assert torch.equal(torch.where(mask == 0, found, 0), torch.where(mask == 0, x, 0))
    assert torch.where(mask == 1, found - x, 9.0).abs().min() > 0


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_with_every_sampler(model, sampler):
    found = painted(model, "kept", sampler=sampler)
    assert torch.where(middle() == 0, found - picture(), 0).abs().max() <= 1e-6


def test_told_sees_what_is_given_and_nothing_of_what_is_not(model):
    """The hidden part of a picture never matters; the given part does, though the states within are the same."""
    x, hidden = picture(), torch.where(middle() > 0, picture(index=1), picture())
    for method in ("told", "kept", "repaint"):
        assert torch.equal(painted(model, method, x=x), painted(model, method, x=hidden))
    inside = (middle() > 0).expand(1, 3, 16, 16)
    apart = painted(model, "told") - painted(model, "kept")
    assert apart[inside].abs().max() >= 1e-4


def test_the_network_is_told_but_by_the_method_kept(model):
    plain = awake_model()
    assert painted(plain, "kept").isfinite().all()
    controls = list[bool]()
    denoiser = model.denoiser

    class Watching(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.process = denoiser.process

        def forward(self, x, t, cond, probe=None):
            controls.append(cond.control is not None and bool(cond.control[:, :1].any()))
            return denoiser(x, t, cond, probe)

    watching = awake_model(tiny_config().model_copy(update={"completes": True}))
    watching.denoiser = Watching()  # pyright: ignore[reportAttributeAccessIssue]
    for method, said in (("told", True), ("kept", False), ("repaint", True)):
        controls.clear()
        painted(watching, method, sampler="ddim", steps=2)
        assert set(controls) == {said}


@pytest.mark.parametrize("method", ["told", "kept", "repaint"])
def test_all_white_paints_everything(model, method):
    found = painted(model, method, mask=torch.ones(1, 1, 16, 16))
    assert (found - picture()).abs().amin() > 0


def test_a_soft_mask_lets_change_as_much_as_it_is_grey(model):
    """A darker cell is freed later, and ends nearer to what it was."""
    apart = []
    for grey in (0.15, 0.5, 1.0):
        mask = middle() * grey
        found = painted(model, "kept", mask=mask, steps=8, sampler="ddim")
        assert torch.equal(torch.where(mask == 0, found, 0), torch.where(mask == 0, picture(), 0))
        apart.append((found - picture())[..., 4:11, 3:9].square().mean().item())
    assert 0 < apart[0] < apart[1] < apart[2]


def test_repaint_makes_every_step_but_the_first_and_the_last_several_times(model):
    tally, sample = Tally(), SampleConfig.parse({"steps": 4, "guidance": 1.0})
    steps = list(inpaint(model, picture(), middle(), PROMPT, [3], sample, method="repaint", tally=tally))
    assert len(steps) == 4
    assert tally.rows == 1 + 2 * TIMES + 1
    assert [a.s for a in steps[:-1]] == [b.t for b in steps[1:]]


@pytest.mark.parametrize("method", ["told", "kept", "repaint"])
def test_of_several_tries_the_one_with_the_least_seam_is_kept(model, method):
    x, mask, sample = picture(), middle(), SampleConfig.parse({"steps": 3, "guidance": 1.0, "sampler": "ddim"})
    seams = list[float]()
    for tries in (1, 2, 6):
        tally = Tally()
        made = list(inpaint(model, x, mask, PROMPT, [3, 4], sample, method=method, tries=tries, tally=tally))
        assert [step.x.shape for step in made] == [(2, 3, 16, 16)] * 3
        assert tally.rows == 2 * tries * (TIMES + 2 if method == "repaint" else 3)
        seams.append(sum(across(row, mask[0, 0]) for row in made[-1].x0))
    assert seams[0] >= seams[1] >= seams[2]
    assert seams[0] > seams[2]


def test_what_is_kept_in_the_end_may_be_judged_as_it_stands_in_the_picture(model):
    """Here by its mean: the darkest and the brightest of the same four."""
    x, mask, sample = picture(), middle(), SampleConfig.parse({"steps": 2, "guidance": 1.0, "sampler": "ddim"})
    means, seen = list[float](), list[tuple[int, ...]]()
    for sign in (1, -1):

        def seam(painted: Tensor, sign: int = sign) -> float:
            seen.append(tuple(painted.shape))
            return sign * painted.mean().item()

        made = list(inpaint(model, x, mask, PROMPT, [3], sample, method="told", tries=4, seam=seam))
        means.append(made[-1].x0.clamp(-1, 1).mean().item())
    assert means[0] < means[1]
    assert seen == [(1, 3, 16, 16)] * 8  # every one, and in the last step only


@pytest.mark.slow
def test_repaint_approaches_the_marginals():
    """Of Gaussian data: mean and deviation of what comes out; the posterior of a step is narrower than it should be."""
    process, mean, deviation = Process(Flow()), 0.3, 0.4
    drawn, apart = list[tuple[int, Draw]](), list[float]()

    def noise(step: int, draw: Draw) -> Tensor:
        drawn.append((step, draw))
        return normal([1], (20_000,), draw=draw, index=[step]).double().mT

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = process.alpha(t)[:, None], process.sigma(t)[:, None]
        return mean + alpha * deviation**2 / (alpha**2 * deviation**2 + sigma**2) * (x - alpha * mean)

    for steps in (20, 40):
        drawn.clear()
        x = list(repaint(denoise, process, noise, GRIDS["rf_shift"](process, steps)))[-1].x
        assert len(set(drawn)) == len(drawn)  # no noise is used twice
        assert abs(x.mean().item() - mean) <= 0.01
        apart.append(deviation - x.std().item())
    assert 0 < apart[1] < 0.65 * apart[0] < 0.05


def test_together_and_alone_are_the_same_bits(model):
    sample = SampleConfig.parse({"steps": 3, "guidance": 2.0})
    for method, tries in (("told", 1), ("told", 3), ("repaint", 2)):
        ask = {"method": method, "tries": tries}
        run = [list(inpaint(model, picture(), middle(), PROMPT, s, sample, **ask)) for s in ([5, 6], [6])]
        assert torch.equal(run[1][-1].x[0], run[0][-1].x[1])


def test_cells_of_latents():
    """One is painted if any of its pixels is; the last ones are continued as the codec continues pictures."""
    mask = torch.zeros(1, 1, 13, 10)
    mask[..., 7, 3] = 0.5
    mask[..., 8, 4] = 1
    mask[..., 12, 9] = 0.25
    assert celled(mask, 1) is mask or torch.equal(celled(mask, 1), mask)
    wanted = torch.zeros(1, 1, 4, 3)
    wanted[..., 1, 0], wanted[..., 2, 1], wanted[..., 3, 2] = 0.5, 1.0, 0.25
    assert torch.equal(celled(mask, 4), wanted)
    far = torch.zeros(1, 1, 13, 13)
    far[..., 7, 7] = 1  # of cell 0 of 8, though 13 pixels in two cells are not 7 each
    assert celled(far, 8)[0, 0].tolist() == [[1.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("size", [(16, 16), (13, 18)])
def test_in_latents_what_is_given_stays_in_every_cell_without_a_painted_pixel(size):
    latent = latent_model()
    x, mask = picture(*size), torch.zeros(1, 1, *size)
    mask[..., 4:8, 4:8] = 1
    given = latent.encode(x)
    for method, tries in (("told", 1), ("kept", 2)):
        found = painted(latent, method, x=x, mask=mask, tries=tries)
        same = (found == given).all(1)[0]
        assert not same[1, 1]
        assert same.sum() == same.numel() - 1


def test_what_is_known_of_a_cell_is_put_into_its_estimate():
    """Only in the cells that are partly known, and nothing of what is hidden in them."""
    latent, x, mask = latent_model(), picture(), torch.zeros(1, 1, 16, 16)
    mask[..., 6:12, 4:8] = 1  # the lower half of one cell and all of the next
    shared = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    shared[..., 1, 1] = True
    estimate = normal([2], (4, 4, 4), draw=Draw.TEST)
    fit = fitted(lambda *_: estimate, latent, x, mask == 0, shared)
    found = fit(estimate, torch.ones(1))
    pixels = x.where(mask == 0, latent.codec.decode(estimate).clamp(-1, 1))
    assert torch.equal(found.where(~shared, estimate), estimate)
    assert torch.equal(found, latent.encode(pixels).where(shared, estimate))
    assert not torch.equal(found, estimate)
    hidden = torch.where(mask > 0, picture(index=1), x)
    assert torch.equal(fitted(lambda *_: estimate, latent, hidden, mask == 0, shared)(estimate, torch.ones(1)), found)
