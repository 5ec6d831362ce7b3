"""Asking a store: each request within a time, and again where the trouble may pass.

A server error, a connection that breaks, an answer that is cut or does not come: such trouble says
nothing of the object. It is told, waited for, and ends in a StorageError after the last try; never
in the conclusion that an object is missing or damaged.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import fsspec
from fsspec.asyn import AsyncFileSystem, sync

from skeletonllm.errors import SkeletonLLMError, StorageError, UsageError

if TYPE_CHECKING:
    import tenacity

Answer = TypeVar("Answer")

TIMEOUT_S = 20.0
"""An answer that takes longer is given up: stores answer within a second, or hang for minutes."""

TRIES = 6
"""With the pauses below, trouble may last for about 16 seconds beside the time of the requests."""

SLOWEST = 1_000_000
"""Bytes a second that a store is granted beside the timeout, so that large ranges may take longer.
A link that is slower than 8 Mbit/s cannot feed training."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 20.0
"""Doubled from try to try, and up to the first one longer by chance, so that the ranks of a job do
not come back all at once."""

_PASSING = (408, 425, 429)
"""Statuses from 400 to 499 that are trouble of the moment."""

_OURS = (
    AssertionError,
    AttributeError,
    ImportError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
)
"""No answer of a store: mistakes, here or in the caller. They pass through."""

_KEYLESS = {
    "ClientAuthenticationError",
    "DefaultCredentialsError",
    "NoAuthTokenError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "SSOError",
}
"""Errors of botocore, google.auth and azure that say: there are no credentials, or half of them.
They have no status, since nothing was asked."""

_log = logging.getLogger(__name__)


class ShortRead(OSError):
    """An answer with another number of bytes than it should have."""


@dataclass(frozen=True)
class Patience:
    """How long a request may take, and how often it is tried.

    Args:
        timeout_s: Seconds after which a request is given up.
        tries: How often, all together.
        tell: Told of each try that failed.
        doing: ``read`` or ``written``, for the message where the store will not let us.
    """

    timeout_s: float = TIMEOUT_S
    tries: int = TRIES
    tell: Callable[[str], None] = _log.warning
    doing: str = "read"

    def grant(self, num_bytes: int) -> Patience:
        """Longer, by the time that so many bytes may take."""
        return replace(self, timeout_s=self.timeout_s + num_bytes / SLOWEST)

    def ask(self, request: Callable[[], Answer], where: str) -> Answer:
        """What the request answers, in whichever try.

        Args:
            request: To call.
            where: What it asks for, for messages.

        Raises:
            FileNotFoundError: The store says that there is no such object.
            StorageError: No try succeeded, or the store will not let us.
        """
        import tenacity  # noqa: PLC0415 - not for who reads local files, as most commands do

        pause = min(FIRST_PAUSE_S, self.timeout_s / 40)
        doubled = tenacity.wait_exponential(multiplier=pause, max=LONGEST_PAUSE_S)
        retrying = tenacity.Retrying(
            retry=_Judge(),
            stop=tenacity.stop_after_attempt(self.tries),
            wait=doubled + tenacity.wait_random(0, pause),
            before_sleep=lambda state: self._tell_of(state, where),
            reraise=True,
        )
        try:
            return retrying(request)
        except (SkeletonLLMError, *_OURS):
            raise
        except Exception as error:
            if is_missing(error):
                raise FileNotFoundError(where) from error
            tried = int(retrying.statistics.get("attempt_number", 1))
            raise self._give_up(error, where, tried) from error

    def _tell_of(self, state: tenacity.RetryCallState, where: str) -> None:
        assert state.outcome is not None
        error = state.outcome.exception()
        assert error is not None
        self.tell(
            f"{where}: {self._describe(error)} (try {state.attempt_number} of {self.tries}); "
            f"asked again in {state.upcoming_sleep:.1f} s"
        )

    def _describe(self, error: BaseException) -> str:
        if status := status_of(error):
            return f"the store answered HTTP {status}"
        if isinstance(error, TimeoutError):
            return f"no whole answer within {self.timeout_s:g} s"
        if isinstance(error, ShortRead):
            return str(error)
        return f"{type(error).__name__} ({str(error)[:200]})"

    def _give_up(self, error: Exception, where: str, tried: int) -> StorageError:
        found = self._describe(error)
        if _may_pass(error):
            found = f"{found}, in each of {tried} tries" if tried > 1 else found
            hint = "Nothing is known to be damaged: run the job again when the store answers."
            if isinstance(error, TimeoutError):
                hint = "Run the job again when the store answers, or with a longer timeout_s."
            return StorageError(found, where=where, hint=hint)
        hint = f"Check the credentials for this store, and what may be {self.doing} there."
        return StorageError(f"may not be {self.doing}: {found}", where=where, hint=hint)


