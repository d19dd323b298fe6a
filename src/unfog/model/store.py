"""Models on disk: a folder with ``unfog.json`` (the manifest), safetensors, the vocabulary and a card. Never pickle.

The manifest holds the whole configuration, what the model was trained on and with, recommended sampling settings,
metrics with their sample counts, and the sha256 of every file; it is written last, so a folder is complete or absent.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from unfog.codec.vae import VAE
from unfog.config.faults import explain
from unfog.config.manifest import Manifest
from unfog.config.model import (
    WORDLESS,
    AnyModelConfig,
    ContrastConfig,
    HybridConfig,
    ModelConfig,
    UNetConfig,
    UpscaleConfig,
    VAEConfig,
)
from unfog.model.build import AnyModel, build_any
from unfog.model.model import Model
from unfog.nets.upscaler import Upscaler
from unfog.text.contrast import Contrast
from unfog.text.reading import reading_of
from unfog.text.tokenizer import Tokenizer
from unfog.util.errors import ModelError
from unfog.util.files import commit_directory, verify_directory

MANIFEST = "unfog.json"
WEIGHTS = "model.safetensors"
VOCABULARY = "tokenizer.json"
CARD = "README.md"
UPSCALER = "upscaler"  # a model folder inside a model folder: what doubles the pictures of the outer model
DOES = {
    "diffusion": "draws pictures",
    "contrast": "compares texts with pictures",
    "upscale": "doubles pictures",
    "vae": "makes pictures smaller",
}
NOTICE = "NOTICE.txt"  # whose work the pictures were that it was trained on
VOCABULARY_LIMIT = 16 * 2**20  # bytes; 65,536 tokens with their merges take about 5 MB


def save_model(
    model: AnyModel,
    target: Path,
    manifest: Manifest,
    card: str,
    *,
    dtype: torch.dtype = torch.bfloat16,
    upscaler: Path | None = None,
    notice: str = "",
) -> None:
    """Write a model folder atomically; ``notice`` becomes ``NOTICE.txt``, if there is one.

    Args:
        upscaler: folder of a model that doubles pictures, to be put inside.

    Raises:
        UsageError: ``target`` exists.
        DiskError: the disk is full; nothing is left behind.
    """
    tensors = {name: tensor.to(dtype).contiguous() for name, tensor in weights(model).items()}

    def write(folder: Path) -> None:
        save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})  # several entries are written in any order
        (folder / WEIGHTS).chmod(0o666 & ~umask())  # safetensors writes mode 0600 whatever the umask
        if isinstance(model, Model | Contrast):
            (folder / VOCABULARY).write_text(model.tokenizer.to_json(), encoding="utf-8")
        if upscaler is not None:
            shutil.copytree(upscaler, folder / UPSCALER)
        (folder / CARD).write_text(card, encoding="utf-8")
        if notice:
            (folder / NOTICE).write_text(notice, encoding="utf-8")

    commit_directory(target, write, manifest=MANIFEST, facts=manifest.model_dump(mode="json", exclude_none=True))


def republish(source: Path, target: Path, manifest: Manifest, card: str) -> None:
    """Write a model folder with the files of another and a manifest and a card of its own.

    Raises:
        UsageError: ``target`` exists.
        ModelError: ``source`` is damaged.
        DiskError: the disk is full; nothing is left behind.
    """
    files = read_manifest(source, hashes=True).files

    def write(folder: Path) -> None:
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, folder / name)
        (folder / CARD).write_text(card, encoding="utf-8")

    facts = manifest.model_dump(mode="json", exclude_none=True, exclude={"files"})
    commit_directory(target, write, manifest=MANIFEST, facts=facts)


def weights(model: AnyModel) -> dict[str, Tensor]:
    """What a model folder holds of a model: all but what only training needs, the learned loss weight."""
    held = model.state_dict()
    return {name: tensor.detach() for name, tensor in held.items() if not name.startswith("denoiser.uncertainty.")}


def count(model: AnyModel) -> int:
    """Numbers in the weights file of a model."""
    return sum(tensor.numel() for tensor in weights(model).values())


def read_manifest(folder: Path, *, hashes: bool) -> Manifest:
    """The manifest of a model folder, checked against its files.

    Raises:
        ModelError: not a model folder, a file missing or damaged, or a manifest this version does not understand.
    """
    if folder.is_file():
        raise ModelError(
            f"{folder} is a file, not a model folder: unfog loads folders with {MANIFEST} and safetensors,"
            " and never unpickles .pt/.ckpt files; convert the weights to safetensors first"
        )
    if not (folder / MANIFEST).is_file():
        raise ModelError(f"{folder} is not a model folder: it has no {MANIFEST}")
    record = verify_directory(folder, hashes=hashes, manifest=MANIFEST)
    try:
        manifest = Manifest.model_validate(record)
    except ValidationError as error:
        raise ModelError(f"{folder / MANIFEST}: {explain(error, record, Manifest)}") from None
    words = set[str]() if isinstance(manifest.model, WORDLESS) else {VOCABULARY}
    if unchecked := ({WEIGHTS} | words) - record["files"].keys():
        raise ModelError(
            f"{folder / MANIFEST} gives no sha256 for {min(unchecked)}; restore the folder from its source"
        )
    return manifest


def load_model(folder: Path, *, device: torch.device | None = None) -> Model:
    """A model that draws, from its folder; see ``load_any``.

    Raises:
        ModelError: as ``load_any``, or a model that does something else.
    """
    model = load_any(folder, device=device)
    if not isinstance(model, Model):
        raise ModelError(f"{folder} holds a model that {does(folder)}; it draws none")
    return model


def load_contrast(folder: Path, *, device: torch.device | None = None) -> Contrast:
    """A model that compares texts with pictures, from its folder; see ``load_any``.

    Raises:
        ModelError: as ``load_any``, or a model that does something else.
    """
    model = load_any(folder, device=device)
    if not isinstance(model, Contrast):
        raise ModelError(f"{folder} holds a model that {does(folder)}; train one that compares with --preset contrast")
    return model


def load_vae(folder: Path) -> VAE:
    """A model that makes pictures smaller, on the CPU; see ``load_any``.

    Raises:
        ModelError: as ``load_any``, or a model that does something else.
    """
    model = load_any(folder)
    if not isinstance(model, VAE):
        raise ModelError(f"{folder} holds a model that {does(folder)}; train one that does with --preset vae")
    return model


def load_upscaler(folder: Path, manifest: Manifest) -> Upscaler | None:
    """What doubles the pictures of the model in ``folder``, on the CPU; ``None`` if it brings nothing of the kind.

    Raises:
        ModelError: as ``load_any``, or a model that does something else, or has other channels.
    """
    if f"{UPSCALER}/{MANIFEST}" not in manifest.files:
        return None
    inner = folder / UPSCALER
    model = load_any(inner)
    if not isinstance(model, Upscaler) or model.channels != manifest.model.picture.channels:
        raise ModelError(f"{inner} does not double pictures of {manifest.model.picture.channels} channels; remake it")
    return model


def does(folder: Path) -> str:
    """What the model in a folder does, in words."""
    return DOES[read_manifest(folder, hashes=False).model.kind]


def load_any(folder: Path, *, device: torch.device | None = None) -> AnyModel:
    """Read a model folder, verifying every file against the manifest; weights become float32, evaluation mode.

    Raises:
        ModelError: as ``read_manifest``, or weights that do not fit the configuration.
    """
    manifest = read_manifest(folder, hashes=True)
    try:
        tokenizer = None if isinstance(manifest.model, WORDLESS) else read_vocabulary(folder, manifest.model)
        stored = load_file(folder / WEIGHTS)
        if layers(manifest.model) > len(stored):  # a few bytes could ask for more layers than memory holds
            raise ValueError(f"{len(stored)} tensors for {layers(manifest.model)} layers")
        model = build_any(manifest.model, tokenizer)
        model.load_state_dict({name: tensor.float() for name, tensor in stored.items()}, assign=True)
    except ModelError:
        raise
    except (ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().rpartition("\n")[2].strip()
        made = "" if manifest.training is None else f" ({manifest.training.code})"
        raise ModelError(
            f"{folder} does not fit its {MANIFEST}: {reason}; restore it from its source, or use the version of unfog"
            f" that made it{made}"
        ) from None
    if isinstance(model, Model) and manifest.knows is not None:
        model.reading = reading_of(manifest.knows)
    return model.to(device or torch.device("cpu")).eval().requires_grad_(False)


def read_vocabulary(folder: Path, config: ModelConfig | ContrastConfig) -> Tokenizer:
    """The vocabulary of a model that reads text.

    Raises:
        ModelError: it is far too large. ValueError: it is no vocabulary.
    """
    path, text = folder / VOCABULARY, config.text
    if (size := path.stat().st_size) > VOCABULARY_LIMIT:
        raise ModelError(f"{path} has {size} bytes; more than {VOCABULARY_LIMIT} cannot be genuine")
    tokenizer = Tokenizer.from_json(path.read_text(encoding="utf-8"), text.max_tokens, text.buckets)
    if max(tokenizer.tokens.get_vocab().values(), default=0) >= tokenizer.size:
        raise ValueError("the numbers of its tokens have gaps")
    return tokenizer


def layers(config: AnyModelConfig) -> int:
    """A lower bound of the number of blocks; each has several tensors."""
    if isinstance(config, UpscaleConfig):
        return config.depth
    if isinstance(config, VAEConfig):
        return config.encoder + config.decoder
    if isinstance(config, ContrastConfig):
        return config.text.depth + config.encoder.depth
    match config.net:
        case HybridConfig() as net:
            return config.text.depth + net.core_depth + 2 * net.blocks * len(net.widths)
        case UNetConfig() as net:
            return config.text.depth + 2 * net.blocks * len(net.widths)


def umask() -> int:
    """The process's file mode mask (reading it means setting it)."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def manifest_json(folder: Path) -> dict[str, Any]:
    """The manifest as stored, for showing; verified by size only."""
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
