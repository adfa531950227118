"""What every source keeps."""

from collections.abc import Callable

import pytest

from erya.records import Item, Problem, Unchanged, is_under
from erya.sources import Source

__all__ = ["SourceContract"]


class SourceContract:
    """Tests that hold for every source; inherit, and give `make_source`.

    What it makes offers two items at least, and can be seen whole.

    Attributes:
        has_validators: Whether it can tell without reading that an item is unchanged.
    """

    has_validators = True

    @pytest.fixture
    def make_source(self) -> Callable[[], Source]:
        """Return what makes the source."""
        raise NotImplementedError

    def test_what_it_offers_lies_below_its_roots(
        self, make_source: Callable[[], Source]
    ) -> None:
        source = make_source()
        offered = list(source.items({}))

        assert len(offered) >= 2
        assert all(
            any(is_under(each.source, root) for root in source.roots)
            for each in offered
        )

    def test_every_item_has_a_source_of_its_own(
        self, make_source: Callable[[], Source]
    ) -> None:
        sources = [each.source for each in make_source().items({})]

        assert len(set(sources)) == len(sources)

    def test_it_offers_the_same_again(self, make_source: Callable[[], Source]) -> None:
        first = [e for e in make_source().items({}) if isinstance(e, Item)]
        second = [e for e in make_source().items({}) if isinstance(e, Item)]

        assert [(e.source, e.data) for e in first] == [
            (e.source, e.data) for e in second
        ]

    def test_it_tells_that_it_was_seen_whole(
        self, make_source: Callable[[], Source]
    ) -> None:
        source = make_source()
        problems = [e for e in source.items({}) if isinstance(e, Problem) and e.failed]

        assert not problems
        assert all(source.complete(root) for root in source.roots)

    def test_what_its_validators_hold_for_is_not_sent_again(
        self, make_source: Callable[[], Source]
    ) -> None:
        read = [each for each in make_source().items({}) if isinstance(each, Item)]
        known = {each.source: each.validators for each in read}
        again = list(make_source().items(known))
        unsent = {each.source for each in again if isinstance(each, Unchanged)}

        assert any(known.values()) is self.has_validators
        assert {each.source for each in again} == known.keys()
        assert unsent == {source for source, told in known.items() if told}
