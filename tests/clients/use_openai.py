"""Runs in the clients' own environment: the openai SDK against a server, as its users write it.

    python use_openai.py URL KEY FOLDER       facts as JSON on standard output, pictures into FOLDER

FOLDER holds ``picture.png`` and ``mask.png`` already. Nothing of unfog is imported here.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

openai: Any = importlib.import_module("openai")
PROMPT = "two green stars above a red circle"
SAME = {"prompt": PROMPT, "size": "96x64", "n": 2}
EXTRA = {"seed": 7, "steps": 5, "negative_prompt": "blue", "guidance_scale": 2.5, "unfog": {"sampler": "DPM++ 2M"}}


def keep(folder: Path, name: str, answer: Any) -> list[str]:
    """Write the pictures of an answer, and name the files."""
    names = [f"{name}-{k}.png" for k in range(len(answer.data))]
    for file, one in zip(names, answer.data, strict=True):
        (folder / file).write_bytes(base64.b64decode(one.b64_json))
    return names


def error_of(call: Any) -> dict[str, Any]:
    """What a call that must fail raises."""
    try:
        call()
    except openai.APIStatusError as error:
        told = {key: getattr(error, key) for key in ("status_code", "code", "param", "type", "message")}
        return {"raised": type(error).__name__, "request_id": error.request_id, **told}
    except openai.APIError as error:
        return {"raised": type(error).__name__, "message": error.message, "code": error.code}
    return {"raised": None}


def pictures(client: Any, folder: Path) -> dict[str, Any]:
    """Generating, editing, varying."""
    made = client.images.generate(model="dall-e-3", quality="hd", user="me", extra_body=EXTRA, **SAME)
    raw = client.images.with_raw_response.generate(extra_body=EXTRA | {"colour": "red"}, **SAME)
    with (folder / "picture.png").open("rb") as picture, (folder / "mask.png").open("rb") as mask:
        extra = {"seed": 3, "unfog": {"steps": 4}}
        edited = client.images.edit(image=picture, mask=mask, prompt="a red circle", extra_body=extra)
    whole = client.images.edit(image=("p.png", (folder / "picture.png").read_bytes()), prompt="a red circle")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        varied = client.images.create_variation(image=(folder / "picture.png").open("rb"), n=2, size="256x256")
    linked = client.images.generate(prompt=PROMPT, size="64x64", response_format="url", extra_body={"steps": 1})
    return {
        "generate": keep(folder, "generate", made),
        "generated": {"kind": type(made).__name__, "size": made.size, "format": made.output_format},
        "seeds": [one.unfog["seed"] for one in made.data],
        "ignored": raw.headers["x-unfog-ignored"],
        "again": keep(folder, "again", raw.parse()),
        "edit": keep(folder, "edit", edited),
        "whole": keep(folder, "whole", whole),
        "variations": keep(folder, "variations", varied),
        "url": linked.data[0].url[:22],
        "models": [(model.id, model.owned_by) for model in client.models.list()],
        "model": client.models.retrieve("scenes-32").id,
    }


def streams(client: Any, folder: Path) -> dict[str, Any]:
    """Partial pictures, and the whole one, synchronous and not."""
    same = {"prompt": PROMPT, "size": "96x64", "stream": True, "partial_images": 2}
    told = list(client.images.generate(extra_body={"seed": 7, "steps": 24}, **same))
    for k, event in enumerate(told):
        (folder / f"stream-{k}.png").write_bytes(base64.b64decode(event.b64_json))
    edits = list(
        client.images.edit(
            image=(folder / "picture.png").open("rb"), prompt="a red circle", stream=True, partial_images=1
        )
    )

    async def later() -> list[str]:
        async with openai.AsyncOpenAI(base_url=client.base_url, api_key=client.api_key) as other:
            stream = await other.images.generate(extra_body={"seed": 7, "steps": 2}, **same)
            return [event.type async for event in stream]

    return {
        "stream": [(type(event).__name__, event.type, event.size) for event in told],
        "edit_stream": [event.type for event in edits],
        "async_stream": asyncio.run(later()),
        "streamed_error": error_of(
            lambda: list(client.images.generate(extra_body={"unfog": {"sampler": "no"}}, **same))
        ),
    }


def errors(client: Any, folder: Path) -> dict[str, Any]:
    """Every failure as the exception that their users expect."""
    small = {"prompt": "x", "size": "64x64"}
    picture = (folder / "picture.png").read_bytes()

    def edit(**fields: Any) -> Any:
        return client.images.edit(**{"image": ("p.png", picture), "prompt": "x", **fields})

    other = client.with_options(api_key="a wrong key that is long enough")
    return {
        "size": error_of(lambda: client.images.generate(prompt="x", size="big")),
        "n": error_of(lambda: client.images.generate(n=11, **small)),
        "model": error_of(lambda: client.images.generate(model="nobody", **small)),
        "retrieve": error_of(lambda: client.models.retrieve("nobody")),
        "long": error_of(lambda: client.images.generate(prompt="x" * 5000)),
        "unknown": error_of(lambda: client.images.generate(extra_body={"unfog": {"stpes": 1}}, **small)),
        "steps": error_of(lambda: client.images.generate(extra_body={"steps": 10**6}, **small)),
        "picture": error_of(lambda: edit(image=("p.png", b"no picture"))),
        "mask": error_of(lambda: edit(mask=("m.png", picture))),
        "address": error_of(
            lambda: client.post(
                "/images/edits",
                body={"prompt": "x", "images": [{"image_url": "https://example.com/a.png"}]},
                cast_to=object,
            )
        ),
        "key": error_of(other.models.list),
    }


def retries(client: Any) -> dict[str, Any]:
    """A full queue: refused at once without retries, and patiently done with them."""
    blocking = [threading.Thread(target=occupy, args=(client,)) for _ in range(3)]
    for thread in blocking:
        thread.start()
        time.sleep(0.3)
    once = client.with_options(max_retries=0)
    small: Any = {"prompt": "x", "size": "64x64", "extra_body": {"steps": 1}}
    refused = error_of(lambda: once.images.generate(**small))
    patient = client.with_options(max_retries=12)
    raw = patient.images.with_raw_response.generate(**small)
    for thread in blocking:
        thread.join()
    return {"full": refused, "retries": raw.retries_taken, "patient": len(raw.parse().data)}


def occupy(client: Any) -> None:
    """Ask for much; whether it is taken does not matter."""
    error_of(lambda: client.with_options(max_retries=0).images.generate(prompt="x", n=3, extra_body={"steps": 40}))


def main() -> None:
    url, key, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, timeout=300)
    facts = pictures(client, folder) | streams(client, folder) | {"errors": errors(client, folder)} | retries(client)
    print(json.dumps(facts))  # noqa: T201


if __name__ == "__main__":
    main()
