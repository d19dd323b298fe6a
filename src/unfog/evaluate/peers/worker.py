"""Runs in the peers' own environment: diffusers' and k-diffusion's samplers on exact denoisers, as a process.

    python worker.py        one request per line on standard input, one answer per line on standard output (JSON)

Arrays travel as safetensors files whose paths stand in the lines. Nothing of unfog is imported here, and the exact
denoiser is written again, from the arrays of the problem:

    x = alpha x0 + sigma z,   S_k = alpha^2 C_k + sigma^2
    E[x0 | x] = sum_k r_k [m_k + alpha C_k S_k^-1 (x - alpha m_k)],   r_k ~ w_k N(x; alpha m_k, S_k)

Every scheduler is driven as its pipelines do: noise times ``init_noise_sigma``, then ``step`` for every one of its
timesteps. What it asks of its network (noise, velocity, flow, EDM's F) is answered exactly for the alpha and sigma that
the scheduler itself means at that step, which need not be those of the whole timestep that it names.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

Exact = Callable[[torch.Tensor, float, float], torch.Tensor]  # (x, alpha, sigma) -> E[x0 | x]
EXACT_TENSORS = ("sigmas", "sigmas_interpol", "alphas_cumprod", "final_alpha_cumprod", "alphas", "betas", "one")
NOTHING = 1e-12  # a sigma below it has no noise


def mixture(weight: torch.Tensor, mean: torch.Tensor, cov: torch.Tensor) -> Exact:
    """The exact denoiser of a Gaussian mixture with full covariances."""
    values, basis = torch.linalg.eigh(cov)
    k, d = mean.shape
    turn = basis.permute(1, 0, 2).reshape(d, k * d)
    centre = torch.einsum("kd,kde->ke", mean, basis)

    def exact(x: torch.Tensor, alpha: float, sigma: float) -> torch.Tensor:
        spread = alpha**2 * values + sigma**2
        offset = (x.double() @ turn).reshape(-1, k, d) - alpha * centre
        scores = weight.log() - 0.5 * ((offset**2 / spread).sum(-1) + spread.log().sum(-1))
        inside = scores.softmax(-1)[..., None] * (centre + alpha * values / spread * offset)
        return inside.reshape(-1, k * d) @ turn.T

    return exact


def points(data: torch.Tensor) -> Exact:
    """The exact denoiser of a finite set of data."""
    norms = data.square().sum(1)

    def exact(x: torch.Tensor, alpha: float, sigma: float) -> torch.Tensor:
        if sigma < NOTHING:
            return x.double() / alpha
        scores = (alpha * (x.double() @ data.T) - 0.5 * alpha**2 * norms) / sigma**2
        return scores.softmax(1) @ data

    return exact


def number(value: Any) -> float:
    """A tensor or array of one value, or a number."""
    return float(value)


class Driven:
    """One scheduler of diffusers: what its steps mean."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        options = dict(options)
        if "tau" in options:  # SA-Solver takes it as a function of the timestep
            tau = options.pop("tau")
            options["tau_func"] = lambda _: torch.tensor(tau, dtype=torch.float64)
        self.name = name
        self.module: Any = importlib.import_module(getattr(importlib.import_module("diffusers"), name).__module__)
        self.scheduler = getattr(self.module, name)(**options)
        self.kind = kind_of(self.scheduler)

    def set(self, steps: int, *, precise: bool) -> None:
        """Let it choose its timesteps; ``precise``: what it then holds in float32 is held in float64."""
        self.scheduler.set_timesteps(steps)
        if precise:
            for name in EXACT_TENSORS:
                value = getattr(self.scheduler, name, None)
                if isinstance(value, torch.Tensor):
                    setattr(self.scheduler, name, value.double())

    def fit(self, calls: int) -> None:
        """The most steps that cost at most so many evaluations."""
        steps = calls
        while len(self.scheduler.timesteps) > calls:
            steps -= 1
            if steps == 0:
                raise ValueError(f"needs more than {calls} evaluations")
            self.set(steps, precise=False)

    def scales(self, sigma: Any) -> tuple[float, float]:
        """alpha and sigma of what it calls sigma."""
        if self.kind == "vp":
            if not isinstance(sigma, torch.Tensor):
                sigma = torch.tensor(sigma, dtype=torch.float64)
            alpha, scale = self.scheduler._sigma_to_alpha_sigma_t(sigma)  # noqa: SLF001 - what it means by sigma
            return number(alpha), number(scale)
        return (1 - number(sigma), number(sigma)) if self.kind == "flow" else (1.0, number(sigma))

    def level(self, index: int, t: Any) -> tuple[float, float]:
        """alpha and sigma at which it now asks its network."""
        s = self.scheduler
        if self.kind == "ipndm":
            return number(s.alphas[index]), number(s.betas[index])
        if self.kind == "chain":
            kept = number(s.alphas_cumprod[int(t)])
            return kept**0.5, (1 - kept) ** 0.5
        if getattr(s, "step_index", 0) is None:
            s._init_step_index(t)  # noqa: SLF001 - as its own step would begin
        i = s.step_index if s.step_index is not None else index
        if not getattr(s, "state_in_first_order", True):  # the second stage of a step
            if hasattr(s, "sigmas_interpol"):
                ancestral = "Ancestral" in self.name
                return self.scales(s.sigmas_interpol[i - 1 if ancestral else i])
            if getattr(s, "mid_point_sigma", None) is not None:
                return self.scales(s.mid_point_sigma)
        return self.scales(s.sigmas[i])

    def nodes(self) -> list[tuple[float, float]]:
        """alpha and sigma of its nodes, stages left out; the last is where it ends."""
        s = self.scheduler
        if self.kind == "ipndm":
            return [(number(a), number(b)) for a, b in zip(s.alphas, s.betas, strict=True)]
        if self.kind == "chain":
            kept = [number(s.alphas_cumprod[int(t)]) for t in s.timesteps]
            final = number(getattr(s, "final_alpha_cumprod", 1.0))
            return [(k**0.5, (1 - k) ** 0.5) for k in dict.fromkeys([*kept, final])]
        return [self.scales(sigma) for sigma in dict.fromkeys(number(sigma) for sigma in s.sigmas)]

    def answer(self, x: torch.Tensor, x0: torch.Tensor, alpha: float, sigma: float) -> torch.Tensor:
        """What the network would say whose estimate of the clean sample is ``x0``."""
        config = self.scheduler.config
        eps = (x - alpha * x0) / sigma if sigma >= NOTHING else torch.zeros_like(x)
        if "sigma_data" in config:  # EDM: D = c_skip x + c_out F
            data = config.sigma_data
            skip, out = data**2 / (sigma**2 + data**2), sigma * data / (sigma**2 + data**2) ** 0.5
            return (x0 - skip * x) / (-out if config.prediction_type == "v_prediction" else out)
        if self.kind == "ipndm" or config.get("prediction_type") == "v_prediction":
            return alpha * eps - sigma * x0
        if self.kind == "flow" or config.get("prediction_type") == "flow_prediction":
            return eps - x0
        return x0 if config.get("prediction_type") == "sample" else eps


