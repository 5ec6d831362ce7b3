"""Flags of a teacher that is asked over the network, the same for every job that asks one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jobs.common import show, show_rejects
from skeletonllm.errors import UsageError

if TYPE_CHECKING:
    from pipelines.teacher.answers import AnswersConfig
    from pipelines.teacher.rankings import RankingsConfig
    from skeletonllm.endpoint.request import Sampling
    from skeletonllm.endpoint.settings import EndpointSettings


OF_TEACHER = "samples structured hide_label facts reask layout frames size weights variants".split()


@dataclass(frozen=True, kw_only=True)
class EndpointFlags:
    """Where is asked, how hard, and for how much."""

    base_url: str = "https://api.openai.com/v1"
    """Any OpenAI-compatible endpoint, with its /v1."""
    model: str | None = None
    """The model, as the endpoint calls it."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable with the key. The key itself is never a flag."""
    temperature: float | None = 0.2
    """How freely is answered; None leaves it to the endpoint, as some models ask."""
    top_p: float | None = None
    """Share of the probability that is drawn from."""
    max_tokens: int = 1200
    """Most tokens of an answer."""
    max_tokens_name: str = "max_tokens"
    """How the endpoint calls it: max_completion_tokens for reasoning models of OpenAI."""
    sampling_seed: int | None = None
    """Asked of the endpoint, which may ignore it: only the cache makes answers repeatable."""
    rpm: float | None = None
    """Requests a minute; what the endpoint's headers say counts too."""
    tpm: float | None = None
    """Tokens a minute, likewise."""
    share: float = 1.0
    """Part of the limits that this job may use, where several jobs share a key."""
    concurrency: int = 64
    """Most requests in flight."""
    timeout: float = 120.0
    """Longest wait for an answer, seconds."""
    attempts: int = 8
    """Most attempts a request, while others succeed."""
    give_up: float = 600.0
    """Seconds without any success after which the job ends; it goes on when run again."""
    max_usd: float | None = None
    """Budget of the whole output, through any number of kills."""
    prices: str | None = None
    """A JSON file of prices, {"models": {"NAME": {"input_usd": 0.1, "output_usd": 0.4}}} a
    million tokens."""
    structured: Literal["json_schema", "json_object", "text"] = "json_schema"
    """How firmly the form is asked for; text for servers that know no response_format."""
    answers: str | None = None
    """Folder of the raw answers; <output>-answers if not given. A finished one is only read."""
    reuse: tuple[str, ...] = ()
    """Finished folders of answers, looked into before anything is asked."""
    batch: bool = False
    """Ask by the Batch API: half the price, within a day or so; it may be stopped and run again."""
    batch_requests: int = 50_000
    """Most requests of one batch."""
    batch_mb: float = 200.0
    """Most megabytes of the file of one batch."""
    poll: float = 30.0
    """Seconds between two looks at a batch."""
    dry_run: bool = False
    """Say what it would cost, and ask nothing."""

    def to_endpoint(self) -> EndpointSettings:
        """Where and how hard is asked.

        Raises:
            UsageError: No model was named.
        """
        from skeletonllm.endpoint.settings import EndpointSettings

        if self.model is None:
            raise UsageError("--teacher openai needs --model", hint="For example --model gpt-4o.")
        return EndpointSettings(
            base_url=self.base_url,
            model=self.model,
            key_variable=self.key_variable,
            requests_per_minute=self.rpm,
            tokens_per_minute=self.tpm,
            share=self.share,
            concurrency=self.concurrency,
            timeout_s=self.timeout,
            attempts=self.attempts,
            give_up_s=self.give_up,
            max_usd=self.max_usd,
            batch=self.batch,
            batch_requests=self.batch_requests,
            batch_bytes=int(self.batch_mb * 1e6),
            poll_s=self.poll,
            prices=self.prices,
        )

    def to_sampling(self) -> Sampling:
        """How answers are drawn."""
        from skeletonllm.endpoint.request import Sampling

        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=self.sampling_seed,
            max_tokens_name=self.max_tokens_name,
        )


