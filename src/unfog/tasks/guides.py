"""From the guides of the settings to what they are made of: the parts of CFG, and what is put on top of it."""

from __future__ import annotations

from jaxtyping import Float64
from torch import Tensor

from unfog.config.guide import GUIDES
from unfog.config.model import HybridConfig, UNetConfig
from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched
from unfog.core.process import Process
from unfog.guidance.apg import projected
from unfog.guidance.cfg import Anchor, Dial, Mix, linear
from unfog.guidance.cfg_zero import zero_star
from unfog.guidance.cfgpp import cfgpp
from unfog.guidance.fdg import frequency
from unfog.guidance.increasing import increasing
from unfog.guidance.pag import pag
from unfog.guidance.perturb import middle
from unfog.guidance.rescale import rescaled
from unfog.guidance.seg import seg
from unfog.guidance.slg import slg
from unfog.guidance.tcfg import tangential
from unfog.guidance.threshold import threshold

PUSHES = {"pag": pag, "seg": seg, "slg": slg}


def parts(
    sample: SampleConfig, process: Process, ts: Float64[Tensor, " nodes"]
) -> tuple[float | Dial, Mix, Anchor | None]:
    """Scale, mix and anchor of the classifier-free guidance that the settings ask for."""
    scale, mix, anchor = sample.guidance, linear, None
    for guide in sample.guide:
        match guide.name, guide.value:
            case "increasing", _:
                scale = increasing(sample.guidance, process)
            case "cfgpp", float(strength):
                scale = cfgpp(strength, process, ts, sample.sampler)
            case "cfg_zero", _:
                anchor = zero_star(process)
            case "tcfg", _:
                anchor = tangential(process)
            case "apg", float(eta):
                mix = projected(eta)
            case "fdg", float(coarse):
                mix = frequency(coarse)
            case name, _:
                assert GUIDES[name].part in {"push", "range"}
    return scale, rescaled(sample.rescale, mix) if sample.rescale else mix, anchor


def pushed(
    guided: Denoise, sample: SampleConfig, denoiser: Watched, cond: Cond, net: HybridConfig | UNetConfig
) -> Denoise:
    """``guided`` and what pushes away from the network with its middle blocks disturbed."""
    blocks = middle(net.core_depth) if isinstance(net, HybridConfig) else ("core.0",)
    for guide in sample.guide:
        if guide.name in PUSHES and guide.value is not None:
            guided = PUSHES[guide.name](guided, denoiser, cond, guide.value, blocks)
    return guided


def ranged(guided: Denoise, sample: SampleConfig) -> Denoise:
    """``guided`` within the range of pictures, if the settings ask for it."""
    for guide in sample.guide:
        if guide.name == "threshold" and guide.value is not None:
            guided = threshold(guided, guide.value)
    return guided
