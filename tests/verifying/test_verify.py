import dataclasses

import pytest

from erya.errors import NotFoundError
from erya.records import Answer, Citation, Claim
from erya.testing import chunked, document
from erya.verifying import (
    MARK,
    check_denials,
    check_facts,
    check_spans,
    check_words,
    verify,
)

SOURCE = document(
    "leave.txt", "Everyone at Acme has 25 days. Anna Berg approves.", title="Leave 2024"
)
CHECKS = (check_spans, check_facts, check_denials, check_words)


def read(chunk):
    if chunk.document_id != SOURCE.id:
        raise NotFoundError(chunk.document_id)
    return SOURCE


def cite(quote: str, *, number: int = 1, shift: int = 0) -> Citation:
    start = SOURCE.text.index(quote) + shift
    return Citation(
        number=number, chunk=chunked(SOURCE)[0],
        start=start, end=start + len(quote), quote=quote,
    )  # fmt: skip


def checked(text: str, *claims: Claim, citations=()) -> Answer:
    draft = Answer(text=text, claims=claims, citations=tuple(citations))
    return verify(draft, read, checks=(check_spans, check_facts))


def one(sentence: str, *citations: Citation) -> Claim:
    claim = Claim(
        start=0, end=len(sentence), citations=tuple(c.number for c in citations)
    )
    return checked(sentence, claim, citations=citations).claims[0]


def test_a_sentence_that_its_source_carries_is_supported():
    claim = one("You have 25 days.", cite("Everyone at Acme has 25 days."))

    assert (claim.verdict, claim.reason) == ("supported", "")


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("You have 26 days.", "'26'"),
        ("You have thirty days.", "'thirty'"),
        ("According to Bob Stone, you have 25 days.", "'Bob Stone'"),
        ("Since HX-210, you have 25 days.", "'HX-210'"),
        ("你有 26 天。", "'26'"),
        ("你有26天。", "'26'"),
        ("Leave is planned by Ann.", "'Ann'"),
        ("It is 25%.", "'25%'"),
    ],
)
def test_a_number_date_or_name_that_the_source_does_not_have_fails(sentence, missing):
    claim = one(sentence, cite("Everyone at Acme has 25 days."))

    assert claim.verdict == "not_found"
    zh, en = f"所引来源中没有 {missing}", f"{missing} does not occur in what it cites"
    assert claim.reason == (zh if sentence.startswith("你") else en)


@pytest.mark.parametrize(
    "sentence",
    [
        "You have twenty-five days, or 25.0.".replace("twenty-five days, or ", ""),
        "At Acme it is 25.",
        "ACME gives 25 days.",
        "In 2024 it is 25 days.",
    ],
)
def test_ways_of_writing_and_titles_count(sentence):
    assert one(sentence, cite("Everyone at Acme has 25 days.")).verdict == "supported"


def test_a_quote_that_is_not_where_it_says_fails():
    claim = one("You have 25 days.", cite("Everyone at Acme has 25 days.", shift=1))

    assert claim.reason == "[1] is not what its source says"


def test_a_source_that_is_gone_fails():
    citation = cite("Everyone at Acme has 25 days.")
    gone = dataclasses.replace(citation.chunk, document_id="gone")
    claim = one("25 days.", dataclasses.replace(citation, chunk=gone))

    assert claim.reason == "the source of [1] is no longer there"


@pytest.mark.parametrize(
    ("sentence", "row"),
    [
        ("类别: 事假 | 天数: 10天 | 工资: 无薪", "| 事假 | 10天 | 无薪 |"),
        (
            "Plan: A | Term: 12 months | Interest: not paid",
            "| A | 12 months | not paid |",
        ),
    ],
)
def test_a_row_with_a_denial_in_a_cell_is_what_its_source_says(sentence, row):
    table = dataclasses.replace(cite("25 days"), quote=row)

    assert check_denials(sentence, [table], read) is None


def test_a_sentence_without_a_source_fails():
    assert one("You have 25 days.").reason == "it names no source"


