from typing import Any

import pytest

from erya.errors import NotAllowedError, UsageError
from erya.policy import (
    EVERYTHING,
    BaseAccess,
    check_grant,
    labels,
    owns,
    permit,
    reader_labels,
    role_in,
)
from erya.records import Principal

BASE = BaseAccess(name="hr")
ADA = Principal(user="ada", groups=frozenset({"sales"}))


def test_a_reader_has_their_own_label_those_of_their_groups_and_public():
    assert labels(ADA, BASE) == frozenset({"public", "user:ada", "group:sales"})
    assert labels(Principal(), BASE) == frozenset({"public"})


def test_owner_and_system_read_everything_which_is_no_set_of_labels():
    assert labels(Principal.owner("ada"), BASE) is EVERYTHING
    assert labels(Principal.system(), BASE) is EVERYTHING


def test_no_request_can_make_a_system():
    with pytest.raises(TypeError):
        Principal(user="eve", role="system")  # type: ignore[call-arg]
    assert Principal(user="system").role == "reader"


def test_readers_read_and_do_no_more():
    permit(ADA, "read", BASE)
    for action in ("write", "maintain"):
        with pytest.raises(NotAllowedError, match="ada may read this base"):
            permit(ADA, action, BASE)
        permit(Principal.owner("ada"), action, BASE)
        permit(Principal.system(), action, BASE)


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
    for ask in (lambda told: labels(told, BASE), lambda told: permit(told, "read", BASE)):  # fmt: skip
        with pytest.raises(UsageError, match="Principal\\(user="):
            ask(named)


def test_a_role_holds_in_its_base_and_in_no_other():
    hr = BaseAccess(name="hr", grants={"user:ada": "owner"})
    it = BaseAccess(name="it", grants={"group:sales": "editor", "user:bob": "owner"})

    assert (role_in(ADA, hr), role_in(ADA, it), role_in(ADA, BASE)) == (
        "owner", "editor", "reader",
    )  # fmt: skip
    assert (owns(ADA, hr), owns(ADA, it)) == (True, False)
    assert labels(ADA, hr) is labels(ADA, it) is EVERYTHING
    for action in ("read", "write", "maintain"):
        permit(ADA, action, hr)
    permit(ADA, "write", it)
    with pytest.raises(NotAllowedError, match="may read and write this base"):
        permit(ADA, "maintain", it)
    with pytest.raises(NotAllowedError, match="may read this base"):
        permit(ADA, "write", BASE)


def test_the_highest_role_of_a_person_and_their_groups_counts():
    grants = {"user:ada": "reader", "group:sales": "owner", "group:other": "owner"}
    base = BaseAccess(name="hr", grants=grants)  # type: ignore[arg-type]

    assert role_in(ADA, base) == "owner"
    assert role_in(Principal(user="sales"), base) == "reader"
    assert role_in(Principal(), base) == "reader"


def test_a_grant_that_a_person_typed_is_checked():
    assert check_grant("group:销售", "editor") == ("group:销售", "editor")
    for label in ("public", "ada", "user:"):
        with pytest.raises(UsageError, match="user:NAME or group:NAME"):
            check_grant(label, "editor")
    with pytest.raises(UsageError, match="reader, editor, owner"):
        check_grant("user:ada", "king")
