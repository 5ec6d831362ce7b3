from __future__ import annotations

from math import factorial

import numpy as np
import pytest

from skeletonllm.stream.permutation import permute, random_bits


def table(count: int, groups: int, key: int = 7) -> np.ndarray:
    """[groups, count]: each row one permutation."""
    index, group = np.meshgrid(np.arange(count), np.arange(groups))
    return permute(index, count, key, group)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 1000, 65_537])
def test_every_group_is_a_permutation_of_any_size(count: int) -> None:
    found = np.sort(table(count, 3), axis=1)
    np.testing.assert_array_equal(found, np.tile(np.arange(count), (3, 1)))


def test_an_index_is_permuted_without_its_neighbours() -> None:
    whole = table(1000, 4)
    asked, groups = np.array([999, 0, 512]), np.array([3, 1, 2])
    np.testing.assert_array_equal(permute(asked, 1000, 7, groups), whole[groups, asked])


@pytest.mark.parametrize("count", [2, 3, 4])
def test_small_permutations_are_all_reached_and_equally_often(count: int) -> None:
    found, times = np.unique(table(count, 24_000), axis=0, return_counts=True)
    assert len(found) == factorial(count)
    assert times.min() > 0.8 * times.mean()
    assert times.max() < 1.2 * times.mean()


def test_each_place_of_a_large_permutation_is_equally_likely() -> None:
    places = table(100, 20_000)[:, 37]
    assert np.bincount(places // 10).min() > 1850  # 2000 expected, standard error 42


def test_the_bits_are_those_of_splitmix64_for_ever() -> None:
    """Published values of the generator of Steele, Lea and Flood for the seed 1234567."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert random_bits(np.arange(3), 1234567).tolist() == published


def test_the_permutation_is_frozen() -> None:
    """A change here changes every run that is resumed: name it in the CHANGELOG under ORDER."""
    assert table(10, 1)[0].tolist() == [5, 6, 9, 3, 2, 7, 8, 1, 4, 0]
    far = np.array([0, 123_456_789, 2**40 - 1])
    places = permute(far, 2**40, 2**64 - 1, np.array([0, 5, 2**33]))
    assert places.tolist() == [701311695530, 783786552252, 1096760361966]


def test_another_key_or_group_gives_another_permutation() -> None:
    one, other = table(1000, 2)
    assert (one == other).mean() < 0.01
    assert (one == table(1000, 1, key=8)[0]).mean() < 0.01
