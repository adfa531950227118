"""What is packed comes out whole, or not at all."""

import gzip
import zlib

import pytest

from erya.unpacking import unpack

TEXT = b"The fee is 40 euros. " * 5_000


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TEXT),
        gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:]),
        zlib.compress(TEXT),
        zlib.compress(TEXT)[2:-4],
    ],
    ids=["gzip", "members", "zlib", "bare"],
)
@pytest.mark.parametrize("size", [1, 7, 10**9])
def test_it_is_the_same_however_it_is_cut(packed, size):
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(unpack(parts, most_bytes=len(TEXT))) == TEXT


@pytest.mark.parametrize(
    "packed", [gzip.compress(TEXT)[:-9], gzip.compress(TEXT) + b"rest", b"none of it"]
)
def test_what_is_damaged_or_cut_off_is_told(packed):
    with pytest.raises(ValueError, match="damaged or cut off"):
        list(unpack([packed], most_bytes=10**9))


def test_a_bomb_ends_at_the_limit():
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        list(unpack([gzip.compress(b"0" * 10**8)], most_bytes=1_000))


def test_nothing_is_nothing():
    assert list(unpack([], most_bytes=10)) == []
