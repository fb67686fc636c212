"""Inflection by rules of affixes: the baseline of the shared task of 2017."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from recollect.tasks.pairs.corpus import Pair

__all__ = ["affix_rules", "aligned"]

GAP = ""


def aligned(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[str, str]]:
    """Align two sequences by the fewest edits; a gap is an empty token.

    Of as few edits, gaps come as late as may be, so that what is put behind a word is seen.

    Shapes:
        two sequences of tokens -> pairs of them.

    >>> [a + ">" + b for a, b in aligned("ab", "xab")]
    ['>x', 'a>a', 'b>b']
    """
    cost = [[float(j) for j in range(len(theirs) + 1)]]
    for i, a in enumerate(ours, 1):
        row = [float(i)]
        for j, b in enumerate(theirs, 1):
            row.append(min(cost[-1][j] + 1, row[-1] + 1, cost[-1][j - 1] + (a != b)))
        cost.append(row)
    i, j, out = len(ours), len(theirs), []
    while i or j:
        if i and cost[i][j] == cost[i - 1][j] + 1:
            i, pair = i - 1, (ours[i - 1], GAP)
        elif j and cost[i][j] == cost[i][j - 1] + 1:
            j, pair = j - 1, (GAP, theirs[j - 1])
        else:
            i, j, pair = i - 1, j - 1, (ours[i - 1], theirs[j - 1])
        out.append(pair)
    return out[::-1]


def affix_rules(pairs: Sequence[Pair]) -> Callable[[Sequence[str]], list[str]]:
    """Learn how the ends and the beginnings of stems change with their features.

    Cotterell et al. 2017, "CoNLL-SIGMORPHON 2017 shared task", as its baseline is described: a
    stem and its form are aligned and cut where gaps begin and end; every end of the rest gives a
    rule for these features. The longest end that a stem has is changed, then its beginning as most
    often. Features without a rule leave the stem as it is. Of a language that changes more at the
    beginnings than at the ends, words are read backwards.

    Shapes:
        pairs as of `recollect.tasks.pairs.inflection` -> a function from a source to a form.

    >>> form = affix_rules([Pair((*"walk", "<PST>"), (tuple("walked"),))])
    >>> "".join(form((*"talk", "<PST>")))
    'talked'
    """
    turned = _prefixing(pairs)
    ends: dict[tuple[str, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
    begins: dict[tuple[str, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
    for pair in pairs:
        stem, features = _split(pair.source)
        form = "".join(pair.targets[0])
        before, middle, after = _parts(_turn(stem, turned), _turn(form, turned))
        begins[features][_sides(before)] += 1
        for start in range(len(middle) + 1):
            ends[features][_sides([*middle[start:], *after])] += 1

    def inflect(source: Sequence[str]) -> list[str]:
        stem, features = _split(source)
        word = _turn(stem, turned)
        fit = [(rule, n) for rule, n in ends[features].items() if word.endswith(rule[0])]
        if fit:
            (old, new), _ = max(fit, key=lambda r: (len(r[0][0]), r[1], len(r[0][1])))
            word = word[: len(word) - len(old)] + new
        fit = [(rule, n) for rule, n in begins[features].items() if word.startswith(rule[0])]
        if fit:
            (old, new), _ = max(fit, key=lambda r: r[1])
            word = new + word[len(old) :]
        return list(_turn(word, turned))

    return inflect


def _split(source: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """A source as its stem and its features, which are whole tokens in angle brackets."""
    count = sum(1 for token in source if len(token) > 1)
    letters = len(source) - count
    return "".join(source[:letters]), tuple(source[letters:])


def _turn(word: str, turned: bool) -> str:
    return word[::-1] if turned else word


def _parts(stem: str, form: str) -> tuple[list, list, list]:
    """What is put before a stem or left out there, the rest, and the same behind it."""
    columns = aligned(stem, form)
    first, last = 0, len(columns)
    while first < last and GAP in columns[first]:
        first += 1
    while last > first and GAP in columns[last - 1]:
        last -= 1
    return columns[:first], columns[first:last], columns[last:]


def _sides(columns: Sequence[tuple[str, str]]) -> tuple[str, str]:
    return "".join(a for a, _ in columns), "".join(b for _, b in columns)


def _prefixing(pairs: Sequence[Pair]) -> bool:
    """Whether more is put before the words than behind them, seen from either side alike."""
    counts = [0, 0]
    for pair in pairs:
        stem, form = _split(pair.source)[0], "".join(pair.targets[0])
        for turned in (False, True):
            _, _, after = _parts(_turn(stem, turned), _turn(form, turned))
            counts[turned] += len(after)
    return counts[1] > counts[0]
