"""Learn the grid ``learned`` and the trust of ``trig_multistep`` on it: one table for every number of steps.

    python tools/fit_multistep.py --steps 8 --minutes 8 [--start FILE] [--out FILE]

Nodes and trust (src/unfog/core/learned.py) are moved by Adam, with gradients through whole runs, on random sets of
points and random mixtures of many sizes, dimensions and spectra, and judged on others. None of them is a problem of
``unfog bench samplers``.

On points an error is a start that ends at a wrong one, about one in a thousand. So only starts are kept that a crude
run takes elsewhere than a long one; and as an end is one point or another and hardly moves, the estimates on the way
are held against those of the exact flow, at the levels ``WATCHED``, where it still shows what goes wrong. What becomes
least is their mean square, over that of the table before, and ``--smooth`` times the same of the ends of mixtures, plus
a penalty for nodes that stand closer, or less evenly, than a network bears.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from unfog.core.fitted import TOP, levels
from unfog.core.grid import log_snr, rf_shift
from unfog.core.grid import through as grid_through
from unfog.core.learned import LEAST_GAP, UNEVEN, Learned
from unfog.evaluate.problems import PROCESS, Problem, mixture, points
from unfog.samplers.dpmpp_2m import dpmpp_2m
from unfog.samplers.step import last
from unfog.samplers.trig_multistep import VALUES, trig_multistep, trusted
from unfog.samplers.unipc import unipc
from unfog.util.files import write_atomic
from unfog.util.random import Draw, uniform

C = 0.5  # sigma_data
WATCHED = (0.6, 0.4, 0.3, 0.2, 0.12)
WATCH_SHARE = 0.2  # of each, where the end counts 1
LONG_STEPS, EXACT_STEPS = 70, 200
ELSEWHERE = 0.004  # mean square by which ends are different ones
FAR = 30.0  # times the mean square of before: a start of a mixture that ends in another mode counts no more
AT_ONCE = 500  # starts of a set, and sets, that one step sees
SETS = 8
RATE, WARM = 0.003, 20


@dataclass(frozen=True)
class Judged:
    """A problem with the starts that count, what the flow estimates on the way and its ends, and of how many."""

    problem: Problem
    x: Tensor
    way: list[Tensor]
    end: Tensor
    total: int
    size: float


def family(seed: int, sets: int, mixtures: int, starts: int) -> tuple[list[Judged], list[Judged]]:
    """Sets of points and mixtures; another seed: others of the same kinds."""
    sizes = uniform(range(seed, seed + sets + mixtures), (2,), draw=Draw.TEST).tolist()
    found, smooth = list[Judged](), list[Judged]()
    for k, (a, b) in enumerate(sizes):
        power, n, d = (1.0, 0.8, 1.2)[k % 3], 120 + int(180 * a), 32 + int(32 * b)
        first = 1000 * seed + k * starts
        if k < sets:
            found.append(sifted(points("points", seed + k, n=n, d=d, power=power), starts, first))
        else:
            made = mixture("mixture", seed + k, k=n // 18, d=d, power=max(power, 1.0), within=0.7)
            x = made.start(starts // 32, first)
            end = made.exact(x)
            smooth.append(Judged(made, x, [], end, len(x), end.square().mean().item()))
    return found, smooth


def sifted(problem: Problem, n: int, seed: int) -> Judged:
    """A problem with those starts that a crude run takes elsewhere, and the exact flow of these."""
    x = problem.start(n, seed)
    long = last(unipc(problem.denoise, PROCESS, x, log_snr(PROCESS, LONG_STEPS, sigma_min=0.02), order=3)).x
    crude = [
        last(run(problem.denoise, PROCESS, x, rf_shift(PROCESS, k))).x
        for run, k in ((trig_multistep, 5), (trig_multistep, 7), (dpmpp_2m, 8), (unipc, 8))
    ]
    x = x[torch.stack([(end - long).square().mean(1) for end in crude]).amax(0) > ELSEWHERE]
    at = torch.linspace(math.log(TOP), math.log(min(WATCHED)), EXACT_STEPS, dtype=torch.float64).tolist()
    at = sorted({*at[1:-1], *map(math.log, WATCHED)}, reverse=True)
    ts = grid_through(PROCESS, [-v for v in at])
    estimates = [step.x0 for step in unipc(problem.denoise, PROCESS, x, ts, order=4)]  # the first at TOP
    way = [estimates[1 + at.index(math.log(level))] for level in WATCHED]
    return Judged(problem, x, way, problem.exact(x), n, long.square().mean().item())


class Moved(torch.nn.Module):
    """A table whose numbers can be moved."""

    def __init__(self, fit: Learned) -> None:
        super().__init__()
        self.log = torch.nn.Parameter(torch.tensor(fit.levels, dtype=torch.float64).log())
        self.correct = torch.nn.Parameter(filled(fit.correct))
        self.predict = torch.nn.Parameter(filled(fit.predict))
        self.follow = torch.nn.Parameter(torch.tensor(fit.follow, dtype=torch.float64))

    def table(self) -> Learned:
        """With as many digits as are kept, and values that there are."""
        correct, predict = (
            (*(tuple(round(v, 3) for v in row[:k]) for k, row in enumerate(rows.tolist()[:-1])), ())
            for rows in (self.correct, self.predict)
        )
        levels = tuple(float(f"{v:.5g}") for v in self.log.exp().tolist())
        return Learned(levels, correct, predict, tuple(round(v, 3) for v in self.follow.tolist()))

    def gaps(self) -> Tensor:
        """In lam, from ``TOP`` on."""
        return -torch.cat([self.log.new_tensor([math.log(TOP)]), self.log]).diff()

    def plan(self) -> Plan:
        """All weights of a run."""
        rho = torch.cat([self.log.new_tensor([TOP]), self.log.exp()])
        ends = [*rho.tolist(), 0.0]
        theta, plan = (rho / C).atan(), Plan(rho, self.follow, [], [], [])
        for i in range(len(rho)):
            past = theta[: i + 1].flip(0)[:VALUES]
            if i > 0:
                by = torch.cat([past[1:2], past[:1], past[2:]])
                plan.correct.append(trusted(by, theta[i], self.correct[i]))
            if i + 1 < len(rho):
                plan.predict.append(trusted(past, theta[i + 1], self.predict[i]))
            plan.seen.append(
                {
                    k: trusted(past, torch.tensor(math.atan(level / C), dtype=torch.float64), self.predict[i])
                    for k, level in enumerate(WATCHED)
                    if ends[i + 1] <= level < ends[i]
                }
            )
        return plan


def filled(rows: Sequence[Sequence[float]]) -> Tensor:
    """Rows with 0 for what they lack."""
    return torch.tensor([[*row, *[0.0] * (VALUES - 1 - len(row))] for row in rows], dtype=torch.float64)


def plain(n: int) -> Learned:
    """The nodes of the grid ``fitted``, and all of what the values add, as ``trig_multistep`` has it elsewhere."""
    correct = tuple((1.0,) * min(3, max(2, n - i) + 1, i) for i in range(n))
    predict = tuple((1.0,) * (min(3, max(2, n - i), i + 1) - 1) for i in range(n))
    return Learned(tuple(levels(n, TOP)), (*correct[:-1], ()), (*predict[:-1], ()), (0.0,) * n)


@dataclass(frozen=True)
class Plan:
    """Levels, and the weights of corrections (from the second node on), predictions, and what is watched."""

    rho: Tensor
    follow: Tensor
    correct: list[Tensor]
    predict: list[Tensor]
    seen: list[dict[int, Tensor]]


def run(problem: Problem, x: Tensor, plan: Plan, *, watch: bool = False) -> tuple[Tensor, dict[int, Tensor]]:
    """Where ``trig_multistep`` ends with these weights, and its estimates where they are watched."""
    known, watched, z = list[Tensor](), dict[int, Tensor](), x

    def estimate(x: Tensor, level: Tensor) -> Tensor:
        return problem.denoise(x, PROCESS.time_at(-level.log()).expand(len(x)))

    for i, rho in enumerate(plan.rho):
        m = (rho**2 + C**2).sqrt()
        x0 = estimate(x, rho)
        new = (x0 - (C / m) ** 2 * x) * (m / (C * rho))
        if i == 0:
            z = x / m
        else:
            z = less(z, plan.correct[i - 1], [known[0], new, *known[1:]])
            new = new + plan.follow[i] * (z - x / m)
        known = [new, *known][:VALUES]
        for k, weights in plan.seen[i].items() if watch else ():
            level = torch.tensor(WATCHED[k], dtype=torch.float64)
            watched[k] = estimate(less(z, weights, known) * (level**2 + C**2).sqrt(), level)
        if i + 1 == len(plan.rho):
            return x0, watched
        after = less(z, plan.predict[i], known)
        x = after * (plan.rho[i + 1] ** 2 + C**2).sqrt()
    raise AssertionError("the last level returns")


def less(z: Tensor, weights: Tensor, by: Sequence[Tensor]) -> Tensor:
    """z without so much of each."""
    return z - sum(w * one for w, one in zip(weights, by, strict=False))


def error(problems: Sequence[Judged], plan: Plan) -> float:
    """Root mean square of the relative distances from the exact ends."""
    with torch.no_grad():
        off = [
            (run(p.problem, p.x, plan)[0] - p.end).square().mean(1).sum().item() / p.total / p.size for p in problems
        ]
    return math.sqrt(sum(off) / len(off))


def wrong(problems: Sequence[Judged], plan: Plan) -> float:
    """Share of the starts that end at a wrong point."""
    with torch.no_grad():
        ends = [((run(p.problem, p.x, plan)[0] - p.end).square().mean(1) > ELSEWHERE).sum().item() for p in problems]
    return sum(ends) / sum(p.total for p in problems)


def astray(judged: Judged, plan: Plan, rows: Tensor) -> Tensor:
    """Of a set of points: how far the estimates on the way are off, and the end."""
    end, watched = run(judged.problem, judged.x[rows], plan, watch=True)
    off = (end - judged.end[rows]).square().mean()
    for k, estimate in watched.items():
        off = off + WATCH_SHARE * (estimate - judged.way[k][rows]).square().mean()
    return off * len(judged.x) / judged.total / judged.size


def uneven(gaps: Tensor) -> Tensor:
    """0 for nodes that a network bears: close ones, or gaps that change much, amplify what it gets wrong."""
    least = min(LEAST_GAP, 4 / (len(gaps) + 2))
    jumps = gaps[1:].clamp(min=0.05).log().diff().abs()
    return 50 * (least - gaps).clamp(min=0).square().sum() + 2 * (jumps - math.log(UNEVEN)).clamp(min=0).square().sum()


def fit(start: Learned, sets: Sequence[Judged], mixtures: Sequence[Judged], smooth: float, seconds: float) -> Learned:
    """The table after so many seconds of the processor, with mixtures counting ``smooth`` times."""
    table, begin = Moved(start), time.process_time()
    adam = torch.optim.Adam(
        [{"params": [table.log], "lr": RATE / 2}, {"params": [table.correct, table.predict, table.follow], "lr": RATE}],
        betas=(0.9, 0.98),
    )
    plan = table.plan()
    before = [error(some, plan) ** 2 for some in (sets, mixtures)]
    slower = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda k: min(1, (k + 1) / WARM) * max(0, 1 - (time.process_time() - begin) / seconds) ** 0.7
    )
    chance = torch.Generator().manual_seed(0)
    while time.process_time() - begin < seconds:
        plan, loss = table.plan(), torch.zeros((), dtype=torch.float64)
        for k in torch.randint(len(sets), (SETS,), generator=chance).tolist():
            rows = torch.randperm(len(sets[k].x), generator=chance)[:AT_ONCE]
            loss = loss + astray(sets[k], plan, rows) / before[0] / SETS
        one = mixtures[int(torch.randint(len(mixtures), (), generator=chance))]
        off = (run(one.problem, one.x, plan)[0] - one.end).square().mean(1) / one.size / before[1]
        loss = loss + smooth * off.clamp(max=FAR).mean() + uneven(table.gaps())
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(table.parameters(), 1.0)
        adam.step()
        slower.step()
    return table.table()


def main() -> None:
    """Fit, and print the table as JSON with what it reaches on other problems than those it was fitted on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--start", type=Path, help="an earlier --out; else the nodes of the grid fitted, without trust")
    parser.add_argument("--smooth", type=float, default=0.006, help="how much mixtures count")
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--mixtures", type=int, default=16)
    parser.add_argument("--starts", type=int, default=8192, help="of every set, before they are sifted")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    start = Learned(**json.loads(args.start.read_text())["table"]) if args.start else plain(args.steps)
    found = fit(start, *family(1600, args.sets, args.mixtures, args.starts), args.smooth, 60 * args.minutes)
    held = family(2600, 8, 6, args.starts)
    rows = {
        name: {"points": error(held[0], plan), "wrong": wrong(held[0], plan), "mixtures": error(held[1], plan)}
        for name, plan in (("before", Moved(start).plan()), ("after", Moved(found).plan()))
    }
    text = json.dumps({"steps": args.steps, **rows, "table": asdict(found)})
    print(text)
    if args.out:
        write_atomic(args.out, text.encode())


if __name__ == "__main__":
    main()
