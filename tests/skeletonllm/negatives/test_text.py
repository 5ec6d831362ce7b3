from __future__ import annotations

import numpy as np

from skeletonllm.negatives import compute_name_similarity

NAMES = ["put on a shoe", "take off a shoe", "wave hand", "hand waving", "sit down", "???"]


def test_shared_words_and_shared_stems_bring_names_together() -> None:
    similarity = compute_name_similarity(NAMES)
    assert similarity[0].argsort()[-2] == 1  # the shoe, not "on" or "a" elsewhere
    assert similarity[2].argsort()[-2] == 3  # "waving" shares n-grams with "wave"
    assert similarity[0, 1] > 0.2 > similarity[0, 4]


def test_is_a_similarity_matrix_even_for_names_without_words() -> None:
    similarity = compute_name_similarity(NAMES)
    np.testing.assert_allclose(similarity, similarity.T)
    np.testing.assert_array_equal(np.diag(similarity), 1.0)
    assert similarity.min() >= 0
    assert similarity.max() <= 1
    np.testing.assert_array_equal(similarity[5, :5], 0.0)


def test_order_of_names_and_case_do_not_matter() -> None:
    shuffled = [3, 0, 5, 1, 4, 2]
    expected = compute_name_similarity(NAMES)[np.ix_(shuffled, shuffled)]
    found = compute_name_similarity([NAMES[i].upper() for i in shuffled])
    np.testing.assert_allclose(found, expected, atol=1e-12)
