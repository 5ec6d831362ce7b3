"""The server: the page, and what it asks for. It answers this machine alone, and changes nothing.

A browser that was sent here by another site is refused: the name of the host must be that of this
machine (DNS rebinding). Files go out as attachments, and only those that a manifest lists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from skeletonllm.errors import SkeletonLLMError, UsageError
from skeletonllm.viewer.blocks import to_json_bytes
from skeletonllm.viewer.pack import FINE_M, FPS, STEP_M, pack_motion
from skeletonllm.viewer.page import Bundle, make_bottom, make_top
from skeletonllm.viewer.served.finder import Finder
from skeletonllm.viewer.served.query import MOST_WINDOW, parse_query
from skeletonllm.viewer.served.shelf import Shelf

HOSTS = ("127.0.0.1", "localhost")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
Answer = Callable[[Request], Response]


class NotHere(SkeletonLLMError):
    """Nothing is at this address."""


def make_app(shelf: Shelf, bundle: Bundle) -> Starlette:
    """The server of a shelf.

    Args:
        shelf: What is shown.
        bundle: The application.
    """
    answers = _Answers(shelf, bundle)
    routes = {
        "/": answers.page,
        "/favicon.ico": answers.no_icon,  # browsers ask for one, and log an error without
        "/api/head": answers.head,
        "/api/query": answers.query,
        "/api/rows": answers.rows,
        "/api/texts": answers.texts,
        "/api/motion": answers.motion,
        "/api/picture": answers.picture,
        "/files/{path:path}": answers.file,
    }
    return Starlette(
        routes=[Route(path, _guard(answer), methods=["GET"]) for path, answer in routes.items()],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))],
    )


def _guard(answer: Answer) -> Answer:
    """An error of ours is an answer with its sentence; of any other only the kind is told."""

    def guarded(request: Request) -> Response:
        try:
            response = answer(request)
        except NotHere as error:
            response = _json({"error": str(error)}, 404)
        except SkeletonLLMError as error:
            response = _json({"error": str(error)}, 400)
        response.headers.update(_HEADERS)
        return response

    return guarded


def _json(data: Any, status: int = 200) -> Response:
    return Response(to_json_bytes(data), status, media_type="application/json")


class _Answers:
    def __init__(self, shelf: Shelf, bundle: Bundle) -> None:
        self._shelf, self._finder = shelf, Finder(shelf.rows, shelf.words)
        self._finder.prepare()
        self._head = shelf.make_head()
        facts = self._head["overview"]["facts"]
        top = make_top(shelf.title, facts, bundle, served=True)
        self._page = top + make_bottom(self._head, bundle)

    def page(self, request: Request) -> Response:
        del request
        return HTMLResponse(self._page)

    def no_icon(self, request: Request) -> Response:
        del request
        return Response(status_code=204)

    def head(self, request: Request) -> Response:
        del request
        return _json(self._head)

    def query(self, request: Request) -> Response:
        began = time.perf_counter()
        query = parse_query(request.query_params.get("q", "{}"))
        found = self._finder.find(query)
        took = round(1000 * (time.perf_counter() - began), 2)
        place = {} if query.place_of is None else {"place": found.place}
        rest = {"ms": took, "facets": found.facets}
        return _json({"total": found.total, "rows": found.rows, **place, **rest})

    def rows(self, request: Request) -> Response:
        words = request.query_params.get("at", "").split(",")
        if len(words) > MOST_WINDOW:
            raise UsageError(f"{len(words)} rows", expected=f"at most {MOST_WINDOW}")
        numbers = [self._read_row(word) for word in words if word]
        return _json({"rows": [self._shelf.rows.row(row) for row in numbers]})

    def texts(self, request: Request) -> Response:
        return _json(self._shelf.tell(self._row_of(request)))

    def motion(self, request: Request) -> Response:
        entry = self._shelf.read(self._row_of(request))
        if entry.clip is None:
            why = "" if entry.fault is None else f": {entry.fault.message}"
            raise NotHere(f"this clip cannot be read{why}")
        rate = request.query_params.get("fps", f"{FPS:g}")
        if rate not in ("full", f"{FPS:g}"):
            raise UsageError(f"fps {rate[:20]!r}", expected=f"full or {FPS:g}")
        full = rate == "full"
        packed = pack_motion(entry.clip.motion, None if full else FPS, FINE_M if full else STEP_M)
        return Response(packed, media_type="application/octet-stream")

    def picture(self, request: Request) -> Response:
        painter, row = self._shelf.painter, self._row_of(request)
        name = request.query_params.get("renderer", "")
        if painter is None or name not in painter.names:
            raise NotHere(f"no renderer {name[:80]!r} draws here")
        clip = self._shelf.read(row).clip
        if clip is None:
            raise NotHere("this clip cannot be read")
        frame = _read_number(request.query_params, "frame")
        return Response(painter.draw(row, clip, name, frame), media_type="image/png")

    def file(self, request: Request) -> Response:
        path, folder = request.path_params["path"], self._shelf.folder
        if folder is None or path not in self._shelf.files:
            raise NotHere("no such file")
        root = Path(folder).resolve()
        found = (root / path).resolve()
        if not (found.is_relative_to(root) and found.is_file()):
            raise NotHere("no such file")
        return FileResponse(found, media_type="application/octet-stream", filename=found.name)

    def _row_of(self, request: Request) -> int:
        return self._read_row(request.query_params.get("row", ""))

    def _read_row(self, text: str) -> int:
        row = _read_number({"row": text}, "row")
        if row >= len(self._shelf.rows):
            raise NotHere(f"no row {row}; there are {len(self._shelf.rows):,}")
        return row


def _read_number(words: Mapping[str, str], name: str) -> int:
    text = words.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise UsageError(f"{name} {text[:20]!r}", expected="a number from 0 on")
    return int(text)
