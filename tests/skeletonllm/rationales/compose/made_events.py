"""Events made by hand."""

from __future__ import annotations

from dataclasses import replace

from skeletonllm.kinematics import Event


def make_event(
    motion: str, part: str, side: str, start_s: float, end_s: float, **more: object
) -> Event:
    """Half a metre of something, well seen.

    Args:
        motion: What.
        part: Of the body.
        side: Of the body.
        start_s: When it begins.
        end_s: When it ends.
        more: Other fields.
    """
    base = Event(0, motion, side, part, start_s, end_s, 0.5, "metres", 0.0, 0.5, 3.0)
    return replace(base, **more)  # type: ignore[arg-type]


def make_train(first: str, second: str, times: int, pause_s: float = 0.05) -> list[Event]:
    """A right hand that goes to and fro, 0.35 s a way.

    Args:
        first: Motion of the way there.
        second: Of the way back.
        times: How often there and back.
        pause_s: Between two ways.
    """
    step = 0.35 + pause_s
    return [
        make_event(second if i % 2 else first, "hand", "right", i * step, i * step + 0.35)
        for i in range(2 * times)
    ]
