"""References: sacrebleu, rouge-score, the published script of SQuAD, cases by hand."""

import collections
import random
import re
import string

import pytest
from rouge_score import rouge_scorer
from sacrebleu.metrics.bleu import BLEU

from erya.evaluating.answer_metrics import (
    ANSWER_METRICS,
    bleu,
    contains,
    exact_match,
    f1,
    rouge_l,
)

WORDS = [
    "leave",
    "days",
    "fifteen",
    "annual",
    "a",
    "the",
    "of",
    "and",
    "fifteen",
    "sick",
    "pay",
    "年",
    "假",
    "十",
    "五",
    "天",
]


class Splitter:
    """Gives rouge-score the words as they are."""

    def tokenize(self, text):
        return text.split()


def drawn(dice):
    said = " ".join(dice.choices(WORDS, k=dice.choice((1, 2, 3, 9, 30))))
    accepted = [
        " ".join(dice.choices(WORDS, k=dice.choice((1, 2, 7, 25))))
        for _ in range(dice.choice((1, 3)))
    ]
    return said, accepted


@pytest.mark.parametrize("seed", range(60))
def test_bleu_is_that_of_sacrebleu(seed):
    said, accepted = drawn(random.Random(seed))
    reference = BLEU(tokenize="none", effective_order=True)

    expected = reference.sentence_score(said, accepted).score / 100

    assert bleu(said, accepted) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_rouge_l_is_that_of_rouge_score(seed):
    said, accepted = drawn(random.Random(seed))
    scorer = rouge_scorer.RougeScorer(["rougeL"], tokenizer=Splitter())

    expected = max(scorer.score(each, said)["rougeL"].fmeasure for each in accepted)

    assert rouge_l(said, accepted) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_f1_and_exact_match_are_those_of_squad(seed):
    """The definition of the SQuAD 1.1 script, on English with punctuation and articles."""
    dice = random.Random(seed)
    said, *accepted = (
        " ".join(
            dice.choice(("The", "a", "U.S.", "Paris,", "oil-crisis", "1973", '"began"'))
            for _ in range(dice.randrange(1, 6))
        )
        for _ in range(3)
    )

    def normal(text):
        bare = "".join(c for c in text.lower() if c not in string.punctuation)
        return re.sub(r"\b(a|an|the)\b", " ", bare).split()

    def squad(one, other):
        shared = sum((collections.Counter(one) & collections.Counter(other)).values())
        if not shared:
            return 0.0
        precision, recall = shared / len(one), shared / len(other)
        return 2 * precision * recall / (precision + recall)

    words = normal(said)
    assert f1(said, accepted) == pytest.approx(
        max(squad(words, normal(a)) for a in accepted)
    )
    assert exact_match(said, accepted) == float(
        bool(words) and words in [normal(a) for a in accepted]
    )


def test_chinese_is_counted_by_characters():
    """By hand: 3 of 5 and 3 of 3 characters shared."""
    assert f1("年假十五天", ["十五天"]) == pytest.approx(2 * 3 / 8)
    assert rouge_l("年假十五天", ["十五天"]) == pytest.approx(2 * 3 / 8)
    assert exact_match("　十五天。", ["十五天"]) == 1.0
    assert contains("年假为 十五 天", ["十五天"]) == 1.0
    assert contains("员工不能提前离开。", ["能"]) == 0.0
    assert contains("员工能提前离开。", ["能"]) == 1.0
    assert contains("无需要审批", ["需要"]) == 0.0
    assert exact_match("ＨＸ－２１０", ["hx-210"]) == 1.0


@pytest.mark.parametrize("metric", ANSWER_METRICS.values())
def test_nothing_said_or_nothing_accepted_is_zero(metric):
    assert (
        metric("", ["fifteen"])
        == metric(" 。", ["fifteen"])
        == metric("fifteen", [])
        == 0.0
    )
    assert metric("", ["the"]) == metric("", [""]) == 0.0
    assert metric("fifteen days", ["nothing", "fifteen days"]) == pytest.approx(1.0)
