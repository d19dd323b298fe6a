"""How a picture is made: sampling settings and the request of a generation, for Python, CLI, server and recipe."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from unfog.config.base import Config
from unfog.config.guide import GUIDES, Guide
from unfog.config.model import Fraction

SamplerName = Literal[
    "ddpm",
    "ddim",
    "euler",
    "euler_ancestral",
    "heun",
    "dpm2",
    "dpm2_ancestral",
    "dpmpp_2s",
    "dpmpp_2s_ancestral",
    "dpmpp_2m",
    "dpmpp_3m",
    "dpmpp_sde",
    "dpmpp_2m_sde",
    "dpmpp_3m_sde",
    "unipc",
    "deis",
    "ipndm",
    "lms",
    "plms",
    "exp_ab",
    "trig_multistep",
    "res_2s",
    "res_multistep",
    "sa_solver",
    "er_sde",
    "restart",
    "adaptive",
    "lcm",
]
GridName = Literal[
    "uniform",
    "karras",
    "log_snr",
    "rf_shift",
    "vp_time",
    "poly_exponential",
    "trig",
    "beta",
    "ays_sd15",
    "ays_sdxl",
    "ays_svd",
    "fitted",
    "learned",
]
PLAIN: tuple[SamplerName, GridName] = ("trig_multistep", "learned")
"""The default sampler and grid without guidance: what comes nearest to exact solutions in 5 to 20 steps. Guided
estimates bend more sharply, and ``unipc`` follows them better (docs/samplers.md)."""
GUIDED: GridName = "beta"
"""The grid of guided models: eight steps on it are as good as twelve on ``rf_shift`` (docs/LOG.md)."""
CALIBRATED = "calibrated"  # the grid of nodes that were fitted to one model
LogSNR = Annotated[float, Field(ge=-50, le=50)]
Nodes = Annotated[tuple[LogSNR, ...], Field(max_length=999)]
Seed = Annotated[int, Field(ge=0, lt=2**64)]
Side = Annotated[int, Field(ge=8, le=4096)]
Prompt = Annotated[str, Field(max_length=4096)]


class SampleConfig(Config):
    """Sampler, grid and guidance. Every number is bounded, because recipes are read back from files of strangers."""

    sampler: SamplerName = "unipc"
    grid: GridName | Literal["calibrated"] = "rf_shift"
    nodes: Nodes | None = None
    """The inner nodes of the grid ``calibrated``, as lam = log(alpha/sigma), increasing: one less than steps."""
    steps: Annotated[int, Field(ge=1, le=1000)] = 12
    guidance: Annotated[float, Field(ge=0, le=100)] = 3.0
    """Strength of classifier-free guidance; 1 is plain conditional sampling."""
    interval: tuple[LogSNR, LogSNR] | None = None
    """Guide only while lam = log(alpha/sigma) is inside; outside, sample plainly (and at half the cost)."""
    rescale: Fraction = 0.0
    """Pull the contrast of the guided estimate back to the plain one (Lin et al. 2023)."""
    sag: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Strength of self-attention guidance (Hong et al. 2023); 0 is off."""
    guide: Annotated[tuple[Guide, ...], Field(max_length=8)] = ()
    """Variants of guidance on top: one at most for each part of CFG (scale, anchor, mix), each of the others once."""
    eta: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Fresh noise per step for samplers that can take it (ddim); 0 is deterministic."""

    @model_validator(mode="after")
    def nodes_belong_to_calibrated(self) -> SampleConfig:
        """Nodes are given exactly for the grid ``calibrated``, and as many as the steps need."""
        if (self.nodes is None) != (self.grid != CALIBRATED):
            raise ValueError("nodes belong to the grid 'calibrated', which needs them")
        if self.nodes is not None:
            if len(self.nodes) != self.steps - 1:
                raise ValueError(f"{self.steps} steps need {self.steps - 1} inner nodes, got {len(self.nodes)}")
            if any(b <= a for a, b in pairwise(self.nodes)):
                raise ValueError("nodes must increase in lam")
        return self

    @model_validator(mode="after")
    def guides_fit_together(self) -> SampleConfig:
        """What replaces the same part of CFG cannot be asked for twice."""
        taken = dict[str, str]()
        for guide in self.guide:
            part = guide.name if GUIDES[guide.name].part == "push" else GUIDES[guide.name].part
            if part in taken:
                raise ValueError(f"the guides {taken[part]} and {guide.name} replace the same thing; leave one out")
            taken[part] = guide.name
        return self


class Region(Config):
    """A part of the canvas with a prompt of its own."""

    prompt: Prompt
    box: tuple[Fraction, Fraction, Fraction, Fraction]
    """Left, top, right and bottom, in shares of the canvas."""


Standing = Literal[
    "beside",
    "left of",
    "right of",
    "above",
    "below",
    "between",
    "on",
    "inside",
    "behind",
    "in front of",
    "wearing",
    "holding",
]


class Layer(Config):
    """Things that are painted by themselves, without a ground, and laid over what came before."""

    prompt: Prompt
    copies: Annotated[int, Field(ge=1, le=6)] = 1
    scale: Annotated[float, Field(ge=0.2, le=3)] = 1.0
    """How large it is beside the others."""
    to: Annotated[int, Field(ge=0, le=6)] | None = None
    """An earlier layer that stands to this one, counted from 0; the first has none."""
    stands: Standing = "beside"
    """How that one stands to this: it is left of it, on it, wears it."""


class Layout(Config):
    """How a canvas is painted other than in one piece by one prompt."""

    regions: Annotated[tuple[Region, ...], Field(max_length=16)] = ()
    """Later ones lie over earlier ones, and all over what the prompt of the picture gives."""
    layers: Annotated[tuple[Layer, ...], Field(max_length=8)] = ()
    """Painted one by one and put together (``tasks/layers.py``) instead of the prompt of the picture."""
    ground: Prompt = ""
    """What is behind the layers; blank: nothing."""
    windows: bool = False
    """In overlapping windows of the trained size, for canvases that are larger."""
    tile: bool = False
    """So that it continues at the opposite edge."""

    @model_validator(mode="after")
    def layers_stand_to_earlier_ones(self) -> Layout:
        """Every layer but the first stands to one before it, and layers are not laid out in another way as well."""
        for k, layer in enumerate(self.layers):
            if (layer.to is None) != (k == 0) or (layer.to is not None and layer.to >= k):
                raise ValueError(f"layer {k} stands to layer {layer.to}: name an earlier one, and none for the first")
        if self.layers and (self.regions or self.windows or self.tile):
            raise ValueError("layers are painted one by one; leave out regions, windows and tile")
        if self.ground and not self.layers:
            raise ValueError("a ground is what is behind layers; say it in the prompt, or give layers")
        return self


class GenerateRequest(Config):
    """One call of ``unfog generate``: ``n`` pictures of a prompt, picture k from seed (seed + k) mod 2^64."""

    prompt: Prompt
    negative: Prompt = ""
    n: Annotated[int, Field(ge=1, le=1024)] = 1
    seed: Seed = 0
    canvas: tuple[Side, Side] | None = None
    """Width and height that are painted, in pixels; unset: the size the model was trained at."""
    size: tuple[Side, Side] | None = None
    """Width and height of the finished picture, which is the canvas enlarged; unset: the canvas as it is."""
    transparent: bool = False
    """Keep what the model paints transparent; otherwise it lies on white."""
    layout: Layout | None = None
    sample: SampleConfig = SampleConfig()


class MorphRequest(Config):
    """One call of ``unfog morph``: pictures on the way from one prompt and seed to another."""

    prompts: tuple[Prompt, Prompt]
    negative: Prompt = ""
    seeds: tuple[Seed, Seed]
    frames: Annotated[int, Field(ge=2, le=240)] = 16
    """Pictures, both ends included."""
    canvas: tuple[Side, Side]
    size: tuple[Side, Side]
    sample: SampleConfig = SampleConfig()
