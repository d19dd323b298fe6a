"""The content types of files: those that jobs write and those of the page; of pictures: ``media/formats.py``."""

from __future__ import annotations

JOB_FILES = {".png": "image/png", ".gif": "image/gif", ".html": "text/html; charset=utf-8", ".jpg": "image/jpeg",
             ".json": "application/json", ".jsonl": "application/jsonl"}  # fmt: skip
PAGE_FILES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".ico": "image/x-icon",
              ".woff2": "font/woff2", ".webp": "image/webp", ".jpg": "image/jpeg", ".json": "application/json",
              ".txt": "text/plain", ".webmanifest": "application/manifest+json", ".map": "application/json",
              ".svg": "image/svg+xml"}  # fmt: skip
EVENTS = "text/event-stream"
