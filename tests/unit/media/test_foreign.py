"""What other programs write into their pictures, and what strangers could."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unfog.media.foreign import Said, from_infotext, read_foreign
from unfog.media.infotext import read_infotext
from unfog.util.errors import RecipeError

INFOTEXT = (
    "a cat, 日本 <script>\nNegative prompt: dog\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0,"
    ' Seed: 1, Size: 64x48, Model hash: 0123abcdef, Model: "x, y: z", Version: unfog-0.1'
)
GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208700286, "steps": 20, "cfg": 8.0, "sampler_name": "dpmpp_2m", "scheduler": "karras",
            "denoise": 0.5, "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
    "10": {"class_type": "LoraLoader", "inputs": {"model": ["4", 0], "clip": ["4", 1]}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 384, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["11", 0], "clip": ["10", 1]}},
    "11": {"class_type": "PrimitiveString", "inputs": {"value": "a galaxy in a bottle"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark", "clip": ["10", 1]}},
}  # fmt: skip
NEWER = {
    "1": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {
            "noise": ["2", 0],
            "guider": ["3", 0],
            "sampler": ["4", 0],
            "sigmas": ["5", 0],
            "latent_image": ["6", 0],
        },
    },
    "2": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7}},
    "3": {"class_type": "BasicGuider", "inputs": {"model": ["8", 0], "conditioning": ["9", 0]}},
    "4": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "5": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 4, "model": ["8", 0]}},
    "6": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 1024}},
    "8": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux.safetensors"}},
    "9": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["10", 0], "guidance": 3.5}},
    "10": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["8", 0]}},
}
INVOKE = {
    "generation_mode": "txt2img", "positive_prompt": "a fox", "negative_prompt": "fog", "width": 512, "height": 768,
    "seed": 4294967295, "cfg_scale": 7.5, "cfg_rescale_multiplier": 0.3, "steps": 30, "scheduler": "euler",
    "model": {"name": "Juggernaut", "hash": "blake3:abc", "base": "sdxl"}, "strength": 0.7,
}  # fmt: skip
FOOOCUS = {
    "prompt": "a fox", "negative_prompt": "", "seed": "123", "resolution": "(1152, 896)", "guidance_scale": 4,
    "steps": 30, "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "base_model": "jugg",
    "base_model_hash": "1234567890",
}  # fmt: skip
NOVEL = {"uc": "lowres", "steps": 28, "sampler": "k_euler", "scale": 11.0, "seed": 99, "width": 640, "height": 640}


def read(texts: dict[str, Any]) -> Said:
    said = read_foreign({key: value if isinstance(value, str) else json.dumps(value) for key, value in texts.items()})
    assert said is not None
    return said


def test_the_web_ui():
    said = read({"parameters": INFOTEXT})
    assert (said.source, said.prompt, said.negative) == ("a1111", "a cat, 日本 <script>", "dog")
    assert (said.seed, said.steps, said.guidance, said.size) == (1, 20, 7.0, (64, 48))
    assert (said.sampler, said.grid, said.model, said.model_hash) == ("DPM++ 2M", "Karras", "x, y: z", "0123abcdef")
    assert dict(said.more) == {"Version": "unfog-0.1"}
    assert read({"comment": INFOTEXT}) == said  # of a JPEG
    assert read({"parameters": INFOTEXT, "fooocus_scheme": "a1111"}).source == "fooocus"


def test_comfyui_follows_the_links():
    said = read({"prompt": GRAPH, "workflow": "{}"})
    assert said == Said(
        "comfyui", prompt="a galaxy in a bottle", negative="watermark", seed=156680208700286, steps=20, guidance=8.0,
        sampler="dpmpp_2m", grid="karras", size=(512, 384), model="sd15.safetensors", more={"denoise": "0.5"},
    )  # fmt: skip
    newer = read({"prompt": NEWER})
    assert (newer.prompt, newer.seed, newer.steps, newer.sampler) == ("a fox", 7, 4, "euler")
    assert (newer.size, newer.model, newer.guidance) == ((1024, 1024), "flux.safetensors", None)


def test_a_graph_that_goes_round_in_circles_ends():
    ring = {
        "1": {"inputs": {"latent_image": ["2", 0], "sampler_name": "euler", "positive": ["2", 0], "model": ["3", 0]}},
        "2": {"inputs": {"text": ["2", 0], "samples": ["2", 0]}},
        "3": {"inputs": {"model": ["3", 0]}},
    }
    said = read({"prompt": ring})
    assert (said.prompt, said.model, said.size) == ("", None, None)
    with pytest.raises(RecipeError, match="no node of this ComfyUI graph"):
        read({"prompt": {"1": {"inputs": {}}, "2": 3}})


def test_invokeai_fooocus_and_novelai():
    said = read({"invokeai_metadata": INVOKE})
    assert (said.source, said.prompt, said.size, said.model, said.rescale) == (
        "invokeai",
        "a fox",
        (512, 768),
        "Juggernaut",
        0.3,
    )
    said = read({"parameters": FOOOCUS, "fooocus_scheme": "fooocus"})
    assert (said.source, said.seed, said.size, said.guidance, said.model_hash) == (
        "fooocus",
        123,
        (1152, 896),
        4.0,
        "1234567890",
    )
    said = read({"Software": "NovelAI", "Description": "a fox", "Comment": NOVEL})
    assert (said.source, said.prompt, said.negative, said.guidance, said.size) == (
        "novelai",
        "a fox",
        "lowres",
        11.0,
        (640, 640),
    )


def test_nothing_said_is_nothing_understood():
    assert read_foreign({}) is None
    assert read_foreign({"Author": "somebody"}) is None


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a": ' + "[" * 100 + "]" * 100 + "}", '"x"', "{" + '"a":1,' * 200_000 + '"b":2}']
)
def test_what_no_program_writes_is_refused(text):
    with pytest.raises(RecipeError):
        read_foreign({"invokeai_metadata": text})


@pytest.mark.parametrize(
    "resolution",
    ["__import__('os').system('touch /x')", "(1, )", "1152", "(9**9**9, 1)", "(nan, inf)", "(1e400, 8)", ""],
)
def test_a_size_is_never_evaluated(resolution):
    assert read({"parameters": FOOOCUS | {"resolution": resolution}, "fooocus_scheme": "fooocus"}).size is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([GRAPH, NEWER, INVOKE, FOOOCUS, NOVEL]), st.data())
@settings(max_examples=50, deadline=None)
def test_any_value_in_any_place_is_understood_or_left_out(known, data):
    def spoilt(value: Any) -> Any:
        if data.draw(st.integers(0, 9)) == 0:
            return data.draw(VALUES)
        if isinstance(value, dict):
            return {key: spoilt(inner) for key, inner in value.items()}
        return [spoilt(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(spoilt(known))
    for key in ("invokeai_metadata", "prompt", "parameters"):
        try:
            said = read_foreign({key: text})
        except RecipeError:
            continue
        if said is not None:
            assert said.seed is None or 0 <= said.seed < 2**64
            assert said.steps is None or 1 <= said.steps <= 1000
            assert said.size is None or all(8 <= side <= 4096 for side in said.size)
            assert len(said.prompt) <= 4096
            assert said.sampler is None or said.sampler.isprintable()


@given(st.text(max_size=200))
@settings(max_examples=30, deadline=None)
def test_any_text_is_some_infotext(text):
    assert from_infotext(read_infotext(text)).source == "a1111"
