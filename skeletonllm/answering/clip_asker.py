"""A checkpoint that is asked about clips: it looks at one as in evaluation, and replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from skeletonllm.answering.inquiry import KINDS, Inquiry
from skeletonllm.answering.reply import Reply, check_text, rank_likelihoods
from skeletonllm.clip import Clip
from skeletonllm.errors import TrainingError, UsageError
from skeletonllm.evaluation.candidates import list_candidates
from skeletonllm.evaluation.trained import get_trained_classes, get_trained_view, load_trained
from skeletonllm.mllm.adapter import Adapter
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.normalize import normalize
from skeletonllm.prompts.caption import build_caption_prompt
from skeletonllm.prompts.question import build_question_prompt
from skeletonllm.prompts.rationale import build_student_prompt
from skeletonllm.prompts.recognition import shuffle_candidates
from skeletonllm.shards import read_index
from skeletonllm.tasks.rationale import read_label
from skeletonllm.tasks.registry import get_task
from skeletonllm.tasks.task import Candidates, Example
from skeletonllm.training.batches import choose_frames
from skeletonllm.training.checkpoints.state import TrainState, read_state
from skeletonllm.training.precision import autocast
from skeletonllm.training.stages import TrainingStage
from skeletonllm.visualization.frames import save_png_frames

RECOGNITIONS = ("recognition", "published_recognition", "naming")
"""Tasks whose answer is a class."""
TAUGHT_BY = {
    "recognition": RECOGNITIONS,
    "caption": ("caption",),
    "explanation": ("rationale",),
    "question": ("question",),
}
"""Tasks that teach what a kind of inquiry asks."""


@dataclass(frozen=True, eq=False)
class Look:
    """A clip as the model sees it.

    Args:
        clip: The clip, normalized.
        indices: Of the frames that are shown, int64 [T].
        frames: The pictures of them, float32 [1, T, 3, H, W] in 0..1.
        patches: Where they have foreground, bool [1, T, h, w]; None where all is shown.
        remarks: What a reader should know of the clip.
    """

    clip: Clip
    indices: Tensor
    frames: Tensor
    patches: Tensor | None
    remarks: tuple[str, ...] = ()

    @property
    def motion(self) -> Motion:
        """What is asked about."""
        return self.clip.motion

    def save_frames(self, folder: str) -> None:
        """Write the pictures as PNG files, each with the number of its frame in its name.

        Args:
            folder: Where to; made if it is not there.
        """
        pictures = self.frames[0].permute(0, 2, 3, 1).float().cpu().numpy()
        save_png_frames(folder, pictures, self.indices.tolist())


@dataclass(frozen=True, eq=False)
class ClipAsker:
    """A renderer and a model of one checkpoint, and what they were trained for.

    Args:
        renderer: Draws clips as it did in training.
        adapter: The model.
        stage: The last stage of its training.
        classes: That it could name then, by label namespace; possibly unknown.
        source: Where it was loaded from, for messages.
        name: Model and last stage.

    Example:
        >>> asker = ClipAsker.open("runs/4-refine/checkpoint")  # doctest: +SKIP
        >>> asker.ask(clip, Inquiry(kind="caption")).text  # doctest: +SKIP
        'a person waves with the right hand.'
    """

    renderer: nn.Module
    adapter: Adapter
    stage: TrainingStage
    classes: Candidates
    source: str
    name: str

    @classmethod
    def open(
        cls, checkpoint: str, device: str | None = None, release: str | None = None
    ) -> ClipAsker:
        """Load a checkpoint.

        Args:
            checkpoint: The folder ``checkpoint`` of a training run.
            device: Where the model goes; None for a GPU if there is one.
            release: The release it was trained on, for the classes; a checkpoint of today says them
                itself.

        Raises:
            StateError: No checkpoint, or one of another model or version.
            UsageError: The release has no clip that it was trained on.
        """
        state = read_state(checkpoint)
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        renderer, adapter = load_trained(state, device)
        name = f"{state.owner['model']['source'].rstrip('/').rpartition('/')[2]}-{state.stage.name}"
        classes = _list_classes(state, release)
        return cls(renderer.eval(), adapter.eval(), state.stage, classes, checkpoint, name)

    def ask(self, clip: Clip, inquiry: Inquiry) -> Reply:
        """The reply to one question about a clip.

        Args:
            clip: As a reader gives it, or from a release.
            inquiry: What is asked.

        Raises:
            UsageError: The question lacks something, such as classes to choose from.
            SourceError: Nothing of the clip is left to look at.
        """
        *_, reply = self.tell(self.look(clip), inquiry)
        assert isinstance(reply, Reply)
        return reply

    @torch.no_grad()
    def look(self, clip: Clip, folder: str | None = None) -> Look:
        """Draw the frames that the model sees of a clip: the middle of each equal segment.

        A clip as its reader gives it is cleaned first, as `skeletonllm normalize` does.

        Args:
            clip: As a reader gives it, or from a release.
            folder: Where the pictures are written, if anywhere.

        Raises:
            SourceError: Nothing of the clip is left to look at.
            RenderError: It cannot be drawn.
        """
        remarks = []
        if clip.profile == "raw":  # as read; who normalizes by the recipe `raw` wants it so
            read, clip = clip.motion.num_persons, normalize(clip)
            if left := read - clip.motion.num_persons:
                remarks.append(f"{left} of {read} person rows are empty or no body: not shown")
        if clip.motion.num_frames < self.stage.num_frames:
            found = f"{clip.motion.num_frames} frames, of which {self.stage.num_frames} are shown"
            remarks.append(f"the clip has {found}: some stand there again")
        device = next(self.adapter.parameters()).device
        example = Example(clip.clip_id, clip.motion, "", ())
        indices = choose_frames([example], self.stage.num_frames)
        motions = MotionBatch.from_motions([clip.motion], device)
        drawn = self.renderer(motions, indices.to(device))
        patches = drawn.patches if self.stage.foreground else None
        look = Look(clip, indices[0], drawn.frames, patches, tuple(remarks))
        if folder is not None:
            look.save_frames(folder)
        return look

    def tell(self, look: Look, inquiry: Inquiry) -> Iterator[str | Reply]:
        """Pieces of the answer as they come, and in the end the whole reply.

        Args:
            look: Of :meth:`look`.
            inquiry: What is asked.

        Raises:
            UsageError: The question lacks something, such as classes to choose from.
            TrainingError: The model's likelihoods are not finite.
        """
        prompt, choices = self._write(look, inquiry)
        remarks = look.remarks + self._remark(inquiry)
        read = self.adapter.count_tokens([prompt], patches=look.patches, frames_shown=look.frames)[
            0
        ]
        reply = Reply(
            clip_id=look.clip.clip_id,
            kind=inquiry.kind,
            text="",
            frames=tuple(look.indices.tolist()),
            remarks=remarks,
            prompt_tokens=read,
        )
        if choices:
            yield from self._choose(look, prompt, choices, reply)
        else:
            yield from self._speak(look, prompt, inquiry, reply)

    def _choose(
        self, look: Look, prompt: str, choices: Sequence[str], reply: Reply
    ) -> Iterator[str | Reply]:
        """The likeliest of some answers."""
        with autocast(self.adapter, look.frames.device):
            scores = self.adapter.score_candidates(look.frames, [prompt], [choices], look.patches)[
                0
            ]
        if not scores.isfinite().all():
            raise TrainingError(
                "the model's likelihoods are not finite",
                where=reply.clip_id,
                hint="Draw the clip with --frames; of every clip, its weights are spoiled.",
            )
        ranked = rank_likelihoods(choices, scores.tolist())
        both = self.adapter.count_tokens([prompt], [ranked[0].text], look.patches, look.frames)[0]
        said = both - reply.prompt_tokens
        yield ranked[0].text
        yield replace(reply, text=ranked[0].text, likelihoods=ranked, answer_tokens=said)

    def _speak(
        self, look: Look, prompt: str, inquiry: Inquiry, reply: Reply
    ) -> Iterator[str | Reply]:
        """An answer in the model's own words."""
        most = inquiry.most_tokens
        steps = self.adapter.tell(look.frames, [prompt], look.patches, max_tokens=most)
        text, tokens, ended = "", 0, False
        # Not one context around the loop: who listens may go on in another thread.
        while True:
            with autocast(self.adapter, look.frames.device):
                step = next(steps, None)
            if step is None:
                break
            text, tokens, ended = text + step[0].text, tokens + step[0].tokens, step[0].ended
            if step[0].text:
                yield step[0].text
        explained = inquiry.kind == "explanation"
        yield replace(
            reply,
            text=text,
            claims=check_text(text, look.motion) if explained else (),
            label=read_label(text) if explained else "",
            answer_tokens=tokens,
            cut=not ended,
        )

    def _write(self, look: Look, inquiry: Inquiry) -> tuple[str, tuple[str, ...]]:
        """The prompt, and the answers to choose from; none for the model's own words."""
        count, key = self.stage.num_frames, look.clip.clip_id
        if inquiry.kind == "caption":
            return build_caption_prompt(num_frames=count), ()
        if inquiry.kind == "explanation":
            return build_student_prompt(num_frames=count), ()
        if inquiry.kind == "question":
            shown = shuffle_candidates(inquiry.choices, key)
            return build_question_prompt(inquiry.question, shown, num_frames=count), inquiry.choices
        space, classes = self._find_classes(look.clip, inquiry)
        # As the last stage asked, if that was a recognition: a small model knows no other words.
        own = self.stage.task in RECOGNITIONS
        task = get_task(self.stage.task if own else "recognition")
        example = Example(key, look.motion, classes[0], classes, namespace=space)
        # As in evaluation, a prompt depends on the clip alone.
        return task.prompt(example, num_frames=count, key=key), classes

    def _find_classes(self, clip: Clip, inquiry: Inquiry) -> tuple[str, tuple[str, ...]]:
        """Namespace and classes to choose from."""
        own = clip.label_namespace or ""
        if inquiry.classes:
            return own, inquiry.classes
        if own in self.classes:
            return own, self.classes[own]
        all_ = tuple(dict.fromkeys(name for names in self.classes.values() for name in names))
        if len(all_) < 2:
            raise UsageError(
                "the checkpoint does not say which classes it was trained on",
                where=self.source,
                hint="Name some to choose from: --classes A B; or give --release, "
                "the release that it was trained on.",
            )
        return next(iter(self.classes)), all_

    def _remark(self, inquiry: Inquiry) -> tuple[str, ...]:
        """What the checkpoint was not trained for."""
        remarks = []
        if self.stage.task not in TAUGHT_BY[inquiry.kind]:
            remarks.append(
                f"this checkpoint was last trained on {self.stage.task}; "
                f"{KINDS[inquiry.kind]} of it says little"
            )
        known = {name for names in self.classes.values() for name in names}
        strange = [name for name in inquiry.classes if name not in known]
        if known and strange:
            few = ", ".join(repr(name) for name in strange[:3]) + (", ..." * (len(strange) > 3))
            remarks.append(f"not among the classes of its training: {few}")
        return tuple(remarks)


def _list_classes(state: TrainState, release: str | None) -> Candidates:
    if release is None:
        return get_trained_classes(state)
    return list_candidates(get_trained_view(state), read_index(release))
