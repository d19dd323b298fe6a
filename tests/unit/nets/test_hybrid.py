"""The hybrid network: a reference picture that is not there is not attended to."""

from __future__ import annotations

import torch
from tests.support.problems import gauss

from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.nets.hybrid import Hybrid


def test_an_absent_reference_takes_no_attention():
    net = Hybrid(channels=2, widths=(8,), blocks=1, core_width=12, core_depth=1, heads=2, emb=8, context=6, image=5)
    for k, parameter in enumerate(net.parameters()):
        parameter.data = 0.3 * gauss(k, *parameter.shape).float()
    x, level = gauss(90, 3, 2, 8, 8).float(), torch.tensor([0.3, -1.0, 2.0])
    tokens, mask = gauss(91, 3, 7, 6).float(), torch.tensor([[True] * 4 + [False] * 3] * 3)
    image = gauss(92, 3, 16, 5).float() * torch.tensor([0.0, 1.0, 0.0])[:, None, None]  # the second row has one
    site = "core.0.cross"
    probe = Probe(want=frozenset({site}))
    mixed = net(x, level, Cond(tokens=tokens, mask=mask, image=image), probe)
    plain = net(x, level, Cond(tokens=tokens, mask=mask))
    assert torch.allclose(mixed[[0, 2]], plain[[0, 2]], atol=1e-5)
    assert (mixed[1] - plain[1]).abs().max() > 1e-3
    attention = probe.maps[site]  # (b, heads, n, l)
    assert attention[[0, 2], ..., 4:].abs().max() == 0
    assert attention[1, ..., 7:].sum(-1).min() > 0.05
