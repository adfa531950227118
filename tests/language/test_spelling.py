import pytest

from erya.language import edit_distance


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("leave", "leave", 0),
        ("leave", "leav", 1),
        ("leave", "lleave", 1),
        ("leave", "lecve", 1),
        ("leave", "laeve", 1),  # exchanged
        ("ca", "abc", 3),  # not 2: no letter is looked at twice
        ("kitten", "sitting", 3),
    ],
)
def test_the_distance_is_that_of_optimal_string_alignment(one, other, distance):
    assert edit_distance(one, other) == distance
    assert edit_distance(other, one) == distance
