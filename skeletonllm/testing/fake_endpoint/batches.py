"""The Batch API: files of requests, answered later, at half the price of the real ones."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.testing.fake_endpoint.faults import draw
from skeletonllm.testing.fake_endpoint.spoiling import make_error

Body = dict[str, Any]
Answered = tuple[int, Body | bytes]
"""Status and body of a response; bytes are sent as they are."""
AnswerRow = Callable[[Body], tuple[int, Body]]
"""Status and body of the answer to one row, given its body."""

ENDED = ("completed", "failed", "expired", "cancelled")
EXPIRED = "This request could not be executed before the completion window expired."


@dataclass(frozen=True)
class BatchPlan:
    """How batches fare.

    Args:
        polls: How often a batch is asked after until it is done; the first finds it in progress.
        seconds: Instead: how long it takes. None: by polls.
        expire_share: Share of the rows that are not done in time; the batch ends ``expired``.
        fail: Code with which each batch fails as a whole, for example ``token_limit_exceeded``.
        most_requests: Of one file; a batch of more of them fails.
        most_bytes: Of one file; a larger one is refused with 413.
        most_at_once: So many batches fit into the queue; one more fails, ``token_limit_exceeded``.
        script: Faults of the calls about files and batches, in their order: a refusal such as
            ``error_503``, where nothing is done, or ``dropped``, where it is done and never said.
        seed: Decides which rows expire, and the order of the output.

    Example:
        >>> slow = BatchPlan(polls=5, expire_share=0.2)
    """

    polls: int = 2
    seconds: float | None = None
    expire_share: float = 0.0
    fail: str | None = None
    most_requests: int = 50_000
    most_bytes: int = 200_000_000
    most_at_once: int | None = None
    script: Sequence[str | None] = ()
    seed: int = 0


@dataclass
class _Batch:
    """One batch: what the client sees of it, and what it does not."""

    shown: Body
    rows: list[Body]
    made: float = field(default_factory=time.monotonic)
    polls: int = 0


class BatchDesk:
    """Keeps files and batches in memory.

    Args:
        plan: How batches fare.
        answer_row: What is answered to a row.
        accept_row: Told of each row of a batch that was taken on: (batch, custom id, body).
    """

    def __init__(
        self,
        plan: BatchPlan,
        answer_row: AnswerRow,
        accept_row: Callable[[str, str, Body], object],
    ) -> None:
        self._plan, self._answer_row, self._accept_row = plan, answer_row, accept_row
        self._numbers = itertools.count(1)
        self._contents: dict[str, bytes] = {}
        self._files: dict[str, Body] = {}
        self._batches: dict[str, _Batch] = {}

    def upload(self, name: str, purpose: str, data: bytes) -> Answered:
        """Answer to a file that was sent.

        Args:
            name: Of the file, as the client calls it.
            purpose: ``batch``.
            data: Its bytes.
        """
        if len(data) > self._plan.most_bytes:
            return 413, _wrong(f"The file has more than {self._plan.most_bytes} bytes.", "file")
        if purpose != "batch":
            return 400, _wrong(f"{purpose!r} is not a purpose of files here.", "purpose")
        return 200, self._keep(name, purpose, data)

    def answer(self, method: str, path: str, query: Mapping[str, str], data: bytes) -> Answered:
        """Answer to a request about files or batches, uploads aside.

        Args:
            method: Of HTTP.
            path: Below ``/v1/``.
            query: Of the URL.
            data: Body of the request.
        """
        kind, _, rest = path.partition("/")
        name, _, verb = rest.partition("/")
        known = self._files if kind == "files" else self._batches
        if name and name not in known:
            return 404, _wrong(f"No such {kind}: {name}", "id")
        if kind == "files":
            return self._answer_file(method, name, verb, query)
        if method == "POST":
            return self._cancel(name) if verb == "cancel" else self._create(json.loads(data))
        if name:
            return 200, self._poll(self._batches[name])
        shown = [self._look(batch) for batch in reversed(self._batches.values())]
        return 200, _page(shown, query)

    def _answer_file(self, method: str, name: str, verb: str, query: Mapping[str, str]) -> Answered:
        if not name:
            return 200, _page(self._files.values(), {"limit": "10000", **query})
        if method == "DELETE":
            del self._files[name], self._contents[name]
            return 200, {"id": name, "object": "file", "deleted": True}
        return 200, self._contents[name] if verb == "content" else self._files[name]

    def _keep(self, name: str, purpose: str, data: bytes) -> Body:
        key = f"file-{next(self._numbers):06d}"
        self._contents[key] = data
        about = {"bytes": len(data), "filename": name, "purpose": purpose, "status": "processed"}
        self._files[key] = {"id": key, "object": "file", "created_at": int(time.time()), **about}
        return self._files[key]

    def _create(self, asked: Body) -> Answered:
        source = asked.get("input_file_id")
        if source not in self._contents:
            return 400, _wrong(f"No such file: {source}", "input_file_id")
        if asked.get("endpoint") != "/v1/chat/completions":
            return 400, _wrong(f"Not answered here: {asked.get('endpoint')}", "endpoint")
        now, key = int(time.time()), f"batch_{len(self._batches) + 1:06d}"
        rows, faults = self._read_rows(self._contents[source])
        if self._is_full():
            faults.append(_fault("token_limit_exceeded", "Enqueued token limit reached."))
        shown = _show_batch(key, asked, len(rows), now)
        if faults:
            shown.update(status="failed", failed_at=now, errors={"object": "list", "data": faults})
        self._batches[key] = _Batch(shown, [] if faults else rows)
        for row in self._batches[key].rows:
            self._accept_row(key, row["custom_id"], row["body"])
        return 200, dict(shown)

    def _is_full(self) -> bool:
        most = self._plan.most_at_once
        busy = sum(b.shown["status"] not in ENDED for b in self._batches.values())
        return most is not None and busy >= most

    def _read_rows(self, data: bytes) -> tuple[list[Body], list[Body]]:
        """Rows of a file, and what is wrong with it."""
        rows: list[Body] = []
        faults: list[Body] = []
        for number, line in enumerate(data.splitlines(), start=1):
            try:
                row = json.loads(line)
                rows.append({"custom_id": row["custom_id"], "body": row["body"]})
            except (ValueError, KeyError, TypeError) as error:
                faults.append(
                    _fault("invalid_json_line", f"This line is no request: {error}", number)
                )
        names = [row["custom_id"] for row in rows]
        if len(set(names)) < len(names):
            faults.append(_fault("duplicate_custom_id", "A custom_id occurs more than once."))
        if not data:
            faults.append(_fault("empty_file", "The input file is empty."))
        if len(rows) > self._plan.most_requests:
            most = self._plan.most_requests
            faults.append(_fault("too_many_tasks", f"The file has more than {most} requests."))
        if self._plan.fail:
            faults.append(_fault(self._plan.fail, "The batch failed, as was planned."))
        return rows, faults

    def _look(self, batch: _Batch) -> Body:
        """What is shown of a batch, brought up to date."""
        status = batch.shown["status"]
        done = (
            batch.polls >= self._plan.polls
            if self._plan.seconds is None
            else time.monotonic() - batch.made >= self._plan.seconds
        )
        if status not in ENDED and done:
            self._finish(batch)
        elif status == "validating" and (batch.polls or self._plan.seconds is not None):
            batch.shown.update(status="in_progress", in_progress_at=int(time.time()))
        return dict(batch.shown)

    def _poll(self, batch: _Batch) -> Body:
        batch.polls += 1
        return self._look(batch)

    def _cancel(self, name: str) -> Answered:
        batch = self._batches[name]
        if batch.shown["status"] in ENDED:
            return 409, _wrong(f"The batch is {batch.shown['status']}.", "id")
        now = int(time.time())
        batch.shown.update(status="cancelled", cancelling_at=now, cancelled_at=now)
        return 200, dict(batch.shown)

    def _finish(self, batch: _Batch) -> None:
        """Answer all rows, and keep both files."""
        key = batch.shown["id"]
        good: list[str] = []
        bad: list[str] = []
        expired = 0
        for row in sorted(batch.rows, key=lambda row: draw(self._plan.seed, row["custom_id"])):
            late = draw("late", self._plan.seed, key, row["custom_id"]) < self._plan.expire_share
            status, body = (0, {}) if late else self._answer_row(row["body"])
            expired += late
            line = _output_line(key, row["custom_id"], status, body)
            (good if status == 200 else bad).append(line)
        now = int(time.time())
        ended = "expired" if expired else "completed"
        batch.shown.update({"status": ended, "finalizing_at": now, f"{ended}_at": now})
        batch.shown["request_counts"].update(completed=len(good), failed=len(bad))
        for field_name, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                name = f"{key}_{field_name.split('_', maxsplit=1)[0]}.jsonl"
                kept = self._keep(name, "batch_output", "".join(lines).encode())
                batch.shown[field_name] = kept["id"]
        batch.rows = []


def _show_batch(key: str, asked: Body, rows: int, now: int) -> Body:
    ends = "in_progress finalizing completed failed expired cancelling cancelled"
    return {
        "id": key,
        "object": "batch",
        "endpoint": asked["endpoint"],
        "errors": None,
        "input_file_id": asked["input_file_id"],
        "completion_window": asked.get("completion_window", "24h"),
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": now,
        "expires_at": now + 24 * 3600,
        **{f"{end}_at": None for end in ends.split()},
        "request_counts": {"total": rows, "completed": 0, "failed": 0},
        "metadata": asked.get("metadata"),
    }


def _output_line(batch: str, custom_id: str, status: int, body: Body) -> str:
    name = f"{batch}_{custom_id}"
    response = {"status_code": status, "request_id": f"req_{name}", "body": body}
    error = None if status else {"code": "batch_expired", "message": EXPIRED}
    line = {"id": f"batch_req_{name}", "custom_id": custom_id}
    return json.dumps({**line, "response": response if status else None, "error": error}) + "\n"


def _page(items: Iterable[Body], query: Mapping[str, str]) -> Body:
    """A page of a list, as the SDK's paginator reads it."""
    listed = list(items)
    after = query.get("after")
    names = [item["id"] for item in listed]
    first = names.index(after) + 1 if after in names else 0
    last = first + int(query.get("limit", 20))
    page = listed[first:last]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
    return {"object": "list", "data": page, "has_more": last < len(listed), **ends}


def _wrong(message: str, param: str) -> Body:
    return make_error(message, "invalid_request_error", None, param)


def _fault(code: str, message: str, line: int | None = None) -> Body:
    return {"code": code, "message": message, "line": line, "param": None}
