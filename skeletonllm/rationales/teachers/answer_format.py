"""What a teacher is asked to answer, as an OpenAI response format; and what it answered, read.

The schema asks for everything, the reader forgives what does no harm: another case, numbers as
text, a field that is missing and has a plain meaning. What would have to be guessed is a fault.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from schemas.rationale import DIRECTIONS, MOTIONS, SIDES
from skeletonllm.errors import UsageError
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.teachers.json_text import load_object, refuse

STRUCTURES = ("json_schema", "json_object", "text")
"""How firmly an endpoint is asked to keep to the form; ``text`` asks by the prompt alone."""

_LARGEST = 100_000
"""Of counts, ids and seconds: beyond is nonsense, and fits neither int32 nor a frame number."""
_MEANT = {
    **{"center": "centre", "middle": "centre", "backward": "back", "backwards": "back"},
    **{"forwards": "forward", "upward": "up", "upwards": "up", "downward": "down"},
    **{"downwards": "down"},
}
_NOTHING = ("", "none", "null", "n/a")
_ONE_OF_TWO = {"feet": "foot"} | {
    f"{part}s": part for part in ("hand", "elbow", "shoulder", "knee", "hip", "arm", "leg")
}
"""Parts in the plural; how many are meant is said by the side."""


def _plain(value: Any) -> Any:
    """A text on one line, without space around it; null is the empty text."""
    return " ".join(value.split()) if isinstance(value, str) else "" if value is None else value


def _word(value: Any) -> Any:
    word = _plain(value)
    return _MEANT.get(word.lower(), word.lower()) if isinstance(word, str) else word


def _one_of(words: tuple[str, ...], nothing: str | None) -> BeforeValidator:
    def check(value: Any) -> Any:
        word = _plain(value)
        spellings = _list_spellings(word.lower()) if isinstance(word, str) else []
        if nothing is not None and spellings and spellings[0] in _NOTHING:
            return nothing
        for spelling in spellings:
            if spelling in words:
                return spelling
        raise ValueError(f"{_word(value)!r} is not one of {', '.join(filter(None, words))}")

    return BeforeValidator(check)


def _list_spellings(word: str) -> list[str]:
    """What a word may stand for, itself first: a motion is ``backward``, a direction ``back``."""
    meant = _MEANT.get(word, word)
    joined = word.replace(" ", "_").replace("-", "_")
    return [word, meant, joined] + ["backward"] * (meant == "back")


def _choice(words: tuple[str, ...]) -> Any:
    return Field(json_schema_extra={"enum": list(words)})


def _seconds(value: Any) -> Any:
    """``"0.4 s"`` is 0.4; NaN and infinity are no times."""
    number = value.lower().removesuffix("s").strip() if isinstance(value, str) else value
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"{value!r} is no time")
    return number


def _number(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _causes(value: Any) -> Any:
    return [] if value in (None, "", "none") else [value] if isinstance(value, int | str) else value


Text = Annotated[str, BeforeValidator(_plain)]
Lower = Annotated[str, BeforeValidator(_word)]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=-_LARGEST, le=_LARGEST)]
Whole = Annotated[int, BeforeValidator(_number), Field(le=_LARGEST)]


class _Form(BaseModel):
    """Fields by name, in any case; what was not asked for is left out."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _lower_names(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {str(name).strip().lower().replace(" ", "_"): value for name, value in data.items()}


class ClaimedStep(_Form):
    """One claim as a teacher writes it; fields as in :class:`Step`. Id 0: it gave none."""

    id: Whole = Field(default=0, ge=0)
    start_s: Seconds
    end_s: Seconds
    person: Whole = Field(default=0, ge=0)
    side: Annotated[str, _one_of(SIDES, "centre"), _choice(SIDES)] = "centre"
    part: Lower = Field(min_length=1)
    motion: Annotated[str, _one_of(MOTIONS, None), _choice(MOTIONS)]
    target: Annotated[str, BeforeValidator(lambda v: "" if _word(v) in _NOTHING else _word(v))] = ""
    direction: Annotated[str, _one_of(DIRECTIONS, ""), _choice(DIRECTIONS)] = ""
    count: Whole = Field(default=1, ge=1)
    causes: Annotated[list[Whole], BeforeValidator(_causes)] = []
    text: Text = Field(min_length=1)

    @model_validator(mode="after")
    def _part_side_and_part(self) -> ClaimedStep:
        """``right hand`` is the hand of the right side; else nobody could measure it."""
        side, _, part = self.part.partition(" ")
        if side in ("left", "right", "both") and part:
            if self.side not in (side, "centre"):
                raise ValueError(f"a {self.part!r} of side {self.side!r}")
            self.side, self.part = side, part
        self.part = _ONE_OF_TWO.get(self.part, self.part)
        return self

    def to_step(self) -> Step:
        """The claim, not yet checked."""
        return Step(**{**self.model_dump(), "causes": tuple(dict.fromkeys(self.causes))})