@dataclass(frozen=True, kw_only=True)
class TeacherFlags(EndpointFlags):
    """Whom to ask about clips, and what to show."""

    protocol: tuple[str, ...] = ()
    """Protocols such as ntu60/55-5: training clips of their seen classes only. Without any, all
    labelled clips, those of test parts as well."""
    variants: int = 1
    """Rationales a clip."""
    samples: int = 1
    """Answers a rationale: the best grounded is kept, with how far the others agree."""
    hide_label: bool = False
    """The teacher must infer the label."""
    facts: bool = False
    """Send measured facts along with the first question."""
    reask: bool = True
    """Ask once again, with the measured facts, where the joints contradict an answer."""
    layout: Literal["contact", "frames"] = "contact"
    """contact shows one sheet with times; frames one picture each, as published."""
    frames: int = 12
    """Frames that are shown."""
    size: int = 224
    """Side of a frame in pixels."""
    weights: str | None = None
    """Renderer weights (safetensors), a trained renderer's for example."""
    min_grounded: float = 0.0
    """Least share of true steps; rationales below are rejected."""
    allow_upload: tuple[str, ...] = ()
    """Corpora that may go to the endpoint though their licence forbids to pass them on."""


@dataclass(frozen=True, kw_only=True)
class RankingFlags(EndpointFlags):
    """Whom to ask about classes, by their names alone."""

    protocol: tuple[str, ...] = ()
    """Protocols such as ntu60/55-5: mine training clips of their seen classes, one ranking each.
    Without any, all labelled clips are mined, those of test parts as well."""
    max_tokens: int = 4000
    """Most tokens of an answer: it names all classes, some 1,500 tokens for those of NTU 120."""


def show_answers(manifest: dict[str, Any], answers: str) -> None:
    """Say what came of asking.

    Args:
        manifest: Of the stage of answers.
        answers: Its folder.
    """
    show("answers", manifest["counts"], f"raw answers: {answers}")
    show_rejects(answers)


def show_estimate(rows: dict[str, Any]) -> int:
    """Say what asking would cost; the exit code.

    Args:
        rows: Lines of the estimate.
    """
    show("dry run: nothing was asked", rows)
    return 0


def place_answers(flags: EndpointFlags, output: str, *, asks: bool) -> str | None:
    """Folder of the raw answers; None where the job neither asks nor reads any.

    Args:
        flags: Of the job.
        output: Its folder.
        asks: Whether a model is asked.

    Raises:
        UsageError: A dry run of a job that asks nobody.
    """
    from skeletonllm.storage import absolute

    if flags.dry_run and not asks:
        raise UsageError("--dry-run, and nobody is asked", hint="Add --teacher openai --model.")
    if flags.answers is not None:
        return absolute(flags.answers)
    return f"{output.rstrip('/')}-answers" if asks else None


def make_ranking_config(
    flags: RankingFlags, clips: tuple[str, ...], answers: str
) -> RankingsConfig:
    """How classes are asked about.

    Args:
        flags: Of the job.
        clips: Finished outputs of normalize.
        answers: Folder of the raw answers.
    """
    from pipelines.teacher.rankings import RankingsConfig
    from skeletonllm.storage import absolute

    return RankingsConfig(
        clips=clips,
        output=answers,
        endpoint=flags.to_endpoint(),
        sampling=flags.to_sampling(),
        structured=flags.structured,
        protocols=flags.protocol,
        reuse=tuple(map(absolute, flags.reuse)),
    )


def make_answers_config(flags: TeacherFlags, clips: tuple[str, ...], answers: str) -> AnswersConfig:
    """How clips are asked about.

    Args:
        flags: Of the job.
        clips: Finished outputs of normalize.
        answers: Folder of the raw answers.
    """
    from pipelines.teacher.answers import AnswersConfig, open_teacher
    from skeletonllm.storage import absolute

    asked = {name: getattr(flags, name) for name in OF_TEACHER}
    endpoint = flags.to_endpoint()
    return AnswersConfig(
        clips=clips,
        output=answers,
        teacher=open_teacher(endpoint, flags.to_sampling(), asked),
        endpoint=endpoint,
        protocols=flags.protocol,
        allow_upload=flags.allow_upload,
        reuse=tuple(map(absolute, flags.reuse)),
    )
