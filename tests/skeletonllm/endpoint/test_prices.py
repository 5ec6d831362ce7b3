"""Prices: shipped ones, the user's over them, and what no budget could hold for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.endpoint.prices import Price, cost, find_price, load_prices
from skeletonllm.errors import UsageError

REMOTE, LOCAL = "https://api.openai.com/v1", "http://127.0.0.1:8000/v1"


def write(folder: Path, models: Any) -> str:
    file = folder / "mine.json"
    file.write_text(json.dumps({"models": models}))
    return str(file)


def test_a_dated_snapshot_costs_what_its_model_costs_unless_it_is_listed() -> None:
    prices = load_prices(None)
    assert find_price(prices, "gpt-4o-2024-08-06", REMOTE) == prices["gpt-4o"]
    assert find_price(prices, "gpt-4o-2024-05-13", REMOTE).input_usd == 5.0
    assert find_price(prices, "gpt-4o-mini-2024-07-18", REMOTE) == prices["gpt-4o-mini"]


def test_the_users_prices_stand_over_the_shipped_ones(tmp_path: Path) -> None:
    prices = load_prices(write(tmp_path, {"gpt-4o": {"input_usd": 1, "output_usd": 2}}))
    assert prices["gpt-4o"] == Price(1, 2)
    assert prices["gpt-4.1"] == load_prices(None)["gpt-4.1"]


def test_an_unknown_model_is_free_on_this_machine_and_refused_elsewhere() -> None:
    assert find_price({}, "mine", LOCAL) == Price(0.0, 0.0, known=False)
    with pytest.raises(UsageError, match=r"no price is known for the model 'mine'.*--prices FILE"):
        find_price({}, "mine", REMOTE)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([], "without models"),
        ({"m": 3}, "3 for a price"),
        ({"m": {"input_usd": 1}}, "without .'output_usd'"),
        ({"m": {"input_usd": -1, "output_usd": 2}}, "input_usd = -1"),
        ({"m": {"input_usd": True, "output_usd": 2}}, "input_usd = True"),
        ({"m": {"input_usd": 1, "output_usd": 2, "known": False}}, "unknown keys .'known'"),
    ],
)
def test_a_file_that_holds_no_prices_is_refused(tmp_path: Path, models: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_prices(write(tmp_path, models))


def test_the_batch_api_costs_half() -> None:
    assert cost(Price(2.5, 10.0), 1000, 100, batch=True) == cost(Price(2.5, 10.0), 1000, 100) / 2
