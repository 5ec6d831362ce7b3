"""A Hugging Face Hub on 127.0.0.1, as far as publishing asks it, which fails as it is told to.

It keeps whole trees a commit, takes large files by the LFS protocol, and answers in the forms that
``huggingface_hub`` reads. What no test here can show: Xet, which asks other servers, and accounts.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

LARGE = (".tar", ".parquet")
Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Repository:
    """A dataset: commits from the first to the last, each a whole tree, and tags."""

    private: bool
    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def find(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        sha = self.tags.get(revision, revision)
        if sha == "main":
            return self.commits[-1]
        return next((commit for commit in self.commits if commit[0] == sha), None)

    def add(self, tree: dict[str, bytes], message: str) -> str:
        sha = hashlib.sha1(f"{len(self.commits)} {message}".encode()).hexdigest()
        self.commits.append((sha, tree))
        self.messages.append(message)
        return sha


class FakeHub:
    """While the block lasts.

    Attributes:
        url: For HF_ENDPOINT.
        repositories: By ``ORG/NAME``.
        asked: ``METHOD path`` of each request.
        sent: Bytes of large files that came.
    """

    def __init__(self) -> None:
        self.url = ""
        self.repositories: dict[str, Repository] = {}
        self.asked: list[str] = []
        self.sent = 0
        self._objects: dict[str, bytes] = {}
        self._plan: list[tuple[str, str]] = []

    def plan(self, *faults: tuple[str, str]) -> None:
        """Faults to come: a part of ``METHOD path`` each, and what happens to such a request.

        ``500`` or another status answers so; ``reset`` drops the connection; ``lost`` does what was
        asked, and drops the connection then.
        """
        self._plan = list(faults)

    @property
    def planned(self) -> int:
        """Faults that have not happened yet."""
        return len(self._plan)

    def __enter__(self) -> FakeHub:
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake hub", daemon=True)
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        app = web.Application(middlewares=[self._spoil], client_max_size=1 << 30)
        repo = r"/{org:[^/]+}/{name:[^/]+}"
        app.add_routes(
            [
                web.post("/api/repos/create", self._create),
                web.post("/api/validate-yaml", self._validate),
                web.get(f"/api/datasets{repo}", self._info),
                web.get(f"/api/datasets{repo}/refs", self._refs),
                web.get(f"/api/datasets{repo}/tree/{{revision}}", self._tree),
                web.post(f"/api/datasets{repo}/preupload/{{revision}}", self._preupload),
                web.post(f"/api/datasets{repo}/commit/{{revision}}", self._commit),
                web.post(f"/api/datasets{repo}/tag/{{revision}}", self._tag),
                web.post(f"/datasets{repo}.git/info/lfs/objects/batch", self._batch),
                web.put("/lfs/{oid}", self._put),
                web.post("/lfs/{oid}/verify", self._verify),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._ready.set()
            await self._stop.wait()
        finally:
            await runner.cleanup()

    @web.middleware
    async def _spoil(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        asked = f"{request.method} {request.path}"
        self.asked.append(asked)
        fault = None
        if self._plan and self._plan[0][0] in asked:
            _, fault = self._plan.pop(0)
        if fault is not None and fault.isdigit():
            return web.json_response({"error": "as it was told to"}, status=int(fault))
        if fault != "reset":
            answer = await handler(request)
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return web.Response() if fault else answer

    def _find(self, request: web.Request) -> Repository:
        name = "{org}/{name}".format(**request.match_info)
        if name not in self.repositories:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RepoNotFound"})
        return self.repositories[name]

    async def _create(self, request: web.Request) -> web.Response:
        data = await request.json()
        assert data["type"] == "dataset"
        name = f"{data['organization']}/{data['name']}"
        if name in self.repositories:
            there = {"error": "it exists", "url": f"{self.url}/datasets/{name}"}
            return web.json_response(there, status=409)
        made = Repository(data.get("visibility") == "private")
        made.add({".gitattributes": b"*.tar filter=lfs\n"}, "initial commit")
        self.repositories[name] = made
        return web.json_response({"url": f"{self.url}/datasets/{name}", "name": name})

    async def _validate(self, request: web.Request) -> web.Response:
        content = (await request.json())["content"]
        assert content.startswith("---\n")
        return web.json_response({"errors": [], "warnings": []})

    async def _info(self, request: web.Request) -> web.Response:
        found = self._find(request)
        name = "{org}/{name}".format(**request.match_info)
        sha = found.commits[-1][0]
        return web.json_response({"id": name, "sha": sha, "private": found.private, "tags": []})

    async def _refs(self, request: web.Request) -> web.Response:
        found = self._find(request)
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": found.commits[-1][0]}
        tags = [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": sha}
            for name, sha in found.tags.items()
        ]
        return web.json_response({"branches": [main], "tags": tags, "converts": []})

    async def _tree(self, request: web.Request) -> web.Response:
        found = self._find(request).find(request.match_info["revision"])
        assert request.query["recursive"] == "true"
        if found is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RevisionNotFound"})
        folders = {path.rpartition("/")[0] for path in found[1]} - {""}
        listed = [{"type": "directory", "path": path, "oid": "0" * 40} for path in sorted(folders)]
        listed += [_describe(path, data) for path, data in sorted(found[1].items())]
        return web.json_response(listed)

    async def _preupload(self, request: web.Request) -> web.Response:
        self._find(request)
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for file in (await request.json())["files"]
        ]
        return web.json_response({"files": files})

    async def _batch(self, request: web.Request) -> web.Response:
        self._find(request)
        objects = []
        for item in (await request.json())["objects"]:
            own: dict[str, Any] = {"oid": item["oid"], "size": item["size"]}
            if item["oid"] not in self._objects:
                place = f"{self.url}/lfs/{item['oid']}"
                own["actions"] = {"upload": {"href": place}, "verify": {"href": f"{place}/verify"}}
            objects.append(own)
        return web.json_response({"transfer": "basic", "objects": objects})

    async def _put(self, request: web.Request) -> web.Response:
        data = await request.read()
        self.sent += len(data)
        oid = request.match_info["oid"]
        if hashlib.sha256(data).hexdigest() != oid:
            return web.json_response({"error": "other bytes"}, status=400)
        self._objects[oid] = data
        return web.Response()

    async def _verify(self, request: web.Request) -> web.Response:
        data = await request.json()
        there = self._objects.get(data["oid"])
        right = there is not None and len(there) == data["size"]
        return web.json_response({}, status=200 if right else 404)

    async def _commit(self, request: web.Request) -> web.Response:
        found = self._find(request)
        lines = [json.loads(line) for line in (await request.read()).splitlines()]
        head, tree = found.commits[-1]
        (header,) = [line["value"] for line in lines if line["key"] == "header"]
        if header.get("parentCommit", head) != head:
            return web.json_response({"error": "main has moved on"}, status=412)
        tree = dict(tree)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                tree[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                tree[value["path"]] = self._objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del tree[value["path"]]
        sha = found.add(tree, header["summary"])
        url = "{}/datasets/{org}/{name}/commit/{}".format(self.url, sha, **request.match_info)
        return web.json_response({"commitUrl": url, "commitOid": sha, "success": True})

    async def _tag(self, request: web.Request) -> web.Response:
        found = self._find(request)
        tag = (await request.json())["tag"]
        if tag in found.tags:
            return web.json_response({"error": "it exists"}, status=409)
        commit = found.find(request.match_info["revision"])
        assert commit is not None
        found.tags[tag] = commit[0]
        return web.json_response({})


def _describe(path: str, data: bytes) -> dict[str, Any]:
    blob = data
    own: dict[str, Any] = {"type": "file", "path": path, "size": len(data)}
    if path.endswith(LARGE):
        oid = hashlib.sha256(data).hexdigest()
        blob = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\n".encode()
        own["lfs"] = {"oid": oid, "size": len(data), "pointerSize": len(blob)}
    own["oid"] = hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()
    return own