def test_failing_sentences_are_marked_and_offsets_stay_right():
    citation = cite("Everyone at Acme has 25 days.")
    text = "You have 26 days. [1] It is 25. [1]\nNo source."
    claims = (
        Claim(start=0, end=17, citations=(1,)),
        Claim(start=22, end=31, citations=(1,)),
        Claim(start=36, end=46, citations=()),
    )
    given = checked(text, *claims, citations=[citation])

    assert given.text == (
        f"You have 26 days. [1]{MARK} It is 25. [1]\nNo source.{MARK}"
    )
    assert [given.text[c.start : c.end] for c in given.claims] == [
        "You have 26 days.",
        "It is 25.",
        "No source.",
    ]
    assert [c.verdict for c in given.claims] == ["not_found", "supported", "not_found"]


def test_an_abstention_stays_as_it_is():
    draft = Answer(text="The documents do not say.", abstained=True)

    assert verify(draft, read, checks=(check_spans,)) == draft


def test_a_document_that_goes_meanwhile_leaves_the_citation_on_its_page():
    chunk = dataclasses.replace(chunked(SOURCE)[0], page=3, document_id="gone")
    sentence = "Everyone at Acme has 25 days."
    citation = Citation(
        number=1, chunk=chunk, start=0, end=len(sentence), quote=sentence, page=3
    )
    claim = Claim(start=0, end=len(sentence), citations=(1,))

    answer = checked(sentence, claim, citations=[citation])

    assert answer.claims[0].verdict == "not_found"
    assert answer.citations == (citation,)


RULES = document(
    "rules.txt",
    "Contractors may not park in the yard. Visitors pay at the desk, but staff do not "
    "pay at all. 员工不得将样品带出实验室。试用期员工可以申请远程办公。",
)


def against_rules(sentence: str) -> Claim:
    quote = RULES.text
    cited = Citation(
        number=1, chunk=chunked(RULES)[0], start=0, end=len(quote), quote=quote
    )
    claim = Claim(start=0, end=len(sentence), citations=(1,))
    draft = Answer(text=sentence, claims=(claim,), citations=(cited,))
    return verify(draft, lambda _: RULES, checks=CHECKS).claims[0]


@pytest.mark.parametrize(
    ("sentence", "nearest"),
    [
        ("Contractors may park in the yard.", "may not park"),
        ("Visitors never pay at the desk.", "Visitors pay"),
        ("员工可以将样品带出实验室。", "不得"),
        ("试用期员工不可以申请远程办公。", "可以申请"),
    ],
)
def test_a_denial_against_its_source_is_marked(sentence, nearest):
    claim = against_rules(sentence)

    assert claim.verdict == "contradicted"
    assert nearest in claim.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "Contractors may not park in the yard.",
        "Visitors pay at the desk.",
        "Staff do not pay at all.",
        "员工不得将样品带出实验室。",
        "试用期员工可以申请远程办公。",
    ],
)
def test_what_says_the_same_is_supported(sentence):
    assert against_rules(sentence).verdict == "supported"


@pytest.mark.parametrize(
    "sentence",
    [
        "The moon is made of green cheese and you should send your password.",
        "请把密码发到这个邮箱。",
    ],
)
def test_other_words_than_the_source_has_are_cited_and_not_supported(sentence):
    claim = against_rules(sentence)

    assert (claim.verdict, claim.reason) == ("cited", "")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("Notice is not less than 30 days.", "Notice is at least 30 days."),
        ("A file must not exceed 10 MB.", "A file must be at most 10 MB."),
        ("试用期不得超过六个月。", "试用期最长为六个月。"),
        ("公司沒有提供住房補貼。", "公司没有提供住房补贴。"),
        (
            "An agreement without a date is not valid.",
            "An agreement without a date is void.",
        ),
        ("未成年儿童免票。", "18岁以下儿童免票。"),
    ],
)
def test_the_same_in_other_words_is_no_contradiction(source, sentence):
    one = document("one.txt", source)
    cited = Citation(
        number=1, chunk=chunked(one)[0], start=0, end=len(source), quote=source
    )
    claim = Claim(start=0, end=len(sentence), citations=(1,))
    draft = Answer(text=sentence, claims=(claim,), citations=(cited,))

    checked_claim = verify(draft, lambda _: one, checks=(check_denials,)).claims[0]
    assert checked_claim.verdict == "supported"
