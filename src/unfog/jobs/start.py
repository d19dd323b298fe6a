"""Starting from a finished model instead of from nothing.

A text-image model (``--preset contrast``) lends a model that draws its vocabulary, its text encoder and, as the eyes
for reference pictures, the beginning of its picture tower. Otherwise a model lends everything to one of its kind: its
network is trained on, on other pictures, at another size, or simply for longer. It may learn to complete pictures on
the way (``--set model.completes=true``): what is known then enters by weights that begin at 0. Only averaged weights
are lent; the optimiser starts anew.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from unfog.codec.vae import VAE
from unfog.config.model import ContrastConfig, HybridConfig, ModelConfig, VAEConfig
from unfog.config.train import RunConfig
from unfog.model.build import AnyModel
from unfog.model.model import Model
from unfog.model.store import DOES, load_any, read_manifest
from unfog.nets.hybrid import Hybrid
from unfog.text.contrast import Contrast
from unfog.util.errors import UsageError

KEPT = "model."  # settings that a start decides
LEARNED = "model.completes"  # but for this one
STEM = "denoiser.net.stem.weight"
LENT = ("model.text", "model.style", "model.net.sketch")  # those that towers decide
EYES_DEPTH = 1  # blocks of the picture tower: the first see how a picture is drawn, later ones what it shows


def with_start(config: RunConfig, folder: Path, chosen: frozenset[str]) -> RunConfig:
    """The configuration of a run that starts from the model in ``folder``; ``chosen`` are the settings a person set.

    Raises:
        UsageError: the two do not go together.
        ModelError: it is no model folder.
    """
    lent, made = read_manifest(folder, hashes=False).model, config.model
    if lent.picture.channels != made.picture.channels:
        raise UsageError(
            f"{folder} knows pictures of {lent.picture.channels} channels and these have {made.picture.channels}:"
            " start from a model of such pictures"
        )
    match lent, made:
        case ContrastConfig(), ModelConfig():
            if others := sorted(name for name in chosen if name.startswith(LENT)):
                raise UsageError(f"{folder} lends its words and eyes: leave out --set {others[0]}=...")
            eyes = lent.encoder.model_copy(update={"depth": min(EYES_DEPTH, lent.encoder.depth)})
            model = made.model_copy(update={"text": lent.text, "style": eyes})
            if lent.sketch is not None and isinstance(made.net, HybridConfig):
                model = model.model_copy(update={"net": made.net.model_copy(update={"sketch": lent.sketch})})
        case _ if lent.kind == made.kind:
            learns = isinstance(made, ModelConfig) and made.completes
            allowed = {LEARNED} if learns else set[str]()
            if others := sorted(name for name in chosen - allowed if name.startswith(KEPT)):
                raise UsageError(f"a run that starts from a model has its network: leave out --set {others[0]}=...")
            model = lent.model_copy(update={"picture": lent.picture.model_copy(update={"size": made.picture.size})})
            if learns:
                model = model.model_copy(update={"completes": True})
        case _:
            raise UsageError(
                f"{folder} holds a model that {DOES[lent.kind]}; one that {DOES[made.kind]} cannot start from it"
            )
    return config.model_copy(update={"model": model})


def codec_of(folder: Path) -> VAEConfig:
    """The configuration of a model that makes pictures smaller.

    Raises:
        UsageError: the model in ``folder`` does something else.
        ModelError: it is no model folder.
    """
    lent = read_manifest(folder, hashes=False).model
    if not isinstance(lent, VAEConfig):
        raise UsageError(f"--codec {folder} holds a model that {DOES[lent.kind]}: train one with --preset vae")
    return lent


def with_codec(config: RunConfig, folder: Path) -> RunConfig:
    """The configuration of a run that draws the latents of the model in ``folder``.

    Raises:
        UsageError: the two do not go together.
    """
    lent, made = codec_of(folder), config.model
    if not isinstance(made, ModelConfig):
        raise UsageError(f"a model that {DOES[made.kind]} draws no latents: leave --codec out")
    if lent.picture.channels != made.picture.channels or made.picture.size % lent.patch:
        raise UsageError(
            f"{folder} makes pictures of {lent.picture.channels} channels smaller whose sides are multiples of"
            f" {lent.patch}, and these have {made.picture.channels} and {made.picture.size}: train one on such pictures"
        )
    return config.model_copy(update={"model": made.model_copy(update={"codec": lent})})


def lends_network(config: RunConfig, folder: Path) -> bool:
    """Whether the model in ``folder`` is of the same kind, so that its scales of pictures and noise are kept, too."""
    return read_manifest(folder, hashes=False).model.kind == config.model.kind


def begin_with(model: AnyModel, folder: Path) -> None:
    """Copy what the model in ``folder`` lends into ``model``, which was built for it (``with_start``)."""
    match load_any(folder), model:
        case Contrast() as lent, Model():
            assert model.style is not None
            model.text.load_state_dict(lent.text.state_dict())
            kept = model.style.state_dict().keys()
            model.style.load_state_dict({k: v for k, v in lent.picture.state_dict().items() if k in kept})
            if lent.sketch is not None and isinstance(model.denoiser.net, Hybrid):
                assert model.denoiser.net.sketch is not None
                model.denoiser.net.sketch.load_state_dict(lent.sketch.state_dict())
        case VAE() as lent, Model():
            assert isinstance(model.codec, VAE)
            model.codec.load_state_dict(lent.state_dict())
        case lent, _:
            missing, unknown = model.load_state_dict(widened(lent.state_dict(), model), strict=False)
            assert not unknown
            assert all(name.startswith("denoiser.uncertainty.") for name in missing)


def widened(given: dict[str, Tensor], model: AnyModel) -> dict[str, Tensor]:
    """Weights of a network that is told nothing for the same one told what is known (at first by 0), or as they are."""
    net = model.denoiser.net if isinstance(model, Model) else None
    if not isinstance(net, Hybrid):
        return given
    weight = given[STEM]
    drawn = net.out.weight.shape[0]  # channels of a folded cell; what is told comes after them
    told = weight.new_zeros(len(weight), net.stem.weight.shape[1] - weight.shape[1], *weight.shape[2:])
    return given | {STEM: torch.cat([weight[:, :drawn], told, weight[:, drawn:]], dim=1)}
