"""What a million tokens cost: a shipped list, and the user's own over it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from skeletonllm.endpoint.settings import EndpointSettings, is_local
from skeletonllm.errors import UsageError
from skeletonllm.storage import check_json, read_json

SHIPPED = Path(__file__).with_name("prices.json")
VERSION = "1.0.0"
"""Of the layout of a file of prices."""

_MILLION = 1e6
_DATE = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")
"""End of the name of a dated snapshot: ``gpt-4o-2024-08-06`` costs what ``gpt-4o`` does, unless
the list names it."""
_SHAPE = '{"models": {"NAME": {"input_usd": 1.0, "output_usd": 2.0}}}'


@dataclass(frozen=True)
class Price:
    """What a model costs, in US dollars per million tokens.

    Args:
        input_usd: Of the input.
        output_usd: Of the output.
        cached_input_usd: Of input that the endpoint had in its own cache. For information: we
            reckon with the full price, as no one promises a hit.
        batch: The Batch API costs so many times the price.
        known: Whether somebody stated it; a local server of no stated price costs nothing.
    """

    input_usd: float
    output_usd: float
    cached_input_usd: float | None = None
    batch: float = 0.5
    known: bool = True


def load_prices(path: str | None) -> Mapping[str, Price]:
    """Price of each model by name: the shipped ones, and over them the user's.

    Args:
        path: The user's file, of the same form as ``prices.json`` here; None for none.

    Raises:
        UsageError: The file is missing, is not JSON, or holds something that is no price.
        SchemaError: It is of another major version.
    """
    prices = _read_models(json.loads(SHIPPED.read_text()), str(SHIPPED))
    return prices if path is None else {**prices, **_read_models(read_json(path), path)}


def find_price(prices: Mapping[str, Price], model: str, base_url: str) -> Price:
    """The price of a model: by its name, or by its name without the date of a snapshot.

    Args:
        prices: Of all known models.
        model: As the endpoint calls it.
        base_url: Of the endpoint. On this machine, an unknown model costs nothing.

    Raises:
        UsageError: Nobody knows what it costs, so that no budget could hold.

    Example:
        >>> prices = {"gpt-4o": Price(2.5, 10.0)}
        >>> find_price(prices, "gpt-4o-2024-08-06", "https://api.openai.com/v1").input_usd
        2.5
    """
    for name in (model, _DATE.sub("", model)):
        if name in prices:
            return prices[name]
    if is_local(base_url):
        return Price(0.0, 0.0, known=False)
    raise UsageError(
        f"no price is known for the model {model!r}",
        where="--model",
        hint=f"Write it into a file, as {_SHAPE.replace('NAME', model)} in dollars per million "
        "tokens, and give that with --prices FILE (0 for a server of your own).",
    )


def open_price(settings: EndpointSettings) -> Price:
    """The price of the model that is asked, by the user's file or ours.

    Raises:
        UsageError: Nobody knows it, or the file is no file of prices.
    """
    return find_price(load_prices(settings.prices), settings.model, settings.base_url)


def cost(price: Price, tokens_in: int, tokens_out: int, *, batch: bool = False) -> float:
    """US dollars of one answer.

    Args:
        price: Of the model.
        tokens_in: Tokens of the question.
        tokens_out: Tokens of the answer.
        batch: Whether it is asked through the Batch API.

    Example:
        >>> cost(Price(2.0, 8.0), 1_000_000, 500_000)
        6.0
    """
    usd = (tokens_in * price.input_usd + tokens_out * price.output_usd) / _MILLION
    return usd * price.batch if batch else usd


def _read_models(data: Any, where: str) -> dict[str, Price]:
    check_json("a file of prices", data, VERSION, where)
    models = data.get("models")
    if not isinstance(models, dict):
        raise UsageError("a file of prices without models", expected=_SHAPE, where=where)
    return {name: _read_price(stated, f"{where}: {name}") for name, stated in models.items()}


def _read_price(stated: Any, where: str) -> Price:
    if not isinstance(stated, dict):
        raise UsageError(f"{stated!r} for a price", expected=_SHAPE, where=where)
    known = {field.name for field in fields(Price)} - {"known"}
    if unknown := sorted(set(stated) - known):
        raise UsageError(f"unknown keys {unknown}", expected=f"of {sorted(known)}", where=where)
    for name, value in stated.items():
        if not (_is_amount(value) or (name == "cached_input_usd" and value is None)):
            raise UsageError(f"{name} = {value!r}", expected="a number, 0 or above", where=where)
    if missing := sorted({"input_usd", "output_usd"} - set(stated)):
        raise UsageError(f"a price without {missing}", expected=_SHAPE, where=where)
    return Price(**stated)


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0
