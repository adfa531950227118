from erya.records import Hit
from erya.reranking import diversified
from erya.testing import chunked, document


def hits(*texts):
    return [
        Hit(chunk=chunk, score=1.0 - 0.01 * number, ranks={})
        for number, text in enumerate(texts)
        for chunk in chunked(document(f"{number}.txt", text))
    ]


def order(found):
    return [hit.chunk.source[0] for hit in found]


SAME = ("Hotels cost 140 euro.", "A hotel costs 140 euro.", "Trains run at night.")


def test_what_adds_something_comes_before_what_repeats():
    assert order(diversified(hits(*SAME), diversity=0.5)) == ["0", "2", "1"]


def test_without_diversity_nothing_moves():
    assert order(diversified(hits(*SAME), diversity=0.0)) == ["0", "1", "2"]


def test_the_best_stays_first_and_nothing_is_lost():
    found = diversified(hits(*SAME, *SAME), diversity=1.0)

    assert order(found)[0] == "0"
    assert sorted(order(found)) == list("012345")


def test_few_hits_stay():
    assert diversified([], diversity=0.5) == ()