class TeacherAnswer(_Form):
    """A teacher's whole answer: what happens, why, and what it is called."""

    summary: Text = Field(min_length=1)
    steps: list[ClaimedStep] = Field(min_length=1)
    label: Text = Field(min_length=1)

    @model_validator(mode="after")
    def _number_steps(self) -> TeacherAnswer:
        """Steps without ids are numbered from 1; two of one id cannot be told apart as causes."""
        if all(step.id == 0 for step in self.steps):
            for number, step in enumerate(self.steps, 1):
                step.id = number
        ids = [step.id for step in self.steps]
        if len(set(ids)) < len(ids):
            raise ValueError(f"step ids {ids} are not all different")
        return self

    def to_steps(self) -> tuple[Step, ...]:
        """The claims in the teacher's order, not yet checked."""
        return tuple(step.to_step() for step in self.steps)


class RankingAnswer(_Form):
    """The answer of :mod:`skeletonllm.prompts.ranking`: all other classes, the likest first."""

    ranking: list[Text]


def make_response_format(
    kind: str, form: type[BaseModel] = TeacherAnswer, name: str = "rationale"
) -> dict[str, Any] | None:
    """What is sent as ``response_format``; None where only the prompt asks.

    Args:
        kind: One of :data:`STRUCTURES`.
        form: The answer's fields.
        name: Of the schema; the endpoint wants one.

    Raises:
        UsageError: The kind is unknown.
    """
    if kind not in STRUCTURES:
        raise UsageError(f"structured {kind!r}", expected=f"one of {', '.join(STRUCTURES)}")
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "json_object"}
    schema = form.model_json_schema()
    strict = _make_strict(schema, schema.get("$defs", {}))
    return {"type": kind, "json_schema": {"name": name, "strict": True, "schema": strict}}


def parse_answer(text: str) -> TeacherAnswer:
    """The answer of a teacher, read from what it wrote.

    Raises:
        SourceError: ``not_structured``, with all faults.
    """
    try:
        return TeacherAnswer.model_validate(load_object(text))
    except ValidationError as error:
        raise refuse(*_list_faults(error)) from None


def parse_ranking(text: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """All candidates, as an answer ranks them; case and spaces do not matter.

    Args:
        text: What the teacher wrote.
        candidates: Names that must be in it once each.

    Raises:
        SourceError: ``not_structured``: a name is missing, strange or twice; all are listed.
    """
    try:
        said = RankingAnswer.model_validate(load_object(text)).ranking
    except ValidationError as error:
        raise refuse(*_list_faults(error)) from None
    known = {plain_name(name): name for name in candidates}
    names = [known.get(plain_name(name), "") for name in said]
    pairs = zip(said, names, strict=True)
    faults = [f"{name!r} is no candidate" for name, is_known in pairs if not is_known]
    faults += [f"{name!r} is {names.count(name)} times there" for name in candidates
               if names.count(name) != 1]  # fmt: skip
    if faults:
        raise refuse(*faults)
    return tuple(names)


def plain_name(name: str) -> str:
    """A label without case, punctuation and spaces: ``Hand-waving.`` is ``handwaving``."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _list_faults(error: ValidationError) -> list[str]:
    """One text a fault, such as ``steps 2 motion: 'fly' is not one of ...``; counted from 1."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        place = " ".join(str(p + 1 if isinstance(p, int) else p) for p in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        faults.append(f"{place}: {said}" if place else said)
    return faults


def _make_strict(node: Any, definitions: dict[str, Any]) -> Any:
    """OpenAI's strict subset: references inlined, all fields required, nothing besides them."""
    if isinstance(node, list):
        return [_make_strict(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _make_strict(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if node.get("type") == "object":
        fields = {n: _make_strict(v, definitions) for n, v in node["properties"].items()}
        return {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        }
    # Limits of length and size are not part of every endpoint's subset; the reader checks them.
    return {n: _make_strict(v, definitions) for n, v in node.items() if n in _STRICT}


_STRICT = ("type", "enum", "items", "anyOf")
