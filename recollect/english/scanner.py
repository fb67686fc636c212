"""Looking around in the raw tokens of a sentence, and the items found so far."""

from __future__ import annotations

from functools import lru_cache

from recollect.english.items import Item, Known, Mention
from recollect.english.lexicon import (
    ADVERBS,
    COORDINATORS,
    DETERMINERS,
    DROPPED,
    MODALS,
    PREPOSITIONS,
    PRONOUNS,
    REFLEXIVES,
    SELF,
    SUBORDINATORS,
    WH,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.nouns import ADJECTIVES, KIND, NOUNS
from recollect.english.tokens import Raw
from recollect.english.verbs import VERB_CLASS

_BE = frozenset("am is are was were be been being".split())
_HAVE = frozenset("have has had having".split())
_DO = frozenset("do does did".split())
_SMALL = (
    frozenset(DETERMINERS) | frozenset(PRONOUNS) | frozenset(SELF) | frozenset(WH) | frozenset(PREPOSITIONS)
    | frozenset(COORDINATORS) | frozenset(SUBORDINATORS) | frozenset(ADVERBS) | frozenset(DROPPED) | MODALS | _BE
    | _HAVE | _DO | REFLEXIVES
)  # fmt: skip
_NOUN_TOO = frozenset(
    "back first last right left past well round light top bottom front side inside outside like no many more most "
    "few all both half cause then home now so here far long short early late next hard straight dear can will".split()
)
"""Small words that may be part of a noun phrase after its determiner."""
FORMS = {word: frozenset(form for _, form in readings) for word, readings in VERB_FORMS.items()}
_NO_FORMS: frozenset[str] = frozenset()
_ING_MODIFIERS = frozenset(
    "dressing changing waiting washing living sleeping dining meeting swimming sitting reading fitting parking "
    "landing walking drinking shopping cutting chopping rolling sewing training loading filing boarding holding "
    "hiding operating writing drawing fishing baking mixing frying knitting skating bowling climbing hiking running "
    "riding building recycling packing ironing playing staging docking charging measuring boxing cooking serving "
    "mixing storing sorting shipping receiving unloading camping carrying tasting drying hearing".split()
)


@lru_cache(maxsize=50_000)
def _noun(low: str) -> bool:
    return low in KIND or low in NOUNS or singular(low) in KIND or singular(low) in NOUNS


def _kind(words: list[str], head: str) -> str:
    """The kind of a noun from its longest known ending."""
    for start in range(len(words) - 1):
        kind = KIND.get("_".join([*words[start:-1], head])) or KIND.get("_".join(words[start:]))
        if kind:
            return kind
    return KIND.get(words[-1]) or KIND.get(head) or "noun"


_CLAUSE_STARTS = frozenset(
    "who which that because but and then while when until although if".split()
)


class Scanner:
    """The tokens of one sentence and what has been read of them.

    Args:
        raws: the tokens of the sentence.
        names: words in small letters that are names elsewhere in the text.
        question: whether the sentence is a question.
        known: what the words of a name stand for, by the first of them; the longest first.
    """

    def __init__(
        self,
        raws: list[Raw],
        names: frozenset[str] = frozenset(),
        question: bool = False,
        known: Known | None = None,
    ) -> None:
        self.raws, self.names, self.question = raws, names, question
        self.known: Known = known or {}
        self.items: list[Item] = []
        self.verb_seen = False
        self.fronted = False  # inside "After the match", where no name belongs to the noun
        self.caps = any(raw.text[:1].isupper() for raw in raws)

    def low(self, at: int) -> str:
        """The token at a position in small letters, or ""."""
        return self.raws[at].low if 0 <= at < len(self.raws) else ""

    def capital(self, at: int) -> bool:
        """Whether a token begins with a capital (and is not "I")."""
        return (
            0 <= at < len(self.raws)
            and self.raws[at].text[:1].isupper()
            and self.raws[at].low != "i"
        )

    def previous(self) -> str:
        """The type of the last item that is not an adverb."""
        for item in reversed(self.items):
            if item.type != "adv":
                return item.type
        return "start"

    def witnessed(self) -> bool:
        """Whether the last verb is one of seeing, so that a bare infinitive may follow."""
        last = next((it for it in reversed(self.items) if it.type in ("v", "be", "have")), None)
        return last is not None and (
            last.token in ("<find>", "<see>") or last.lemma in ("hear", "feel")
        )

    def previous_item(self) -> Item | None:
        """The last item, or None."""
        return self.items[-1] if self.items else None

    def forms(self, at: int) -> frozenset[str]:
        """The verb forms a token may be."""
        return FORMS.get(self.low(at), _NO_FORMS)

    def verb_ahead(self, at: int) -> bool:
        """Whether a word that can only be a finite verb follows before the clause ends."""
        for j in range(at, min(at + 12, len(self.raws))):
            low = self.low(j)
            if low in '.,;:!?()"' or low in _CLAUSE_STARTS:
                return False
            if low in _BE or low in _HAVE or low in _DO or low in MODALS:
                return True
            if (
                low in VERB_FORMS
                and not _noun(low)
                and low not in ADJECTIVES
                and self.forms(j) & {"past", "s"}
                and self.low(j - 1) not in PREPOSITIONS  # "in turns"
            ):
                return True
        return False

    def _matches(self, at: int, words: tuple[str, ...]) -> bool:
        return len(words) <= len(self.raws) - at and all(
            self.raws[at + k].low == w for k, w in enumerate(words)
        )

    def _known(self, at: int) -> tuple[Mention, int] | None:
        """The longest name that the text is known to use and that stands here."""
        for words, mention in self.known.get(self.low(at), ()):
            if self._matches(at, words):
                return mention, at + len(words)
        return None

    def _noun_after(self, at: int) -> bool:
        low = self.low(at)
        return (
            bool(low)
            and low[0].isalpha()
            and low not in _SMALL
            and (_noun(low) or low not in VERB_FORMS)
        )

    def _clause_like(self, at: int) -> bool:
        """Whether a subject and a verb (or a participle) seem to follow."""
        if "ing" in self.forms(at):
            return True
        for j in range(at, min(at + 8, len(self.raws))):
            low = self.low(j)
            if low in ".,;:!?":
                return False
            if low in _BE or low in _HAVE or low in _DO or low in MODALS:
                return True
            if (
                j > at
                and self.forms(j) & {"past", "s"}
                and not (_noun(low) and self.low(j - 1) in DETERMINERS)
            ):
                return True
            if j > at and self.forms(j) and self.low(j - 1) in ("i", "you", "we", "they"):
                return True
        return False

    def _event(self, at: int) -> bool:
        """Whether a verb (with the particle after it) does something to where things are."""
        after = self.low(at + 1)
        return any(
            VERB_CLASS.get(form, "<act>") != "<act>"
            for lemma, _ in VERB_FORMS[self.low(at)]
            for form in (lemma, f"{lemma}_{after}")
        )

    def _compound(self, at: int) -> bool:
        """Whether an -ing word stands before its noun: "dressing room 2", "sleeping bag"."""
        after = self.low(at + 1)
        return (
            self.low(at) in _ING_MODIFIERS
            and (KIND.get(after) or KIND.get(f"{self.low(at)}_{after}"))
            in ("place", "box", "thing")
            and self.previous() not in ("be", "np", "pron", "v", "co")
        )

    def _add(self, type_: str, token: str, at: int, width: int = 1) -> int:
        text = " ".join(raw.text for raw in self.raws[at : at + width])
        self.items.append(Item(type_, token, text))
        return at + width
