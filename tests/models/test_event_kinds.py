"""What a text shows of words that no list has."""

import pytest

from recollect.english import TOKEN_IDS
from recollect.models.event_kinds import settle


def shown(*clauses: str) -> dict[int, str]:
    """Settle the entities of clauses such as "<person>:0 leave <noun>:1"."""
    names = {number: token for token, number in TOKEN_IDS.items()}
    tokens, entities = [], []
    for clause in clauses:
        words = [word.partition(":") for word in clause.split()]
        tokens.append([TOKEN_IDS[word] for word, _, _ in words])
        entities.append([int(entity) if entity else -1 for _, _, entity in words])
    return {entity: names[token] for entity, token in settle(tokens, entities).items()}


@pytest.mark.parametrize(
    ("clauses", "kind"),
    [
        (("<person>:0 <go> to <noun>:1",), "<place>"),
        (("<person>:0 <enter> <noun>:1",), "<place>"),
        (("<person>:0 <go> to <name>:1", "<name>:1 <take> <thing>:2"), "<person>"),
        (("<person>:0 carry <name>:1 to <place>:2", "<name>:1 <go> to <place>:3"), "<person>"),
        (("<person>:0 <give> <noun>:1 <thing>:2",), "<person>"),
        (("<person>:0 <give> <noun>:1",), "<thing>"),
        (("<person>:0 <give> <thing>:2 to <noun>:1",), "<person>"),
        (("<person>:0 <give> <thing>:2 to <noun>:1", "<person>:0 be in <noun>:1"), "<place>"),
        (("<person>:0 <take> <noun>:1", "<person>:0 <go> to <noun>:1"), "<thing>"),
    ],
)
def test_the_surest_use_of_a_word_settles_its_kind(clauses, kind):
    assert shown(*clauses)[1] == kind


@pytest.mark.parametrize(
    "clauses",
    [
        ("<person>:0 leave <noun>:1",),
        ("<person>:0 <take> <noun>:1", "<person>:0 be in <noun>:1"),
        ("<noun>:1 <take> <thing>:2", "<person>:0 be in <noun>:1"),
        ("<noun>:1 <go> into <place>:2", "<person>:0 <take> <noun>:1"),
        ("<person>:0 <give> <thing>:2 to <noun>:1", "<person>:0 <go> to <noun>:1"),
    ],
)
def test_uses_that_disagree_settle_nothing(clauses):
    assert 1 not in shown(*clauses)


def test_what_a_list_knows_is_left_alone():
    assert shown("<person>:0 <go> to <place>:1") == {}
