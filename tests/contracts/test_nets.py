"""What every network must do: any number of axes, any size, gradients everywhere, no memory of its batch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.nets.hybrid import Hybrid
from unfog.nets.layers import Conv, Linear, initialise, shuffle, unshuffle
from unfog.nets.place import place_features
from unfog.nets.unet import UNet
from unfog.util.random import Draw, normal

SPACES = {1: (23,), 2: (13, 11), 3: (5, 7, 6)}


def hybrid(ndim: int) -> nn.Module:
    return Hybrid(
        ndim=ndim,
        channels=2,
        patch=2,
        widths=(32,),
        blocks=1,
        core_width=32,
        core_depth=2,
        heads=2,
        context=14,
        pooled=10,
        emb=64,
    )


def unet(ndim: int) -> nn.Module:
    return UNet(ndim=ndim, channels=2, widths=(32, 64), blocks=2, attend=(1,), heads=2, context=14, pooled=10, emb=64)


NETS = {"hybrid": hybrid, "unet": unet}


def numbers(shape: tuple[int, ...], index: int) -> Tensor:
    return normal([index], shape, draw=Draw.TEST)[0]


def condition(b: int) -> Cond:
    mask = torch.ones(b, 5, dtype=torch.bool)
    mask[0, 3:] = False
    return Cond(tokens=numbers((b, 5, 14), 1), mask=mask, pooled=numbers((b, 10), 2))


def awake(net: nn.Module, seed: int = 3) -> nn.Module:
    """Initialise, and give the zero-initialised layers numbers too, so that nothing is multiplied by zero."""
    initialise(net, seed)
    with torch.no_grad():
        for k, part in enumerate(net.modules()):
            if isinstance(part, Linear | Conv) and part.gain == 0:
                part.weight.copy_(0.1 * numbers(tuple(part.weight.shape), 100 + k))
    return net


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("name", NETS)
class TestNets:
    def test_starts_at_zero(self, name: str, ndim: int) -> None:
        net = NETS[name](ndim)
        initialise(net, 0)
        out = net(numbers((3, 2, *SPACES[ndim]), 5), numbers((3,), 6), condition(3))
        assert out.shape == (3, 2, *SPACES[ndim])
        assert out.abs().max().item() == 0.0

    def test_every_parameter_gets_a_gradient(self, name: str, ndim: int) -> None:
        net = awake(NETS[name](ndim))
        out = net(numbers((3, 2, *SPACES[ndim]), 5), numbers((3,), 6), condition(3))
        (out * numbers(tuple(out.shape), 7)).sum().backward()
        silent = [n for n, p in net.named_parameters() if p.grad is None or p.grad.abs().max().item() == 0]
        assert silent == []

    def test_masked_tokens_do_not_matter(self, name: str, ndim: int) -> None:
        net, cond = awake(NETS[name](ndim)), condition(3)
        x, level = numbers((3, 2, *SPACES[ndim]), 5), numbers((3,), 6)
        assert cond.tokens is not None
        other = cond.tokens.clone()
        other[0, 3:] += 100.0
        with torch.no_grad():
            a, b = net(x, level, cond), net(x, level, Cond(tokens=other, mask=cond.mask, pooled=cond.pooled))
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)

    def test_batch_independence_is_exact(self, name: str, ndim: int) -> None:
        net, cond = awake(NETS[name](ndim)).eval(), condition(7)
        x, level = numbers((7, 2, *SPACES[ndim]), 5), numbers((7,), 6)
        assert cond.tokens is not None
        assert cond.mask is not None
        assert cond.pooled is not None
        with torch.no_grad():
            together = net(x, level, cond)
            for rows in ([0, 1], [2, 3, 4], [6, 5], [0, 2, 4, 6, 1]):
                part = Cond(cond.tokens[rows], cond.mask[rows], cond.pooled[rows])
                alone = net(x[rows], level[rows], part)
                assert torch.equal(alone, together[rows])

    def test_probe_sees_and_edits(self, name: str, ndim: int) -> None:
        net, cond = awake(NETS[name](ndim)).eval(), condition(3)
        x, level = numbers((3, 2, *SPACES[ndim]), 5), numbers((3,), 6)
        watched = frozenset({"core.0.self", "core.0.cross"})
        probe = Probe(watched)
        with torch.no_grad():
            seen, plain = net(x, level, cond, probe), net(x, level, cond)
            torch.testing.assert_close(seen, plain, rtol=0, atol=2e-5)
            assert set(probe.maps) == watched
            for site, map_ in probe.maps.items():
                torch.testing.assert_close(map_.sum(-1), torch.ones_like(map_.sum(-1)), rtol=0, atol=1e-5, msg=site)
            assert probe.maps["core.0.cross"][0, :, :, 3:].abs().max().item() == 0.0
            flat = net(x, level, cond, Probe(watched, edit=lambda _, p: torch.full_like(p, 1 / p.shape[-1])))
        assert (flat - plain).abs().max().item() > 1e-4


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_unshuffle_is_lossless_and_local(ndim: int) -> None:
    space = tuple(3 * s for s in (5, 2, 4)[:ndim])
    x = torch.arange(2 * 7 * torch.Size(space).numel(), dtype=torch.float64).reshape(2, 7, *space)
    folded = unshuffle(x, 3)
    assert folded.shape == (2, 7 * 3**ndim, *[s // 3 for s in space])
    assert torch.equal(shuffle(folded, 3), x)
    cell = x[(0, 0, *[slice(0, 3)] * ndim)].flatten()
    assert torch.equal(folded[(0, slice(0, 3**ndim), *[0] * ndim)], cell)


def test_initialisation_is_a_function_of_seed_and_name() -> None:
    a, b, c = hybrid(2), hybrid(2), hybrid(2)
    initialise(a, 5)
    initialise(b, 5)
    initialise(c, 6)
    assert all(torch.equal(p, q) for p, q in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
    first, other = a.get_parameter("stem.weight"), c.get_parameter("stem.weight")
    assert not torch.equal(first, other)
    assert first.std().item() * first[0].numel() ** 0.5 == pytest.approx(1.0, abs=0.1)


def test_a_place_has_the_same_features_at_every_size_and_no_two_places_share_them() -> None:
    fine, coarse = place_features((9, 27)).unflatten(0, (9, 27)), place_features((3, 9)).unflatten(0, (3, 9))
    torch.testing.assert_close(fine[1::3, 1::3], coarse)
    assert torch.pdist(fine.flatten(0, 1)).min() > 0.1
