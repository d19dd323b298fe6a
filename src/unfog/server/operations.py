"""What every route reads and answers, by its name in the document: the table that ``document.py`` puts into it.

An answer is a class (JSON of these fields), a content type (a file), ``NoneType`` (JSON's null), ``None`` (nothing at
all), or several of them.
"""

from __future__ import annotations

from types import NoneType
from typing import Any

from unfog.media.formats import MIME
from unfog.server import client_shapes as theirs
from unfog.server import shapes
from unfog.server.a1111_extras import Extra
from unfog.server.a1111_fields import Img2Img, Txt2Img
from unfog.server.content_types import EVENTS, JOB_FILES, PAGE_FILES
from unfog.server.openai_fields import Fields
from unfog.server.states import FileState

Json = dict[str, Any]
ANSWERS: dict[str, dict[int, Any]] = {
    "get /healthz": {200: shapes.Status},
    "get /readyz": {200: shapes.Status, 503: shapes.Status},
    "get /metrics": {200: "text/plain"},
    "get /v2/health/live": {200: shapes.Live},
    "get /v2/health/ready": {200: shapes.Ready, 503: shapes.Ready},
    "get /v2/models/{name}/ready": {200: shapes.ModelReady, 503: shapes.ModelReady},
    "get /api/v1/server": {200: shapes.ServerFacts},
    "get /api/v1/models": {200: shapes.Models},
    "post /api/v1/models/{id}/use": {200: shapes.ModelFacts},
    "delete /api/v1/models/{id}/use": {200: shapes.ModelFacts},
    "post /api/v1/tokens": {200: shapes.Tokens},
    "get /api/v1/schema": {200: Json},
    "post /api/v1/jobs": {202: shapes.Job},
    "get /api/v1/jobs": {200: shapes.Jobs},
    "get /api/v1/jobs/{id}": {200: shapes.Job},
    "delete /api/v1/jobs/{id}": {200: shapes.Job},
    "post /api/v1/jobs/{id}/pause": {200: shapes.Job},
    "post /api/v1/jobs/{id}/resume": {200: shapes.Job},
    "get /api/v1/jobs/{id}/events": {200: EVENTS},
    "get /api/v1/jobs/{id}/files/{name}": {200: tuple(JOB_FILES.values())},
    "get /api/v1/pictures": {200: shapes.Pictures},
    "post /api/v1/pictures/archive": {200: "application/zip"},
    "get /api/v1/pictures/{id}": {200: shapes.Picture},
    "get /api/v1/pictures/{id}/file": {200: "image/png"},
    "get /api/v1/pictures/{id}/thumb": {200: "image/webp"},
    "patch /api/v1/pictures/{id}": {200: shapes.Picture},
    "delete /api/v1/pictures/{id}": {200: shapes.Picture},
    "post /api/v1/pictures/{id}/restore": {200: shapes.Picture},
    "post /api/v1/files": {201: FileState},
    "get /api/v1/files/{id}": {200: tuple(MIME.values())},
    "post /api/v1/recall": {200: shapes.Recalled},
    "get /api/v1/training/folders": {200: shapes.Roots},
    "post /api/v1/training/check": {200: shapes.Checked},
    "get /": {200: "text/html", 303: None, 404: "text/plain"},
    "get /assets/{name}": {200: tuple(sorted(set(PAGE_FILES.values())))},
    "get /licences.txt": {200: "text/plain"},
    "get /v1/models": {200: theirs.OpenAIModels},
    "get /v1/models/{name}": {200: theirs.OpenAIModel},
    "post /v1/images/generations": {200: (theirs.OpenAIPictures, EVENTS)},
    "post /v1/images/edits": {200: (theirs.OpenAIPictures, EVENTS)},
    "post /v1/images/variations": {200: (theirs.OpenAIPictures, EVENTS)},
    "post /sdapi/v1/txt2img": {200: theirs.A1111Pictures},
    "post /sdapi/v1/img2img": {200: theirs.A1111Pictures},
    "get /sdapi/v1/progress": {200: theirs.A1111Progress},
    "post /sdapi/v1/interrupt": {200: Json},
    "post /sdapi/v1/skip": {200: NoneType},
    "post /internal/progress": {200: theirs.A1111Watched},
    "get /internal/pending-tasks": {200: theirs.A1111Pending},
    "get /internal/ping": {200: Json},
    "post /sdapi/v1/png-info": {200: theirs.A1111Said},
    "post /sdapi/v1/extra-single-image": {200: theirs.A1111Larger},
    "get /sdapi/v1/samplers": {200: list[theirs.A1111Sampler]},
    "get /sdapi/v1/schedulers": {200: list[theirs.A1111Scheduler]},
    "get /sdapi/v1/upscalers": {200: list[theirs.A1111Upscaler]},
    "get /sdapi/v1/sd-models": {200: list[theirs.A1111Model]},
    "get /sdapi/v1/scripts": {200: theirs.A1111Scripts},
    "get /sdapi/v1/script-info": {200: list[theirs.A1111Script]},
    "get /sdapi/v1/memory": {200: theirs.A1111Memory},
    "get /sdapi/v1/options": {200: theirs.A1111Options},
    "post /sdapi/v1/options": {200: NoneType},
    "get /sdapi/v1/{name}": {200: list[Json] | Json},
    "post /sdapi/v1/{name}": {200: NoneType},
}
ASKED: dict[str, Any] = {
    "post /v1/images/generations": theirs.Generation,
    "post /v1/images/edits": theirs.Edit,
    "post /v1/images/variations": theirs.Variation,
    "post /sdapi/v1/txt2img": Txt2Img,
    "post /sdapi/v1/img2img": Img2Img,
    "post /sdapi/v1/extra-single-image": Extra,
    "post /sdapi/v1/png-info": theirs.A1111File,
    "post /sdapi/v1/options": theirs.A1111Settings,
    "post /internal/progress": theirs.A1111Watch,
}
"""JSON that is read by the routes of other programs' clients; ours say it themselves."""
FORMS: dict[str, Any] = {"post /v1/images/edits": theirs.Generation, "post /v1/images/variations": Fields}
"""Forms that are read as well, beside their pictures."""
