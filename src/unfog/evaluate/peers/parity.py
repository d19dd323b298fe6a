"""The same step, twice: a peer's implementation and ours on the same denoiser, nodes, start and noise, in float64.

The nodes are the peer's: what a scheduler of diffusers chooses (held in float64 from there on), or, for k-diffusion,
which takes any, Karras' from 80 to 0.02 and then 0. Ours walks over them on a variance-preserving process (on the
rectified flow if they begin at alpha = 0), whatever the peer's variables are; both ends are compared as x/alpha. The
difference is the largest of any number, relative to the largest number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.core.schedule import Flow, VPLinear
from unfog.evaluate.peers.methods import METHODS, Method
from unfog.evaluate.peers.process import Json, Peers
from unfog.evaluate.peers.theirs import THEIRS
from unfog.evaluate.problems import Problem, mixture_problem
from unfog.samplers import SAMPLERS
from unfog.samplers.brownian import Path
from unfog.samplers.step import NoiseSource, Step, last, node_at, nodes
from unfog.util.random import Draw, Noise, normal

Scales = Sequence[tuple[float, float]]
STARTS, DIMENSIONS = 3, 5
VP = Process(VPLinear(beta_max=24.0))  # reaches sigma/alpha = 400, more than every chain here
FLOW = Process(Flow())
KARRAS_FROM, KARRAS_TO = 80.0, 0.02


@dataclass(frozen=True)
class Compared:
    """A method and how far both implementations are apart.

    Fields:
        method: which.
        scales: alpha and sigma of every node.
        theirs: where the peer ended, divided by alpha.
        difference: largest, relative.
    """

    method: Method
    scales: Scales
    theirs: Float64[Tensor, "n d"]
    difference: float


def problem() -> Problem:
    """What the comparison and the recorded numbers stand on: a mixture of its own, so that no other change moves it."""
    k, d, draw = 3, DIMENSIONS, Draw.REFERENCE
    means = 0.5 * normal([4], (k, d), draw=draw)[0].double()
    turned = torch.linalg.qr(normal([4], (k, d, d), draw=draw, step=1)[0].double())[0]
    variances = torch.tensor([0.4, 0.2, 0.1, 0.05, 0.02], dtype=torch.float64)
    weights = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    return mixture_problem("parity", weights, means, turned * variances @ turned.mT)


def start() -> Float64[Tensor, "n d"]:
    """Unit noise."""
    return normal(range(STARTS), (DIMENSIONS,), draw=Draw.INITIAL).double()


def noise() -> NoiseSource:
    """What samplers of ours draw from."""
    return Noise(tuple(range(STARTS)), (DIMENSIONS,))


def compare(peers: Peers, methods: Sequence[Method] = METHODS) -> Iterator[Compared]:
    """Every method, one after the other."""
    peers.give(problem(), start())
    for method in methods:
        scales = scales_of(peers, method)
        ran = peers.run("parity", request(method, scales), fresh(method, scales))
        theirs = ran.end / scales[-1][0]
        yield Compared(method, scales, theirs, difference(ours(method, scales), theirs))


def difference(found: Float64[Tensor, "n d"], theirs: Float64[Tensor, "n d"]) -> float:
    """The largest, relative to the largest number."""
    return ((found - theirs).abs().max() / theirs.abs().max()).item()


def scales_of(peers: Peers, method: Method) -> Scales:
    """alpha and sigma of the nodes."""
    if method.scheduler:
        return peers.plan(method.scheduler, method.theirs, method.steps, precise=True).scales
    roots = torch.linspace(KARRAS_FROM ** (1 / 7), KARRAS_TO ** (1 / 7), method.steps, dtype=torch.float64)
    return [*((1.0, sigma) for sigma in (roots**7).tolist()), (1.0, 0.0)]


def request(method: Method, scales: Scales) -> Json:
    """As the worker takes it."""
    if method.function:
        sigmas, draws = [sigma for _, sigma in scales], method.draws != "none"
        return {"function": method.function, "sigmas": sigmas, "options": method.theirs, "stochastic": draws}
    asked = {"scheduler": method.scheduler, "options": method.theirs, "step": method.step}
    return {**asked, "steps": method.steps, "precise": True}


def grid(scales: Scales) -> tuple[Process, Float64[Tensor, " nodes"]]:
    """A process of ours and its times for nodes of theirs."""
    process = FLOW if scales[0][0] == 0 else VP
    alpha, sigma = torch.tensor(scales, dtype=torch.float64).unbind(1)
    return process, process.time_at(alpha.log() - sigma.log())


def fresh(method: Method, scales: Scales) -> list[Tensor] | None:
    """The noise a peer is given, in the order in which it asks; zeros for what it asks for at the end."""
    if method.draws == "none":
        return None
    process, ts = grid(scales)
    source, walked = noise(), list(pairwise(nodes(process, ts)))
    nothing = [torch.zeros(STARTS, DIMENSIONS, dtype=torch.float64)] * 2
    if method.draws == "steps":
        return [source(i, Draw.STEP).double() for i in range(len(walked))] + nothing
    path, drawn = Path(source), list[Tensor]()
    for a, b in walked:
        if b.sigma == 0:
            break
        if method.draws == "halves":
            drawn.append(path.between(a, node_at(process, 0.5 * (a.lam + b.lam))).double())
        drawn.append(path.between(a, b).double())
    return drawn + nothing


def ours(method: Method, scales: Scales) -> Float64[Tensor, "n d"]:
    """Where our sampler ends, divided by alpha."""
    process, ts = grid(scales)
    exact_denoiser = oracle(problem(), process)
    run: Callable[..., Iterator[Step]] = THEIRS.get(method.sampler) or SAMPLERS[method.sampler].run
    x = process.sigma(ts[:1]).item() * start()
    final = last(run(exact_denoiser, process, x, ts, noise=noise(), **method.options))
    return final.x / process.alpha(ts[-1:]).item()


def oracle(given: Problem, process: Process) -> Denoise:
    """The exact denoiser on another process than the problem's own."""
    assert given.covs is not None
    return GaussianMixture(given.weights, given.means, given.covs).denoise(process)
