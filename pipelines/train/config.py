"""What one training run is asked to do, and what its output depends on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from skeletonllm.defaults import TINY
from skeletonllm.draction import load_renderer
from skeletonllm.draction.renderers import check_name, learns
from skeletonllm.errors import UsageError
from skeletonllm.mllm.lora import LoraOptions
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import Plan, absolute, exists, join, sha256_of
from skeletonllm.stream.part import Part
from skeletonllm.stream.stream import Stream
from skeletonllm.tasks import get_task
from skeletonllm.training import ModelSpec, TrainingStage
from skeletonllm.training.stages import LORA, RENDERER
from skeletonllm.views.view import View

VERSION = "3"
WEIGHTS = "weights.safetensors"
"""Of a checkpoint: what a later stage starts from."""
DTYPES = ("float32", "bfloat16")
OF_MODEL = ("system", "attention", "renderer", "formula", "camera")
"""Fields that say what a model and its renderer are, by the names that :class:`ModelSpec` has."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run of one stage.

    Args:
        release: Folder of a release.
        output: Folder to write.
        stage: What is trained, on which task, and how long.
        view: Which clips of the release, and what may be said about them.
        protocol: That the view is of, for messages; None if of none.
        mix: Corpora or topologies that are streamed, each with its weight: how often each of its
            clips comes in an epoch. Empty for all of the view, each once.
        allow_all: Take hard negatives that have looked at all labelled clips where the view has
            none of its own.
        start: Checkpoint of an earlier stage to start from; it says what the model is.
        model: A name or a checkpoint, as :func:`skeletonllm.mllm.load_adapter` takes it.
        dtype: Of the frozen weights; None for bfloat16 on GPUs and float32 on CPUs.
        system: System message of the chat; None for that of the model's family.
        attention: How attention is computed, see :class:`skeletonllm.mllm.LoadOptions`.
        lora: Of the LoRA, where the stage trains one.
        renderer: One of :data:`skeletonllm.draction.renderers.RENDERERS`; of a stage that trains
            one without parameters, the rest is trained.
        formula: Of DrAction.
        camera: Of the renderer.
        renderer_weights: File of DrAction's first weights; it says its formula and camera itself.
        workers: Processes that train together; another number may go on with a run.
        gpu: Whether each has a GPU.
        threads: Threads of torch a worker; more than there are idle cores slows it down.
        micro_batch: Clips of a worker that go through the model at once; None for all of its.
        checkpoint_activations: Compute activations twice instead of keeping them.
        save_every: Steps between checkpoints, 0 for no such rule.
        save_minutes: Minutes between checkpoints, 0 for no such rule.
        max_failures: How often workers that died are started again.

    Raises:
        RenderError: No renderer has the name.
        UsageError: Another choice that there is not.
    """

    release: str
    output: str
    stage: TrainingStage
    view: View
    protocol: str | None = None
    mix: tuple[tuple[str, float], ...] = ()
    allow_all: bool = False
    start: str | None = None
    model: str = TINY
    dtype: str | None = None
    system: str | None = None
    attention: str = "sdpa"
    lora: LoraOptions = field(default_factory=LoraOptions)
    renderer: str = "draction"
    formula: str = "body"
    camera: str = "fit"
    renderer_weights: str | None = None
    workers: int = 1
    gpu: bool = False
    threads: int = 1
    micro_batch: int | None = None
    checkpoint_activations: bool = False
    save_every: int = 0
    save_minutes: float = 10.0
    max_failures: int = 3

    def __post_init__(self) -> None:
        check_name(self.renderer)
        if self.dtype not in (None, *DTYPES):
            raise UsageError(f"dtype {self.dtype!r}", expected=f"one of {', '.join(DTYPES)}")
        if self.micro_batch is not None and self.micro_batch < 1:
            raise UsageError(f"micro_batch {self.micro_batch}", expected="1 or more")
        if self.renderer_weights is not None and self.start is not None:
            raise UsageError("renderer weights beside a checkpoint", hint="Name one of them.")
        self.stage.share_batch(self.workers)

    @property
    def frozen_dtype(self) -> str:
        """Of the frozen weights."""
        return self.dtype or ("bfloat16" if self.gpu else "float32")

    def trained(self) -> list[str]:
        """The parts that the stage trains and that can learn."""
        able = learns(self.renderer)
        return [part for part in self.stage.trains if able or part != RENDERER]

    def located(self) -> TrainConfig:
        """The same with absolute paths: Ray gives its training workers folders of their own."""
        places = ("release", "output", "start", "renderer_weights")
        given: dict[str, Any] = {n: getattr(self, n) for n in places}
        given = {name: absolute(path) for name, path in given.items() if path is not None}
        model = absolute(self.model) if exists(self.model) else self.model
        return replace(self, model=model, **given)

    def plan(self) -> Plan:
        """What the output depends on: not the number of workers, nor what fits into memory."""
        named = {n: getattr(self, n) for n in (*OF_MODEL, "model")}
        config = {
            **named,
            "dtype": self.frozen_dtype,
            "release": read_manifest(self.release).identity.sha256,
            "stage": self.stage.to_json(),
            "view": self.view.sha256,
            "mix": [list(pair) for pair in self.mix],
            "start": _hash_file(self.start and join(self.start, WEIGHTS)),
            "lora": asdict(self.lora) if LORA in self.stage.trains else None,
            "renderer_weights": _hash_file(self.renderer_weights),
        }
        return Plan("train", VERSION, config, ())

    def open_stream(self, rank: int = 0, world_size: int | None = None) -> Stream:
        """The stream of one rank.

        Args:
            rank: Of the process.
            world_size: Number of ranks; None for ``workers``.
        """
        world = world_size or self.workers
        return Stream(
            self.release,
            self.parts(),
            seed=self.stage.seed,
            batch_size=self.stage.share_batch(world),
            rank=rank,
            world_size=world,
            allow_all=self.allow_all,
        )

    def parts(self) -> list[Part]:
        """Parts of the mixture: the view cut to each corpus or topology, as the task needs it.

        An epoch asks every question of a clip, so a task of two turns gives each clip twice.
        """
        task = get_task(self.stage.task)
        asked = task.choose_view(self.view)
        named = self.protocol or ""
        views = [(name, cut_view(asked, name), weight) for name, weight in self.mix]
        if not views:
            return [Part(view=asked, weight=task.turns, name=named, needs=task.needs)]
        return [
            Part(
                view=view,
                weight=weight * task.turns,
                name=name,
                needs=task.needs,
                split=self.view,
            )
            for name, view, weight in views
        ]

    def make_spec(self, texts: tuple[str, ...]) -> ModelSpec:
        """The model and its renderer, where no earlier stage says what they are.

        Args:
            texts: What a tiny model's tokenizer knows as whole words.
        """
        named = {n: getattr(self, n) for n in OF_MODEL}
        return ModelSpec(
            source=self.model,
            size=self.stage.size,
            texts=texts,
            seed=self.stage.seed,
            dtype=self.frozen_dtype,
            drawn=self._read_drawn(),
            **named,
        )

    def _read_drawn(self) -> dict[str, Any] | None:
        if self.renderer_weights is None:
            return None
        return asdict(load_renderer(self.renderer_weights).config)


def cut_view(view: View, name: str) -> View:
    """A view cut to one corpus or one topology.

    Args:
        view: The view.
        name: ``topology:<name>``, or the name of a corpus.
    """
    kind, _, value = name.rpartition(":")
    if kind == "topology":
        return replace(view, topologies=(value,))
    return replace(view, corpora=(value,))


def _hash_file(url: str | None) -> str | None:
    if not url:
        return None
    if not exists(url):
        raise UsageError("no such file", where=url, hint="Give the folder of a checkpoint.")
    return sha256_of(url)[0]
