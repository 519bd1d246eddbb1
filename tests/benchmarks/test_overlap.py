"""The overlap by which pages are judged."""

import numpy as np
import pytest

from benchmarks.overlap import overlap

SQUARE = np.array([(0, 0), (100, 0), (100, 100), (0, 100)], np.float32)


def test_no_answer_counts_as_nothing_found() -> None:
    assert overlap(None, SQUARE) == 0.0


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(((0, 0), (100, 0), (100, 100), (0, 100)), SQUARE) == pytest.approx(1.0)
    assert overlap(((50, 0), (150, 0), (150, 100), (50, 100)), SQUARE) == pytest.approx(1 / 3)
    assert overlap(((200, 0), (300, 0), (300, 100), (200, 100)), SQUARE) == 0.0