def kind_of(scheduler: Any) -> str:
    """vp: sigma is sigma/alpha of a VP or flow state; ve: of a VE state; flow; ipndm; chain: a table of alphas."""
    name = type(scheduler).__name__
    if name.startswith("FlowMatch"):
        return "flow"
    if name == "IPNDMScheduler":
        return "ipndm"
    if "EDM" in name or "Cosine" in name:
        return "ve"
    if hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
        return "vp"
    return "ve" if hasattr(scheduler, "sigmas") else "chain"


def drive(request: dict[str, Any], exact: Exact, noise: torch.Tensor, fresh: torch.Tensor | None) -> dict[str, Any]:
    """Run one scheduler of diffusers; ``noise`` is the start, ``fresh`` what it gets whenever it draws."""
    driven = Driven(request["scheduler"], request["options"])
    driven.set(request["steps"], precise=request["precise"])
    if "within" in request:
        driven.fit(request["within"])
    s, drawn = driven.scheduler, draws(fresh, noise)
    if hasattr(driven.module, "randn_tensor"):
        driven.module.randn_tensor = lambda *_, **__: next(drawn)
    if hasattr(s, "noise_sampler"):
        s.noise_sampler = lambda *_: next(drawn)
    first = driven.level(0, s.timesteps[0])
    x = noise * (first[1] if request["precise"] else number(getattr(s, "init_noise_sigma", 1.0)))
    begin, calls = x, 0
    for i, t in enumerate(s.timesteps):
        alpha, sigma = driven.level(i, t)
        if hasattr(s, "scale_model_input"):
            s.scale_model_input(x, t)
        said = driven.answer(x, exact(x, alpha, sigma), alpha, sigma)
        calls += 1
        x = s.step(said, t, x, **request.get("step", {})).prev_sample
    return {"end": x, "calls": calls, "begin": begin, "alpha": first[0], "sigma": first[1]}


