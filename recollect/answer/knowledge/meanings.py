"""Words that ask for a relation by another name: mum, spouse, children in a table of fathers.

They count only where the table has no relation of the word itself, or it tells nothing.
"""

from __future__ import annotations

from recollect.english.nouns import KIND

PREPOSITIONS = frozenset(
    "in at to on from for with near under over into about as by against after since".split()
)
# Other words for the same.
ALIASES = {
    "mum": "mother",
    "mom": "mother",
    "mummy": "mother",
    "dad": "father",
    "daddy": "father",
    "kid": "child son daughter",
    "kids": "child son daughter",
    "offspring": "child son daughter",
    "parent": "mother father",
    "child": "son daughter",
    "sibling": "brother sister",
    "born": "birth birthplace birthdate birthday",
    "birth": "born",
    "die": "death",
    "death": "die",
    "birthplace": "born",
    "birthdate": "born birthday",
    "birthday": "born birthdate",
    "residence": "live",
    "live": "residence",
    "employer": "work:for work:at",
    "work": "employer",
    "spouse": "marry husband wife",
    "marry": "spouse husband wife",
    "couple": "spouse",
    "husband": "spouse marry",
    "wife": "spouse marry",
    "job": "occupation profession work:as",
    "occupation": "profession job work:as",
    "profession": "occupation job work:as",
    "author": "writer",
    "writer": "author",
    "boss": "report:to manager supervisor",
    "manager": "report:to boss supervisor",
    "supervisor": "report:to boss manager",
    "old": "age",
    "tall": "height",
    "high": "height",
    "long": "length",
    "deep": "depth",
    "wide": "width",
    "heavy": "weight",
    "fast": "speed",
    "big": "size area",
    "large": "size area",
    "location": "locate situated",
    "locate": "location",
    "name": "called",
    "type": "kind",
    "kind": "type",
    "sort": "kind type",
    "star": "cast",
    "cost": "price",
    "price": "cost",
}
# What is the one of somebody for whom somebody is the other: children, of those who are parents.
CONVERSES = {
    "child": "parent mother father",
    "parent": "child son daughter",
    "kid": "parent mother father",
    "kids": "parent mother father",
    "offspring": "parent mother father",
    "husband": "wife",
    "wife": "husband",
    "spouse": "husband wife",
    "marry": "husband wife",
    "sibling": "brother sister",
    "employee": "work:for work:at employer employ:by",
    "subordinate": "report:to",
    "predecessor": "successor",
    "successor": "predecessor",
}
AGENTS = {"author": "write", "writer": "write", "boss": "manage", "parent": "bear"}
# Read from both sides: France borders Spain, and so Spain borders France. "Starred" is said of
# films and of actors.
EITHER_WAY = frozenset("marry spouse border adjacent neighbour neighbor sibling cousin".split())
TURNS = frozenset({"star"})
# A mother-in-law is no mother, a vice president no president.
APART = frozenset("law grand great step half god foster ex former vice deputy next last".split())
PLACED = frozenset("locate located situated situate base based lie lies sit stand is".split())
HINTS = {
    "where": frozenset("place city town country location in at near address state".split()),
    "when": frozenset("date year time day month on".split()),
    "who": frozenset("by person name".split()),
}
_SPELLINGS = {
    "licence": "license",
    "defence": "defense",
    "offence": "offense",
    "centre": "center",
    "theatre": "theater",
    "metre": "meter",
    "fibre": "fiber",
    "colour": "color",
    "favourite": "favorite",
    "favour": "favor",
    "neighbour": "neighbor",
    "harbour": "harbor",
    "labour": "labor",
    "honour": "honor",
    "flavour": "flavor",
    "behaviour": "behavior",
    "programme": "program",
    "catalogue": "catalog",
    "grey": "gray",
    "jewellery": "jewelry",
}


def american(word: str) -> str:
    """A word as it is spelt in America, if it is spelt otherwise elsewhere.

    >>> american("licences"), american("organisation"), american("rise")
    ('licenses', 'organization', 'rise')
    """
    root = word.removesuffix("s")
    if root in _SPELLINGS:
        return _SPELLINGS[root] + word[len(root) :]
    for end in ("isation", "isations", "ise", "ised", "ises", "iser", "isers", "ising"):
        if word.endswith(end) and len(word) > len(end) + 4:
            return word.removesuffix(end) + end.replace("is", "iz", 1)
    return word


def is_person(noun: str) -> bool:
    """Whether a noun is somebody, so that "where is Ann's mother" does not ask who she is."""
    return KIND.get(noun) == "person" or noun.endswith("in-law")
