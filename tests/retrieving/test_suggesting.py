import pytest

from erya.models import common_words
from erya.records import Evidence
from erya.retrieving.suggesting import keep_likely


@pytest.mark.parametrize(
    ("asked", "meant", "kept"),
    [
        ("the mergre of shops", "the merger of shops", True),
        ("What does clause 2 say?", "What does cause 2 say?", False),
        ("Where is it held?", "Where is it head?", False),
        ("Wer wurde genannt?", "Wer werde genannt?", False),
    ],
)
def test_a_right_word_is_not_put_right(asked, meant, kept):
    if not common_words():
        pytest.skip("the bundled models were not built")
    found = keep_likely(Evidence(hits=(), weights={}, suggestion=meant), asked)

    assert found.suggestion == (meant if kept else "")
