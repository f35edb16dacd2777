"""Which labels are probably wrong, by the margins they had over a training."""

from __future__ import annotations

import pytest
import torch

from model.doubts import LEAST_MARGIN, MOST_TIMES, SOUND_SHARE, Doubts


def doubts_of(margins: torch.Tensor, *, times: int = 2) -> Doubts:
    """Return the doubts after crops of labels of four characters had these margins a character so many times."""
    doubts = Doubts(len(margins))
    lengths = torch.full((len(margins),), 4)
    for _ in range(times):
        doubts.add(range(len(margins)), (4 * margins).tolist(), lengths)
    return doubts


def sound(count: int, *, scale: float = 1.0, seed: int = 0) -> torch.Tensor:
    """Draw margins as sound labels have them, in nats a character."""
    return torch.empty(count).exponential_(1 / scale, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.3])
def test_wrong_labels_are_found_and_few_sound_ones_with_them(share: float) -> None:
    found = listed = planted = 0
    for seed in range(20):
        wrong = round(share * 1000)
        margins = torch.cat([7 + sound(wrong, seed=seed), sound(1000 - wrong, seed=100 + seed)])
        suspects = doubts_of(margins).suspects()
        planted, listed = planted + wrong, listed + len(suspects)
        found += sum(i < wrong for i in suspects)
    assert found > 0.95 * planted
    assert 1 - found / listed < 1.3 * SOUND_SHARE


def test_sound_labels_alone_are_hardly_ever_listed() -> None:
    listed = [len(doubts_of(sound(1000, scale=2, seed=seed)).suspects()) for seed in range(50)]
    assert sum(count > 0 for count in listed) <= 0.3 * 50
    assert sum(listed) < 50


def test_the_clearest_comes_first_with_its_margin() -> None:
    suspects = doubts_of(torch.tensor([0.01, 9.0, 0.02, 12.0] + [0.01] * 30)).suspects()
    assert suspects == pytest.approx({3: 12.0, 1: 9.0})
    assert list(suspects) == [3, 1]


def test_small_margins_and_crops_seen_once_are_no_grounds() -> None:
    margins = torch.tensor([LEAST_MARGIN - 0.1] + [0.0] * 30)
    assert doubts_of(margins).suspects() == {}
    assert doubts_of(10 * margins, times=1).suspects() == {}
    assert list(doubts_of(10 * margins).suspects()) == [0]


def test_what_was_learnt_by_heart_later_on_does_not_count() -> None:
    margins = torch.tensor([9.0] + [0.1] * 30)
    doubts = doubts_of(margins, times=MOST_TIMES)
    early = doubts.suspects()
    for _ in range(50):
        doubts.add(range(31), [0.0] * 31, torch.full((31,), 4))
    assert doubts.suspects() == early == {0: pytest.approx(9.0)}
