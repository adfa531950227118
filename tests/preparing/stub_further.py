"""A parsing process whose preparation does what a hostile text could make it do."""

import time
from typing import Any

from erya.loading.worker import main
from erya.preparing.worker import prepare_and_cut

LIES: dict[str, list[Any]] = {
    "outside": [[[0, 10_000, None, [], {"a": 1}, {}]]],
    "twice": [[[0, 4, None, [], {"a": 1}, {}]] * 2],
    "negative": [[[0, 4, None, [], {"a": -1}, {}]]],
    "numbers": [[["0", "4", None, [], {}, {}]]],
    "short": [[[0, 4]]],
    "often": [[[0, 4, None, [], {"a": 200_000_000}, {}]]],
    "paged": [[[0, 4, 10**30, [], {"a": 1}, {}]]],
    "nothing": [None],
    "number": [5],
    "endless": [[[0, 4, None, [], {"a" * 1_000_000: 1}, {}]]] * 200,
}


def further(parsed, request, rows):
    word = parsed.text.split()[0]
    if word == "hang":
        time.sleep(600)
    if word == "allocate":
        bytearray(50 * 10**9)
    result, report = prepare_and_cut(
        parsed, request, (lambda _: None) if word in LIES else rows
    )
    for lie in LIES.get(word, ()):
        rows(lie)
    return result, {**report, **({"masked": [[0, 9_999]]} if word == "masked" else {})}


if __name__ == "__main__":
    main(further)
