"""Model folders: what comes back is what was saved, and anything else is refused before it is used."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.support.models import awake_model, tiny_config, tiny_model
from tests.support.saved import manifest_of, save_tiny, unet_config

from unfog.config.train import TrainConfig, UncertaintyConfig
from unfog.model.store import CARD, MANIFEST, VOCABULARY, WEIGHTS, load_model, manifest_json, read_manifest, save_model
from unfog.util.errors import ModelError, UsageError
from unfog.util.files import sha256_file


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("store") / "tiny")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def resign(folder: Path, **changes: Any) -> None:
    """Write a manifest that fits the files again, with ``changes``: what an attacker does."""
    record = manifest_json(folder) | changes
    for name, entry in record["files"].items():
        entry |= {"bytes": (folder / name).stat().st_size, "sha256": sha256_file(folder / name)}
    (folder / MANIFEST).write_text(json.dumps(record))


@pytest.mark.parametrize("config", [tiny_config(), unet_config()], ids=["hybrid", "unet"])
def test_weights_come_back_in_bfloat16_as_float32(tmp_path, config):
    model = awake_model(config, seed=3)
    save_model(model, tmp_path / "m", manifest_of(config), "# card\n")
    back = load_model(tmp_path / "m")
    assert back.config == config
    assert back.tokenizer.to_json() == model.tokenizer.to_json()
    assert not back.training
    assert not any(p.requires_grad for p in back.parameters())
    wanted = {name: tensor.to(torch.bfloat16).float() for name, tensor in model.state_dict().items()}
    found = back.state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())
    assert {tensor.dtype for tensor in load_file(tmp_path / "m" / WEIGHTS).values()} == {torch.bfloat16}
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == [CARD, WEIGHTS, VOCABULARY, MANIFEST]


def test_full_precision_is_bit_equal(tmp_path):
    model = awake_model(seed=4)
    save_model(model, tmp_path / "m", manifest_of(model.config), "", dtype=torch.float32)
    found = load_model(tmp_path / "m").state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in model.state_dict().items())


def test_what_only_training_needs_stays_out(tmp_path):
    model = tiny_model(train=TrainConfig(weight=UncertaintyConfig()))
    assert any(name.startswith("denoiser.uncertainty.") for name in model.state_dict())
    save_model(model, tmp_path / "m", manifest_of(model.config), "")
    assert not any("uncertainty" in name for name in load_file(tmp_path / "m" / WEIGHTS))
    load_model(tmp_path / "m")


def test_equal_models_have_equal_files(original, tmp_path):
    other = save_tiny(tmp_path / "again")
    assert manifest_json(original) == manifest_json(other)  # and so all hashes


def test_an_existing_folder_is_not_touched(folder):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    model = awake_model()
    with pytest.raises(UsageError, match="exists already"):
        save_model(model, folder, manifest_of(model.config), "")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="no file modes")
def test_files_can_be_read_by_whom_the_umask_says(tmp_path):
    before = os.umask(0o027)
    try:
        folder = save_tiny(tmp_path / "m")
    finally:
        os.umask(before)
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o640}


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, CARD])
def test_every_flipped_byte_is_found(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    assert read_manifest(folder, hashes=False).name == "tiny"  # what a list shows
    with pytest.raises(ModelError, match=f"{name} is damaged.*restore it"):
        load_model(folder)


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, CARD])
def test_a_truncated_or_missing_file_is_found_without_hashing(folder, name):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1])
    with pytest.raises(ModelError, match=f"{name} has {len(data) - 1} bytes instead of {len(data)}"):
        read_manifest(folder, hashes=False)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        load_model(folder)


def test_other_files_are_not_looked_at(folder):
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n")
    (folder / "modeling.py").write_text("raise SystemExit")
    assert load_model(folder).config.picture.size == 16


def test_links_are_followed_and_what_they_lead_to_is_checked(folder, tmp_path):
    weights = tmp_path / "elsewhere"
    (folder / WEIGHTS).rename(weights)
    (folder / WEIGHTS).symlink_to(weights)
    load_model(folder)
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(ModelError, match="is damaged"):
        load_model(folder)
    weights.unlink()
    with pytest.raises(ModelError, match="is missing"):
        load_model(folder)


@pytest.mark.parametrize("name", ["weights.pt", "weights.ckpt", "model.safetensors"])
def test_a_file_is_no_model_folder(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\x80\x04.")
    for read in (load_model, lambda p: read_manifest(p, hashes=False)):
        with pytest.raises(ModelError, match=r"is a file, not a model folder.*never unpickles"):
            read(path)


def test_a_folder_of_another_kind(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"has no unfog\.json"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "unfog.model/9"}, r"format = \"unfog.model/9\" is not allowed"),
        ({"unknown": 1}, "unknown = 1 is not allowed"),
        ({"name": "../x"}, "name = "),
        ({"caption_dropout": "NaN"}, "caption_dropout"),
    ],
)
def test_a_foreign_manifest(folder, changes, said):
    resign(folder, **changes)
    with pytest.raises(ModelError, match=said):
        read_manifest(folder, hashes=False)


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY])
def test_a_manifest_that_leaves_a_file_unchecked(folder, name):
    record = manifest_json(folder)
    del record["files"][name]
    (folder / MANIFEST).write_text(json.dumps(record))
    with pytest.raises(ModelError, match=f"gives no sha256 for {name}"):
        read_manifest(folder, hashes=False)


def test_weights_of_another_shape(folder):
    resign(folder, model=tiny_config().model_copy(update={"net": unet_config().net}).model_dump(mode="json"))
    with pytest.raises(ModelError, match=r"does not fit its unfog\.json") as caught:
        load_model(folder)
    assert len(str(caught.value)) < 600


def test_weights_that_are_no_safetensors(folder):
    (folder / WEIGHTS).write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    resign(folder)
    with pytest.raises(ModelError, match=r"does not fit its unfog\.json"):
        load_model(folder)


def test_a_missing_tensor(folder):
    tensors = load_file(folder / WEIGHTS)
    del tensors["text.norm.weight"]
    save_file(tensors, folder / WEIGHTS)
    resign(folder)
    with pytest.raises(ModelError, match=r"text\.norm\.weight"):
        load_model(folder)


@pytest.mark.parametrize("text", ["", "{}", "\udcff", '{"version": "1.0"}'])
def test_a_vocabulary_that_is_none(folder, text):
    (folder / VOCABULARY).write_bytes(text.encode("utf-8", "surrogateescape"))
    resign(folder)
    with pytest.raises(ModelError):
        load_model(folder)


def test_a_vocabulary_with_gaps_in_its_numbers(folder):
    record = json.loads((folder / VOCABULARY).read_text())
    last = max(record["model"]["vocab"], key=record["model"]["vocab"].__getitem__)
    record["model"]["vocab"][last] = 10**9
    (folder / VOCABULARY).write_text(json.dumps(record))
    resign(folder)
    with pytest.raises(ModelError, match="have gaps"):
        load_model(folder)


def test_a_configuration_that_cannot_be_built(folder):
    config = tiny_config().model_dump(mode="json")
    config["text"]["heads"] = 7
    resign(folder, model=config)
    with pytest.raises(ModelError, match="does not split into 7 heads"):
        load_model(folder)


@pytest.mark.parametrize("where", [("net", "core_depth"), ("net", "blocks"), ("text", "depth")])
def test_more_layers_than_weights_are_refused_before_they_are_built(folder, where):
    config = tiny_config().model_dump(mode="json")
    config[where[0]][where[1]] = 60_000
    resign(folder, model=config)
    with pytest.raises(ModelError, match=r"tensors for \d+ layers"):
        load_model(folder)
