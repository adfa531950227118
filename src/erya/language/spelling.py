"""How far two words are apart."""

__all__ = ["edit_distance"]


def edit_distance(one: str, other: str) -> int:
    """Return how many letters are wrong: missing, too many, others, or two exchanged.

    The optimal string alignment distance, a restricted Damerau-Levenshtein distance:
    Boytsov, "Indexing methods for approximate dictionary searching" (2011).
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