def plan(request: dict[str, Any]) -> dict[str, Any]:
    """The nodes of a scheduler and how often it asks its network."""
    driven = Driven(request["scheduler"], request["options"])
    driven.set(request["steps"], precise=request["precise"])
    return {"nodes": driven.nodes(), "calls": len(driven.scheduler.timesteps)}


def draws(fresh: torch.Tensor | None, like: torch.Tensor) -> Iterator[torch.Tensor]:
    """The noise that was handed over, one after the other; otherwise of a generator of its own."""
    if fresh is not None:
        yield from fresh
    generator = torch.Generator().manual_seed(0)
    while fresh is None:
        yield torch.randn(like.shape, generator=generator, dtype=like.dtype)


def k_diffusion() -> Any:
    """Its sampling module, without what the package itself imports (training, augmentation, pictures)."""
    if "k_diffusion" not in sys.modules:
        package = types.ModuleType("k_diffusion")
        found = importlib.metadata.distribution("k-diffusion").locate_file("k_diffusion")
        package.__path__ = [str(found)]
        pictures = types.ModuleType("torchvision.transforms")  # imported by its helpers, never used in sampling
        pictures.functional = None  # type: ignore[attr-defined]
        sys.modules["torchvision"] = types.ModuleType("torchvision")
        sys.modules.update({"k_diffusion": package, pictures.__name__: pictures})
    return importlib.import_module("k_diffusion.sampling")


def drive_k(request: dict[str, Any], exact: Exact, noise: torch.Tensor, fresh: torch.Tensor | None) -> dict[str, Any]:
    """Run one function of k-diffusion over the sigmas of the request."""
    sigmas = torch.tensor(request["sigmas"], dtype=torch.float64)
    drawn, calls = draws(fresh, noise), [0]

    def model(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        calls[0] += 1
        return exact(x, 1.0, number(sigma[0]))

    more = {"noise_sampler": lambda *_: next(drawn)} if request["stochastic"] else {}
    start = noise * sigmas[0]
    end = getattr(k_diffusion(), request["function"])(model, start, sigmas, disable=True, **request["options"], **more)
    return {"end": end, "calls": calls[0], "begin": start, "alpha": 1.0, "sigma": number(sigmas[0])}


def versions() -> dict[str, str]:
    """Of everything that computes here."""
    names = ("diffusers", "k-diffusion", "torch", "numpy")
    return {name: importlib.metadata.version(name) for name in names}


class Session:
    """The problems that were handed over, and the answers to requests."""

    def __init__(self) -> None:
        self.problems: dict[str, tuple[Exact, torch.Tensor]] = {}

    def problem(self, request: dict[str, Any]) -> dict[str, Any]:
        arrays = load_file(request["arrays"])
        covs, means = arrays.get("covs"), arrays["means"]
        exact = points(means) if covs is None else mixture(arrays["weights"], means, covs)
        self.problems[request["name"]] = exact, arrays["noise"]
        return {}

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        exact, noise = self.problems[request["problem"]]
        fresh = None
        if "arrays" in request:
            fresh = load_file(request["arrays"])["fresh"]
        drive_one = drive_k if "function" in request else drive
        with torch.no_grad():
            found = drive_one(request, exact, noise, fresh)
        ends = {name: found.pop(name).double().contiguous().clone() for name in ("begin", "end")}
        save_file(ends, request["result"])
        return found

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["do"]:
            case "versions":
                return versions()
            case "problem":
                return self.problem(request)
            case "plan":
                return plan(request)
            case "run":
                return self.run(request)
            case other:
                raise ValueError(f"unknown request {other!r}")


def main() -> None:
    """Answer until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints does not get between the answers
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    session = Session()
    for line in sys.stdin:
        try:
            reply = {"ok": session.answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - refusing an option is an answer
            reply = {"refused": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    sys.path.pop(0)  # this folder belongs to another program
    assert Path(__file__).is_file()
    main()
