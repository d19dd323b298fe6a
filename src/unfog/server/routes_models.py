"""What the server is and what it can do: its limits and names, its models, and how a model reads a text."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from unfog import __version__
from unfog.config.ask import ASKS, GenerateAsk
from unfog.config.guide import GUIDES, GuideFact
from unfog.config.names import GRIDS, SAMPLERS
from unfog.config.sample import GridName, SamplerName
from unfog.jobs.abilities import abilities
from unfog.model.locate import Found
from unfog.server.answers import engine_of, fields_of, managed_by, owner_of
from unfog.server.described import object_of
from unfog.server.engine import Engine
from unfog.server.native_route import NativeRoute
from unfog.server.shapes import GuideNamed, GuideNumber, Most, Named, Queue, ServerFacts, Task

router = APIRouter(prefix="/api/v1", tags=["server"], route_class=NativeRoute)
TOKENS = object_of(
    prompt={"type": "string"}, negative={"type": "string"}, model={"anyOf": [{"type": "string"}, {"type": "null"}]}
)


@router.get("/server")
async def server(request: Request) -> JSONResponse:
    """Version, limits, and the names of everything that can be chosen."""
    engine, keys = engine_of(request), request.app.state.keys
    settings = engine.settings
    facts = ServerFacts(
        version=__version__,
        auth=keys.wanted,
        manages=keys.manages(owner_of(request)),
        limits=Most.parse(settings.limits.model_dump(include=set(Most.model_fields))),
        tasks=[task for task in get_args(Task) if settings.training or task != "train"],
        training=settings.training,
        refuses=bool(settings.refused),
        queue=Queue(waiting=len(engine.crew.line), running=len(engine.crew.working)),
        samplers=[Named(name=name, label=SAMPLERS[name].label) for name in get_args(SamplerName)],
        grids=[Named(name=name, label=GRIDS[name].label) for name in get_args(GridName)],
        guides=[GuideNamed(name=name, part=fact.part, number=number_of(fact)) for name, fact in GUIDES.items()],
    )
    return JSONResponse(facts.model_dump(mode="json"))


def number_of(fact: GuideFact) -> GuideNumber | None:
    """What is told of the number of a guide."""
    number = fact.number
    return None if number is None else GuideNumber(what=number.what, default=number.default, most=number.most)


@router.get("/models")
async def models(request: Request) -> JSONResponse:
    """The models that this owner may use."""
    engine = engine_of(request)
    known = engine.catalogue.of(owner_of(request))
    return JSONResponse({"models": [about(engine, name, found) for name, found in known.items()]})


def about(engine: Engine, name: str, found: Found) -> dict[str, Any]:
    """What is told of a model."""
    manifest = found.manifest
    able = abilities(manifest)
    return {
        "id": name,
        "sha256": found.id,
        "default": name == engine.catalogue.default,
        "pinned": name == engine.catalogue.default and engine.catalogue.pinned,
        "loaded": name in engine.loaded,
        "size": manifest.model.picture.size,
        "transparent": able["transparent"],
        "tasks": ["generate", "edit", "morph", "explain"],
        "recommended": manifest.sample.model_dump(mode="json"),
        "calibrated_steps": sorted({row.steps for row in manifest.calibrated}),
        "abilities": able,
        "concepts": able["names"] or [],
        "styles": able["styles"] or [],
        "examples": list(manifest.examples),
        "description": manifest.description,
        "licence": manifest.licence,
    }


@router.post("/models/{id}/use")
async def use(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Make a model the default one: it is loaded and draws two steps first; jobs that run keep theirs."""
    engine = managed_by(request)
    found = await engine.use(id)
    return JSONResponse(about(engine, id, found))


@router.delete("/models/{id}/use")
async def unuse(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Take that back: the default model, and whether words may choose, are as at the start; again changes nothing."""
    engine = managed_by(request)
    found = engine.catalogue.served(id)
    engine.catalogue.unuse(id)
    return JSONResponse(about(engine, id, found))


@router.post("/tokens", openapi_extra=TOKENS)
async def tokens(request: Request) -> JSONResponse:
    """How a model reads a prompt: its tokens, which are known, and what is cut off."""
    fields = await fields_of(request, model=(str, type(None)), prompt=str, negative=str)
    engine = engine_of(request)
    ask = GenerateAsk.parse({name: fields[name] for name in ("model", "prompt") if name in fields})
    found = engine.catalogue.of_ask(ask, owner_of(request))
    return JSONResponse(await engine.read_words(found, fields.get("prompt", ""), fields.get("negative", "")))


@router.get("/schema")
async def schema() -> JSONResponse:
    """The JSON schema of everything that can be asked for."""
    return JSONResponse(ASKS.json_schema())
