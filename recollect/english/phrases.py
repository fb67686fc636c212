"""From raw tokens to items: noun phrases, verbs with their particles, and function words.

Nothing is resolved here: an item is what a stretch of a sentence looks like on its own. `clauses` puts items together,
`entities` decides which mentions are the same thing.
"""

from __future__ import annotations

from recollect.english.items import Item, Known
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    ADVERBS,
    COORDINATORS,
    DETERMINERS,
    DROPPED,
    MODALS,
    NUMBERS,
    PHRASE_STARTS,
    PREPOSITIONS,
    PRONOUNS,
    REFLEXIVES,
    RESULTS,
    SELF,
    SUBORDINATORS,
    WH,
)
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import NAMES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES
from recollect.english.scanner import _BE, _DO, _HAVE, _noun
from recollect.english.tokens import Raw
from recollect.english.unknown_words import UnknownWords

_EXTREMES = frozenset(
    "always everyone everybody everything all every each any half no nobody nothing none never certainly as".split()
)
_DIRECTIONS = frozenset("north south east west left right".split())


class Chunker(UnknownWords):
    """Reads one sentence of raw tokens from left to right; the arguments are those of `Scanner`."""

    def read(self) -> list[Item]:
        """The items of the sentence."""
        at = 0
        while at < len(self.raws):
            at = self._step(at)
        return self.items

    def _step(self, at: int) -> int:
        raw = self.raws[at]
        low = raw.low
        if self.known and self._known(at):
            return self._mention(at) or at + 1
        if not low[0].isalnum() and low[0] not in "'#":
            if low in ',;:-()"?!.':
                if low in ";-" or low in ".!?":
                    self.verb_seen = False
                self._add("p", low, at)
            return at + 1
        for words, act, token in PHRASE_STARTS.get((low, self.low(at + 1)), ()):
            if act != "det" and self._matches(at, words):
                done = self._phrase(at, len(words), act, token)
                if done:
                    return done
        if low == "'s":
            return self._apostrophe(at)
        if low == "'d":
            following = self.forms(at + 1)
            return self._add("have", "had", at) if "part" in following and "base" not in following else self._add(
                "modal", "<modal>", at)  # fmt: skip
        if low == "'":
            return at + 1
        if low in MODALS and not (low in WORDS_TOO and self.is_name(at)):
            if (
                low == "can"
                and self.previous() in ("prep", "v")
                and not self.starts_noun_phrase(at + 1)
            ):
                return self._mention(at) or at + 1
            return self._add("modal", "<modal>", at)
        if low in _BE:
            self.verb_seen = True
            return self._add("be", low, at)
        if low in _HAVE:
            self.verb_seen = True
            return self._add("have", low, at)
        if low in _DO or low in ("done", "doing"):
            if low in _DO:
                return self._add("do", "do", at)
            self.verb_seen = True
            self.items.append(Item("v", "<act>", raw.text, lemma="do", forms=self.forms(at)))
            return at + 1
        if low in WH:
            return self._wh(at)
        if low == "that":
            return self._that(at)
        if low in SELF and (done := self.likened(at)) > at:
            return done
        if low in SELF:
            return self.itself(at)
        if (done := self.party(at)) > at:
            return done
        if low in REFLEXIVES:
            return self.reflexive(at)
        return self._content(at)

    def _content(self, at: int) -> int:
        raw = self.raws[at]
        low = raw.low
        previous = self.previous()
        if low in ("north", "south", "east", "west") and self.previous() == "v":
            if not self._noun_after(at + 1):
                return self._add("w", low, at)
        if (
            low in ("left", "right")
            and self.items
            and self.items[-1].type == "v"
            and not self._noun_after(at + 1)
        ):
            if self.items[-1].token == "<act>" or self.items[-1].token == "<go>":
                return self._add("w", low, at)
        if low in _DIRECTIONS and (
            self.low(at + 1) == "of"
            or (self.question and not self._noun_after(at + 1) and not self.is_verb(at))
        ):
            return self._add("w", low, at)
        if (
            low == "the"
            and self.low(at + 1) in _DIRECTIONS
            and self.low(at + 2) in ("of", "", ".", "?", ",")
        ):
            return self._add("w", self.low(at + 1), at, 2)
        if raw.text == "IT":
            entity, j = self._name(at, "")
            self.items.append(Item("np", "<name>", raw.text, mention=entity))
            return j
        if low == "her" or low == "his":
            if (done := self.likened(at)) > at:
                return done
            done = self._mention(at) if self._run_at(at + 1) and not self._to_her(at) else None
            return done or self._add("pron", "her" if low == "her" else "it", at)
        if low == "please":
            asked = self.forms(at + 1) and (not self.items or previous == "co")
            return self._add("modal", "<modal>", at) if asked else at + 1
        if low == "both" and previous in ("be", "pron", "have", "np") and not self._run_at(at + 1):
            return at + 1
        if low in ("each", "all") and self.all_do(at):
            return at + 1  # "The twins, Mo and Jo, each had a balloon"
        if low in ("none", "both", "most", "all") and self.low(at + 1) == "of":
            done = self._mention(at)
            if done:
                return done
        if (done := self.likened(at)) > at:
            return done
        if low in PRONOUNS and not (low in ("both", "none") and self.starts_noun_phrase(at + 1)):
            return self._add("pron", PRONOUNS[low], at)
        if low in ("this", "these", "those", "such") and not self._run_at(at + 1):
            return self._add(
                "pron", "it" if low == "this" else "them" if self.verb_seen else "they", at
            )
        if low in ("so", "yet") and self.previous() in ("be", "adv", "v") and low == "so":
            return at + 1
        if low in ("either", "neither", "both") and (low != "both"):
            return self._add("adv" if low == "either" else "not", ADVERBS[low], at)
        if low == "then" and (
            previous in ("be", "have", "modal", "rel")
            or (previous in ("np", "pron") and not self.verb_seen)
        ):
            return at + 1
        if low in COORDINATORS:
            if low in ("but", "so", "then", "yet"):
                self.verb_seen = self.verb_seen and low == "then"
            return self._add("co", COORDINATORS[low], at)
        if low in ("many", "much") and self.items and self.items[-1].token == "how":
            return self._add("adv", "many", at)
        if low in DETERMINERS or low in NUMBERS or low[0].isdigit() or low[0] == "#":
            done = self._mention(at)
            if done:
                return done
            if low in (
                "no",
                "some",
                "any",
                "all",
                "each",
                "few",
                "many",
                "more",
                "most",
                "enough",
                "half",
                "several",
            ):
                if self.question and low == "many":
                    return self._add("adv", "many", at)
                return (
                    self._add("pron", "nothing" if low == "no" else "them", at)
                    if low != "no"
                    else at + 1
                )
            if low in NUMBERS or low[0].isdigit():
                return self._add("w", "<number>", at)
            return at + 1
        if low == "since" and previous == "have":
            return at + 1  # "has since been moved"
        if low in SUBORDINATORS and not (low == "as" and not self._clause_like(at + 1)):
            if low == "since" and self.verb_seen and not self._clause_like(at + 1):
                return self._since(at)
            if low in ("since", "as", "once") and not self._clause_like(at + 1):
                return self._add("prep", "of", at) if low != "once" else at + 1
            if (done := self._time_only(at)) > at:
                return done
            return self._add("sub", SUBORDINATORS[low], at)
        if self.is_name(at):
            done = self._mention(at)
            if done:
                return done
        lying = previous == "v" and self.items[-1].token == "<stay>" and not self.question
        if low in RESULTS and lying and "ing" in self.items[-1].forms:
            return at + 1  # "left the book lying open on the desk"
        if (
            low in RESULTS
            and previous in ("np", "pron")
            and self.verb_seen
            and not self.question
            and not self.starts_noun_phrase(at + 1)
        ):
            last = next(i for i, item in reversed(list(enumerate(self.items))) if item.type != "np")
            if self.items[last].token == "leave":  # "left the gate open" leaves nobody's gate
                self.items[last].token = "<act>"
            return at + 1
        if (done := self.adjunct(at)) > at:
            return done
        if low in ADVERBIAL_PLACES and not (
            low in PREPOSITIONS and self.starts_noun_phrase(at + 1)
        ):
            if self.low(at + 1) == "of":
                return self._add("prep", PREPOSITIONS.get(low, "of"), at, 2)
            if (
                low in ("home", "underground", "inside")
                and previous in ("prep", "v")
                and self._noun_after(at + 1)
            ):
                return self._mention(at) or at + 1
            return self._place(at)
        if (
            low in ("back",)
            and self.previous() == "v"
            and self.items[-1].token == "<act>"
            and self._noun_after(at + 1)
        ):
            return at + 1
        if low == "back" and not self.items and self.low(at + 1) in PREPOSITIONS:
            return at + 1  # "Back on the boat, Ann was ill"
        if low in ADVERBS:
            token = ADVERBS[low]
            if token == "almost" and (self.low(at + 1) in _EXTREMES or self.low(at + 1) in NUMBERS):
                return at + 1  # "almost everyone"
            if (
                token in ("first", "last")
                and self._noun_after(at + 1)
                and not self.question
                and previous != "v"
            ):
                done = self._mention(at)
                if done:
                    return done
            if token == "not":
                return self._add("not", "not", at)
            if (
                token == "there"
                and self.low(at + 1) in _BE | {"'s"}
                and previous in ("start", "co", "sub", "p", "v")
            ):
                return self._add("pron", "there", at)
            return self._add("adv", token, at)
        if low == "like" and self.liked(at):
            return self.verb(at)
        if low in PREPOSITIONS:
            return self._preposition(at)
        if low in DROPPED:
            if not (self._noun_after(at + 1) and low in ADJECTIVES and not self.forms(at + 1)):
                return at + 1
        if low in VERB_FORMS and self.is_verb(at):
            return self.verb(at)
        if (
            low in ADJECTIVES
            and not self._continues(at + 1)
            and (
                previous == "be" or self.denied(at) or (previous in ("np", "v") and not _noun(low))
            )
        ):
            return self._add("w", "<adj>", at)
        if low.endswith("ly") and not _noun(low) and low not in ADJECTIVES:
            return at + 1
        if _noun(low) or low in ADJECTIVES or low in NAMES:
            done = self._mention(at)
            if done:
                return done
            return self._add("w", "<adj>", at)
        return self._unknown(at)


def chunk(
    raws: list[Raw],
    names: frozenset[str] = frozenset(),
    question: bool = False,
    known: Known | None = None,
) -> list[Item]:
    """The items of one sentence."""
    return Chunker(raws, names, question, known).read()
