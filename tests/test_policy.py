from typing import Any

import pytest

from erya.errors import NotAllowedError, UsageError
from erya.policy import EVERYTHING, labels, permit, reader_labels
from erya.records import Principal

ADA = Principal(user="ada", groups=frozenset({"sales"}))


def test_a_reader_has_their_own_label_those_of_their_groups_and_public():
    assert labels(ADA) == frozenset({"public", "user:ada", "group:sales"})
    assert labels(Principal()) == frozenset({"public"})


def test_owner_and_system_read_everything_which_is_no_set_of_labels():
    assert labels(Principal.owner("ada")) is EVERYTHING
    assert labels(Principal.system()) is EVERYTHING


def test_no_request_can_make_a_system():
    with pytest.raises(TypeError):
        Principal(user="eve", role="system")  # type: ignore[call-arg]
    assert Principal(user="system").role == "reader"


def test_readers_read_and_do_no_more():
    permit(ADA, "read")
    for action in ("write", "maintain"):
        with pytest.raises(NotAllowedError, match="ada may read this base"):
            permit(ADA, action)
        permit(Principal.owner("ada"), action)
        permit(Principal.system(), action)


def test_labels_that_a_person_typed_are_checked():
    assert reader_labels(["public", "user:ada", "group:销售"]) == {
        "public",
        "user:ada",
        "group:销售",
    }
    for wrong in ("ada", "users:ada", "user:", "user:a b", "group:a,b", "PUBLIC", ""):
        with pytest.raises(UsageError, match="user:NAME, group:NAME or public"):
            reader_labels([wrong])
    with pytest.raises(UsageError, match="At least one"):
        reader_labels([])


def test_a_name_is_no_principal():
    named: Any = "ada"
    for ask in (labels, lambda told: permit(told, "read")):
        with pytest.raises(UsageError, match="Principal\\(user="):
            ask(named)