class _Judge:
    """Whether to try again: not if the answer is final, and once if a 404 comes amid trouble."""

    def __init__(self) -> None:
        self._trouble = False
        self._missing = False

    def __call__(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if error is None:
            return False
        if is_missing(error):
            again = self._trouble and not self._missing
            self._missing = True
            return again
        self._trouble = _may_pass(error)
        return self._trouble


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status behind an error of aiohttp, s3fs, gcsfs or adlfs; None if there is none."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict):  # botocore
            found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:
            found = getattr(error, "status", getattr(error, "status_code", None))
            # Not of any other package: aiohttp gives a body that was cut the code 400.
            if found is None and type(error).__module__.startswith("gcsfs."):
                found = getattr(error, "code", None)
        if isinstance(found, int) and 400 <= found <= 599:
            return found
        error = error.__cause__
    return None


def is_missing(error: BaseException) -> bool:
    """Whether a store has said that there is no such object.

    fsspec's http says "not found" also when a server in trouble does not tell a size: the trouble
    is the cause of that error then. Archives say it because of a look-up in vain.
    """
    status = status_of(error)
    if status is not None:
        return status in (404, 410)
    if not isinstance(error, FileNotFoundError):
        return False
    cause = error.__cause__
    return cause is None or isinstance(cause, LookupError) or is_missing(cause)


def open_store(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system that fsspec has for a URL, and the path within it.

    Some ask their host at once, some want a package or more than was given.

    Raises:
        UsageError: There is none: no such protocol, host or archive, or its package is missing.
    """
    try:
        return fsspec.core.url_to_fs(url)
    except SkeletonLLMError:
        raise
    except Exception as error:  # of whatever package it is from
        why = f"it cannot be opened ({type(error).__name__}: {error})"
        hint = "Check the protocol, the host and the name."
        if isinstance(error, ImportError):
            hint = "Install that package; `pip install 'skeletonllm[s3]'` brings what s3:// needs."
        raise UsageError(why, where=url, hint=hint) from error


def forget_listings(fs: fsspec.AbstractFileSystem) -> None:
    """Drop what a file system, and those of the chain behind it, remember of their folders."""
    link: Any = fs
    while link is not None:
        link.invalidate_cache()  # does nothing in file systems that did not think of it
        if isinstance(remembered := getattr(link, "dircache", None), MutableMapping):
            remembered.clear()
        link = getattr(link, "fs", None)


def call(
    fs: fsspec.AbstractFileSystem, method: str, *args: Any, timeout_s: float, **options: Any
) -> Any:
    """What a method of a file system answers, within a time.

    Args:
        fs: The file system.
        method: Its name.
        args: Its arguments.
        timeout_s: Seconds; a request that takes longer is abandoned.
        options: Its further arguments.

    Raises:
        TimeoutError: It took longer.
    """
    if isinstance(fs, AsyncFileSystem) and fs.async_impl:
        return sync(fs.loop, getattr(fs, f"_{method}"), *args, timeout=timeout_s, **options)
    return _call_in_thread(lambda: getattr(fs, method)(*args, **options), timeout_s)


def _call_in_thread(function: Callable[[], Any], timeout_s: float) -> Any:
    """For file systems that cannot cancel: a daemon thread, which no exit waits for."""
    answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((function(), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=run, name="store request", daemon=True).start()
    try:
        answer, error = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return answer


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, (SkeletonLLMError, *_OURS)) or not isinstance(error, Exception):
        return False
    status = status_of(error)
    if status is not None:
        return status >= 500 or status in _PASSING
    return not isinstance(error, PermissionError) and not _lacks_credentials(error)


def _lacks_credentials(error: BaseException | None) -> bool:
    """Whether nothing was asked for want of a key: waiting brings none."""
    while error is not None:
        if _KEYLESS & {kind.__name__ for kind in type(error).__mro__}:
            return True
        error = error.__cause__
    return False
