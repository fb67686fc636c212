"""From raw tokens to items: noun phrases, verbs with their particles, and function words.

Nothing is resolved here: an item is what a stretch of a sentence looks like on its own. `clauses` puts items together,
`entities` decides which mentions are the same thing.
"""

from __future__ import annotations

import re
from functools import lru_cache

from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    ADVERBS,
    BARE_PLACES,
    COORDINATORS,
    DETERMINERS,
    DROPPED,
    MEASURES,
    MODALS,
    NUMBERS,
    PARTS,
    PHRASE_STARTS,
    PREPOSITIONS,
    PRONOUNS,
    REFLEXIVES,
    SELF,
    SUBORDINATORS,
    WH,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, TITLES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES, ANIMALS, KIND, NOUNS, PERSONS
from recollect.english.tokens import Raw
from recollect.english.verbs import PHRASAL, VERB_CLASS

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
_PREPOSITIONAL = frozenset(
    """look_at look_for search_for listen_to talk_to speak_to chat_with go_with come_with go_after come_after tag_along
    come_across stumble_upon stumble_on come_upon bump_into wait_for wait_on knock_on knock_at hold_on_to hang_on_to
    hold_onto hang_onto let_go_of get_rid_of dispose_of take_care_of look_after get_hold_of take_hold_of grab_hold_of
    think_of think_about make_off_with run_off_with walk_off_with check_on rummage_through search_through
    look_through turn_into catch_up_with cling_to point_at rummage_through call_at lean_on wonder_at nod_at lie_to
    shoot_at scratch_at work_on help_oneself_to go_through run_into escape_with come_away_with care_for catch_sight_of meet_with
    meet_up_with
    """.split()
)
"""Phrasal verbs whose last particle is a preposition with an object."""
_GOERS = frozenset(lemma for lemma, token in VERB_CLASS.items() if token == "<go>")
_TRADES = frozenset("mr mrs ms miss mister dr prof".split())


class Mention:
    """A noun phrase as written: its head, what stands before it, and how it was picked out."""

    __slots__ = (
        "det",
        "entity",
        "extra",
        "gender",
        "head",
        "kind",
        "mods",
        "name",
        "number",
        "owner",
        "plural",
        "proper",
        "text",
    )

    def __init__(self, text: str, name: str, head: str) -> None:
        self.text, self.name, self.head = text, name, head
        self.mods: frozenset[str] = frozenset()
        self.extra: tuple[str, ...] = ()  # other words the same thing goes by
        self.number = ""  # "12" in "Room 12"
        self.entity = -1  # where it is known already
        self.owner: Mention | str | None = None
        self.det = ""
        self.kind, self.gender = "noun", ""
        self.plural = self.proper = False

    def __repr__(self) -> str:
        return f"<{self.det} {self.name} {self.kind}>"


class Item:
    """A stretch of a sentence: a noun phrase, a verb, a function word, or punctuation."""

    __slots__ = ("aux", "forms", "lemma", "mention", "text", "token", "type")

    def __init__(
        self, type_: str, token: str, text: str, *, lemma: str = "", forms: frozenset[str] = frozenset(),
        mention: Mention | None = None,
    ) -> None:  # fmt: skip
        self.type, self.token, self.text = type_, token, text
        self.lemma, self.forms, self.mention, self.aux = lemma, forms, mention, ""

    def __repr__(self) -> str:
        return f"{self.type}:{self.token}({self.text})"


@lru_cache(maxsize=50_000)
def _noun(low: str) -> bool:
    return low in KIND or low in NOUNS or singular(low) in KIND or singular(low) in NOUNS


FORMS = {word: frozenset(form for _, form in readings) for word, readings in VERB_FORMS.items()}
_NO_FORMS: frozenset[str] = frozenset()


def _kind(words: list[str], head: str) -> str:
    """The kind of a noun from its longest known ending."""
    for start in range(len(words) - 1):
        kind = KIND.get("_".join([*words[start:-1], head])) or KIND.get("_".join(words[start:]))
        if kind:
            return kind
    return KIND.get(words[-1]) or KIND.get(head) or "noun"


Known = dict[str, list[tuple[tuple[str, ...], Mention]]]
"""Names of several words that a text is known to use, by their first word."""


class Chunker:
    """Reads one sentence of raw tokens from left to right.

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
        self.caps = any(raw.text[:1].isupper() for raw in raws)

    # -- looking around ---------------------------------------------------------------------------------------------

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

    def previous_item(self) -> Item | None:
        """The last item, or None."""
        return self.items[-1] if self.items else None

    def forms(self, at: int) -> frozenset[str]:
        """The verb forms a token may be."""
        return FORMS.get(self.low(at), _NO_FORMS)

    def starts_noun_phrase(self, at: int) -> bool:
        """Whether a noun phrase or pronoun seems to begin here."""
        low = self.low(at)
        if not low or not (low[0].isalnum()):
            return False
        if self.known and self._known(at):
            return True
        if (
            low in DETERMINERS
            or low in PRONOUNS
            or low in SELF
            or low in NUMBERS
            or low[0].isdigit()
        ):
            return True
        if low in _SMALL:
            return False
        return (
            self._compound(at)
            or self.is_name(at)
            or _noun(low)
            or (low in ADJECTIVES and low not in VERB_FORMS)
        )

    def is_name(self, at: int) -> bool:
        """Whether the token is a name, by its capital, its neighbours and what is known of it."""
        low = self.low(at)
        if not low or not low[0].isalpha() or low in ("i", "o'clock"):
            return False
        capital = self.capital(at)
        first = at == 0 or self.low(at - 1) in '"(:-' or not self.items
        if (
            capital
            and self.low(at + 1) == "the"
            and (low in WORDS_TOO or (low not in VERB_FORMS and low not in _SMALL))
            and low not in MODALS
            and (KIND.get(self.low(at + 2)) == "person" or self.low(at + 2) in ANIMALS)
        ):
            return True  # "Pip the parrot"
        if low in WORDS_TOO:
            if capital and not first:
                return not (low in MODALS and self._modal_here(at))
            return self._name_by_neighbours(at, capital)
        if low in _SMALL or low in MONTHS or low in DAYS:
            return False
        if at == 0 and low[-1] == "s" and low not in NAMES and low[-2:] != "ss":
            if self.low(1) in PREPOSITIONS or self.low(1) in ("are", "were", "have"):
                return False  # "Fingerprints on", "Quokkas are"
        if low in NAMES or low in CITIES:
            return capital or not (_noun(low) or low in VERB_FORMS)
        if low in self.names:
            return capital or not (_noun(low) or low in VERB_FORMS or low in ADJECTIVES)
        if not capital:
            return False
        if low in TITLES and not _noun(low) and self.capital(at + 1 + (self.low(at + 1) == ".")):
            return True
        if not first:
            return True
        if _noun(low) or low in ADJECTIVES or low in VERB_FORMS or low.endswith("ly"):
            return bool(
                self.capital(at + 1)
                and (low in ADJECTIVES or _noun(low))
                and self.low(at + 1) not in _SMALL
            )
        return True

    def _modal_here(self, at: int) -> bool:
        """Whether a capital "Will" inside a sentence is the modal of a title: "What Will Happen"."""
        before = self.items[-1] if self.items else None
        return (
            before is not None
            and before.type in ("np", "pron", "wh", "rel")
            and not self.verb_seen
            and "base" in self.forms(at + 1)
            and self.capital(at + 1)
        )

    def _name_by_neighbours(self, at: int, capital: bool) -> bool:
        """Whether a word that is also a name is one here: by the verb or the "and" that follows."""
        low, after = self.low(at), self.low(at + 1)
        known = low in self.names and (capital or not self.caps)
        previous = self.low(at - 1)
        if (
            capital
            and self.capital(at + 1)
            and low not in MODALS
            and self.low(at + 1) not in _SMALL
            and low not in TITLES
        ):
            return True
        if not capital and previous in DETERMINERS and previous not in ("that",):
            return False
        following = self.forms(at + 1)
        finite = bool(following & {"past", "s"}) and after not in (
            "set",
            "put",
            "read",
            "cut",
            "hit",
            "shut",
            "let",
        )
        if low in MODALS:
            if self.capital(at + 1) and (not capital or (at == 0 and self.question)):
                return False  # "what will Will do"
            if previous in ("did", "does", "do", "is", "was", "has", "had") and not (
                self.items and self.items[-1].type in ("np", "pron")
            ):
                return True
            last = self.items[-1] if self.items else None
            if last is not None and last.token == "<give>" and self.starts_noun_phrase(at + 1):
                return True
            if (
                after in MODALS
                or after in ("is", "was", "has", "had", "did", "does", "and", "'s")
                or (finite and "base" not in following)
            ):
                return True
            return known and (not self.starts_noun_phrase(at + 1)) and "base" not in following and after not in (
                "not", "be", "have", "never")  # fmt: skip
        if (
            after in MODALS
            or after in ("is", "was", "has", "had", "did", "does", "'s")
            or (finite and not _noun(after))
        ):
            if capital or known or at == 0 or self.previous() in ("start", "co", "sub", "p"):
                return (
                    not (
                        not capital
                        and not known
                        and _noun(low)
                        and self.previous() not in ("start",)
                    )
                    or known
                )
        if finite and capital:
            return True
        if (
            at == 0
            and "past" in following
            and VERB_FORMS.get(low)
            and self.starts_noun_phrase(at + 2)
        ):
            return True
        if (
            after == "and"
            and (capital or known)
            and (self.capital(at + 2) or self.low(at + 2) in NAMES)
        ):
            return True
        if capital and at == 0 and after in ("'s",):
            return True
        if (
            not self.caps
            and low not in _RATHER_WORDS
            and low not in MODALS
            and previous in ("to", "with", "by", "from", "and")
        ):
            beyond = not after or not after[0].isalnum() or after in PREPOSITIONS or after == "and"
            if (beyond and previous != "and") or (after == "and" and beyond):
                return True
        if not known:
            return (
                capital
                and at == 0
                and low in NAMES
                and not VERB_FORMS.get(low)
                and not self.starts_noun_phrase(at + 1)
            )
        if previous in (
            "to",
            "with",
            "and",
            "from",
            "by",
            "gave",
            "is",
            "was",
            "did",
            "does",
            "for",
            "told",
            "asked",
        ):
            return not self.starts_noun_phrase(at + 1) or previous in (
                "is",
                "was",
                "did",
                "does",
                "gave",
            )
        return capital and not self.starts_noun_phrase(at + 1)

    def verb_ahead(self, at: int) -> bool:
        """Whether a word that can only be a finite verb follows before the clause ends."""
        for j in range(at, min(at + 12, len(self.raws))):
            low = self.low(j)
            if low in '.,;:!?()"' or low in (
                "who",
                "which",
                "that",
                "because",
                "but",
                "and",
                "then",
            ):
                return False
            if low in _BE or low in _HAVE or low in _DO or low in MODALS:
                return True
            if (
                low in VERB_FORMS
                and not _noun(low)
                and low not in ADJECTIVES
                and self.forms(j) & {"past", "s"}
            ):
                return True
        return False

    # -- noun phrases -----------------------------------------------------------------------------------------------

    def noun_phrase(self, at: int) -> tuple[Mention, int] | None:
        """The noun phrase that begins at a token, and where it ends."""
        j, det, words = at, "", self.raws
        while j < len(words):  # "all the", "both my", "these two"
            low = words[j].low
            phrases = PHRASE_STARTS.get((low, words[j + 1].low)) if j + 1 < len(words) else None
            phrase = next(
                (p for p in phrases or () if p[1] == "det" and self._matches(j, p[0])), None
            )
            if phrase:
                det, j = phrase[2], j + len(phrase[0])
            elif low in DETERMINERS and not (
                low in ("her", "that", "his", "all", "both", "half")
                and not self._run_at(j + 1)
                and not (low in ("all", "both", "half") and self.low(j + 1) in DETERMINERS)
            ):
                det, j = DETERMINERS[low] if det != "no" else "no", j + 1
            elif (
                (low in NUMBERS or low.isdigit())
                and self._run_at(j + 1)
                and not self.capital(j + 1)
            ):
                det, j = det or "a", j + 1
            else:
                break
        if j > at and j < len(words) and words[j].low in ("other",) and self._run_at(j + 1):
            det, j = "other", j + 1
        if self.known and (kept := self._known(j)):
            return kept
        mention: Mention | None = None
        if j < len(words) and self.is_name(j) and not (det and not self.capital(j)):
            mention, j = self._name(j, det)
        elif j < len(words):
            found = self._run(j, det)
            if found:
                mention, j = found
        if mention is None:
            return None
        while self.low(j) == "'s" and (self._possessive(j)):
            owner = mention
            found = self._run(j + 1, "owner") or (
                self._name(j + 1, "") if self.capital(j + 1) else None
            )
            if not found:
                break
            mention, j = found
            mention.owner = owner
            mention.name = f"{owner.name}'s {mention.name}"
            mention.det = "owner"
        else:
            if self.low(j) == "'" and mention.plural and self._run_at(j + 1):
                owner = mention
                found = self._run(j + 1, "owner")
                if found:
                    mention, j = found
                    mention.owner, mention.name = owner, f"{owner.name}' {mention.name}"
        if self.low(j) == "of" and not mention.proper:
            mention, j = self._of(mention, j)
        if self.low(j) in ("called", "named") and not mention.proper and self.is_name(j + 1):
            named, j = self._name(j + 1, "")  # "a girl called Ann"
            named.extra = (mention.head,)
            named.gender = named.gender or mention.gender
            mention = named
        if mention.proper and not mention.owner:
            j = self._byname(mention, j)
        if det and mention.det == "":
            mention.det = det
        mention.text = (
            " ".join(raw.text for raw in words[at:j]).replace(" 's", "'s").replace(" .", ".")
        )
        return mention, j

    def _known(self, at: int) -> tuple[Mention, int] | None:
        """The longest name that the text is known to use and that stands here."""
        for words, mention in self.known.get(self.low(at), ()):
            if self._matches(at, words):
                return mention, at + len(words)
        return None

    def _byname(self, mention: Mention, at: int) -> int:
        """Take in "the goblin" after "Xix": what somebody is beside the name."""
        if self.low(at) != "the" or (
            self.verb_seen and self.previous() not in ("prep", "sub", "p", "co")
        ):
            return at
        found = self._run(at + 1, "def")
        if not found or found[0].proper or found[0].plural:
            return at
        noun, j = found
        if self.verb_seen and self.items[-1].token == "to":
            return at
        if noun.kind in ("place", "box") or (noun.kind == "thing" and noun.head not in ANIMALS):
            return at
        mention.extra = (*mention.extra, noun.head)
        mention.gender = mention.gender or noun.gender
        return j

    def _apposition(self, mention: Mention, at: int) -> tuple[Mention, int]:
        """Bring "the best man, Curtis," and "Curtis, the best man," to one name with an alias."""
        if self.low(at) != "," or not (
            mention.kind in ("name", "person") or mention.head in ANIMALS
        ):
            return mention, at
        named = mention.proper
        if named == self.is_name(at + 1) or mention.det == "self" or mention.plural:
            return mention, at
        if named and DETERMINERS.get(self.low(at + 1)) not in _PICKING:
            return mention, at
        if not named and mention.det not in _PICKING:
            return mention, at
        found = self.noun_phrase(at + 1)
        if not found or found[0].proper == named or found[0].plural:
            return mention, at
        other, j = found
        if (other if named else mention).kind != "person" and other.head not in ANIMALS:
            return mention, at
        if other.proper and other.kind != "name":
            return mention, at
        end = self.low(j)
        if end not in (",", ".", "", "!", "?") or self.low(j + 1) in ("and", "or"):
            return mention, at
        if end != "," and not self.verb_seen:
            return mention, at
        name, noun = (mention, other) if named else (other, mention)
        name.extra = (*name.extra, noun.head)
        name.gender = name.gender or noun.gender
        name.text = " ".join(raw.text for raw in self.raws[at - 1 : j]) if named else name.text
        return name, j + (end == ",")

    def _matches(self, at: int, words: tuple[str, ...]) -> bool:
        return len(words) <= len(self.raws) - at and all(
            self.raws[at + k].low == w for k, w in enumerate(words)
        )

    def _possessive(self, at: int) -> bool:
        """Whether 's at a token marks an owner (and is not "is" or "has")."""
        after = self.low(at + 1)
        if (
            not after
            or not after[0].isalnum()
            or after in _SMALL - {"left", "right", "back", "own", "last", "first"}
        ):
            return after == "own"
        if after in DETERMINERS or after in NUMBERS:
            return False
        forms = self.forms(at + 1)
        if "ing" in forms and not _noun(after):
            return False
        if after in ADJECTIVES and not self._noun_after(at + 2):
            return _noun(after)
        if "part" in forms and not _noun(after):
            return after in ADJECTIVES and self._noun_after(at + 2)
        return not after.endswith("ly")

    def _noun_after(self, at: int) -> bool:
        low = self.low(at)
        return (
            bool(low)
            and low[0].isalpha()
            and low not in _SMALL
            and (_noun(low) or low not in VERB_FORMS)
        )

    def _run_at(self, at: int) -> bool:
        """Whether the words of a noun phrase (after its determiner) may begin here."""
        low = self.low(at)
        if not low or not low[0].isalnum():
            return False
        if low in _SMALL:
            return low in _NOUN_TOO and self._noun_after(at + 1)
        if low in NUMBERS or _noun(low) or low in ADJECTIVES:
            return True
        if self.capital(at) and self.low(at - 1) not in ("his",):
            return self.low(at - 1) != "her" or low not in NAMES
        return low not in VERB_FORMS and not low.endswith("ly")

    def _run(self, at: int, det: str) -> tuple[Mention, int] | None:
        """Modifiers and head."""
        words, j, parts, head_at = self.raws, at, [], -1
        while j < len(words):
            low = words[j].low
            if not low[0].isalnum():
                break
            noun, adjective = _noun(low), low in ADJECTIVES
            forms = self.forms(j)
            verb = bool(forms)
            if low in _SMALL:
                if not (
                    low in _NOUN_TOO
                    and head_at < 0
                    and (
                        self._noun_after(j + 1)
                        or (det and (low in PARTS or low in KIND or low in ("can", "will")))
                    )
                ):
                    if (
                        low in ("very", "quite", "rather", "really", "most", "more", "own")
                        and head_at < 0
                    ):
                        j += 1
                        continue
                    break
            elif low.endswith("ly") and not noun and not adjective and low not in NAMES:
                if head_at < 0 and self._noun_after(j + 1):
                    j += 1
                    continue
                break
            elif head_at >= 0 and self._homeward(j):
                break
            elif head_at >= 0:
                if self._breaks(j, words[head_at].low, noun, adjective, forms, parts):
                    break
            elif verb and not noun and not adjective and not det and not parts:
                if not (
                    forms & {"part", "ing"}
                    and self._noun_after(j + 1)
                    and self.previous() in ("prep", "v")
                ):
                    break
            if not (low in _SMALL and not noun):
                pass
            parts.append(j)
            only_before = (adjective and not noun) or (forms & {"part", "ing"} and not noun)
            if not (only_before and self._continues(j + 1)):
                head_at = j
            j += 1
        if head_at < 0 and parts:
            head_at = parts[-1]
        if head_at < 0:
            return None
        parts = [p for p in parts if p <= head_at]
        j = head_at + 1
        lows = [words[p].low for p in parts]
        texts = [words[p].text for p in parts]
        head = singular(lows[-1])
        number = ""
        after = self.raws[j] if j < len(words) else None
        if after and self._identifier(j, head):
            number = after.low.lstrip("#")
            texts.append(after.text)
            j += 1
        mention = Mention("", " ".join(texts), head)
        mention.kind = _kind(lows, head)
        mention.number = number
        mention.mods = frozenset(
            singular(low) if low not in ADJECTIVES else low for low in lows[:-1]
        )
        mention.plural = head != lows[-1] and lows[-1] not in KIND
        mention.gender = PERSONS.get("_".join(lows), PERSONS.get(lows[-1], PERSONS.get(head, "")))
        if mention.kind != "person":
            mention.gender = "p" if mention.plural else "n" if mention.kind != "noun" else ""
        elif mention.plural:
            mention.gender = "p"
        mention.det = det if det != "owner" else ""
        if (
            self.capital(j)
            and not number
            and (self.is_name(j) or (_noun(self.low(j)) and self.capital(j)))
            and self.low(j) not in MONTHS + DAYS
            and self._nameable(mention)
            and not mention.plural
            and det
        ):  # "my brother Tom", "the robot Marvin"
            person, j = self._name(j, "")
            person.extra = (head,)
            if not person.proper:  # "his dog Biscuit"
                person.proper, person.mods = True, frozenset((person.name.lower(),))
            person.kind = "name"
            person.gender = person.gender or mention.gender
            return person, j
        return mention, j

    def _nameable(self, mention: Mention) -> bool:
        """Whether a name right after a noun may be its own: "my brother Tom", and not "the show Tom"."""
        if mention.kind == "person" or mention.head in ANIMALS | _VESSELS:
            return True
        return mention.kind == "noun" and mention.head not in NOUNS and self.previous() == "start"

    def _homeward(self, at: int) -> bool:
        """Whether "home" or "upstairs" after an object says where to, and is no part of its name."""
        return (
            self.low(at) in ADVERBIAL_PLACES
            and self.verb_seen
            and self.previous() != "prep"
            and self.low(at - 1) not in _HOMES
            and not self._noun_after(at + 1)
        )

    def _continues(self, at: int) -> bool:
        """Whether after a modifier the noun phrase goes on."""
        low = self.low(at)
        if not low or not low[0].isalnum() or (low in _SMALL and low not in ("own",)):
            return low in _NOUN_TOO and self._noun_after(at + 1)
        if _noun(low) or low in ADJECTIVES:
            return True
        return low not in VERB_FORMS or (
            "base" in self.forms(at) and bool(self.low(at + 1) in "., " or True)
        )

    def _breaks(
        self,
        at: int,
        head: str,
        noun: bool,
        adjective: bool,
        forms: frozenset[str],
        parts: list[int],
    ) -> bool:
        """Whether a noun phrase that has a head ends before this word."""
        low = self.low(at)
        if low[0].isdigit():
            return True
        if low in MONTHS or low in DAYS:
            return True
        subject = not self.verb_seen
        if forms:
            plural = singular(head) != head
            if (
                self.question
                and "base" in forms
                and subject
                and any(it.type in ("do", "modal") for it in self.items)
            ):
                return not any(
                    "base" in self.forms(j) for j in range(at + 1, min(at + 8, len(self.raws)))
                )
            if noun:
                if (forms & {"s", "past"} and not plural) or (plural and "base" in forms):
                    if subject and not self.verb_ahead(at + 1):
                        return True
                    return not subject and "past" in forms and self.starts_noun_phrase(at + 1)
                return False
            if (
                "base" in forms
                and not forms & {"past", "s"}
                and not plural
                and KIND.get(singular(head)) != "person"
            ):
                return self.starts_noun_phrase(at + 1) or (
                    self.previous() == "start" and not self.verb_ahead(at + 1)
                )
            if "ing" in forms:
                return not self._noun_after(at + 1)
            return True
        if adjective and not noun:
            return not self._noun_after(at + 1)
        if self.capital(at) and not self.capital(at - 1):
            return True
        if not noun and not self.capital(at):  # an unknown word after a head
            if low in NAMES:
                return True
            if subject and (low.endswith(("ed", "s", "ing")) or self.low(at + 1) in PREPOSITIONS):
                return not self.verb_ahead(at + 1)
        return False

    def _identifier(self, at: int, head: str) -> bool:
        """Whether a token is the number or letter of the noun before it: Room 12, shelf B, locker #4."""
        raw = self.raws[at]
        low = raw.low
        if low in ("a", "i") and not (raw.text == "A" and head in KIND):
            return False
        if raw.low.startswith("#") or (
            low[0].isdigit() and ":" not in low and "/" not in low and len(low) < 6
        ):
            return not (
                low.isdigit()
                and _noun(self.low(at + 1))
                and singular(self.low(at + 1)) != self.low(at + 1)
            )
        if len(raw.text) == 1 and raw.text.isupper():
            return True
        if low in NUMBERS and head in (
            "room",
            "platform",
            "gate",
            "bay",
            "unit",
            "shelf",
            "locker",
            "floor",
            "number",
        ):
            return True
        return raw.text.isupper() and any(c.isdigit() for c in raw.text)

    def _name(self, at: int, det: str) -> tuple[Mention, int]:
        """A run of names with its titles."""
        words, j = self.raws, at
        texts: list[str] = []
        title = ""
        gender: str | None = None
        lower = not self.capital(at)
        while j < len(words):
            raw = words[j]
            if (
                raw.low == "."
                and texts
                and (texts[-1].lower() in TITLES or len(texts[-1]) == 1)
                and self.capital(j + 1)
            ):
                j += 1
                continue
            if not raw.low[0].isalpha():
                if (
                    texts
                    and raw.low[0].isdigit()
                    and raw.low.isdigit()
                    and not lower
                    and len(raw.low) < 4
                ):
                    texts.append(raw.text)  # "Platform 9"
                    j += 1
                break
            if texts:
                if raw.low in _SMALL and not (raw.low in WORDS_TOO and self.capital(j)):
                    break
                if lower:
                    break
                if not self.capital(j) and raw.low not in ("von", "de", "la", "di"):
                    break
                if raw.low in MONTHS + DAYS and raw.low not in WORDS_TOO:
                    break
            if gender is None or gender == "":
                gender = NAMES.get(raw.low, WORDS_TOO.get(raw.low, gender))
            if not texts and raw.low in TITLES and (self.capital(j + 1) or self.low(j + 1) == "."):
                title = raw.low
                gender = TITLES[raw.low] or None
            texts.append(raw.text)
            j += 1
        name = " ".join(texts)
        lows = [text.lower() for text in texts]
        mention = Mention(name, name, lows[-1])
        mention.proper = True
        mention.mods = frozenset(low for low in lows if low != title or len(lows) == 1)
        mention.kind = "name"
        if title and title not in _TRADES and lows[-1] not in KIND:
            mention.extra = (title,)
        last = (
            singular(lows[-1])
            if not lows[-1].isdigit()
            else singular(lows[-2])
            if len(lows) > 1
            else ""
        )
        if (len(lows) > 1 or det) and not title and last in KIND:
            mention.kind = KIND[last]
            if lows[-1].isdigit() or len(lows[-1]) == 1 or det:
                mention.head, mention.proper = last, False
                mention.number = lows[-1] if lows[-1].isdigit() else ""
                mention.mods = frozenset(lows[: -2 if mention.number else -1])
            elif KIND[last] == "person":
                mention.kind = "name"
        elif len(lows) > 1 and len(lows[-1]) == 1 and singular(lows[-2]) in KIND:
            mention.kind, mention.proper = KIND[singular(lows[-2])], False
            mention.head, mention.number = singular(lows[-2]), lows[-1]
            mention.mods = frozenset(lows[:-2])
        elif (
            lows[0] in CITIES
            and (lows[0] not in NAMES or lows[0] in ("paris", "florence", "sydney"))
        ) or (
            lows[0]
            in ("lake", "mount", "mt", "port", "fort", "cape", "san", "new", "north", "south")
            and len(lows) > 1
        ):
            mention.kind = "place"
        elif (
            len(lows) == 1 and lows[0] in KIND and lows[0] not in NAMES and lows[0] not in WORDS_TOO
        ):
            mention.kind, mention.proper = KIND[lows[0]], False
            mention.mods, mention.gender = frozenset(), PERSONS.get(lows[0], "")
        elif len(lows) == 1 and "-" in lows[0] and lows[0].partition("-")[0] in KIND:
            mention.kind = KIND[lows[0].partition("-")[0]]
        elif len(lows) == 1 and _SERIAL.fullmatch(lows[0]):
            mention.kind = "thing"
        elif det and len(lows) >= 1 and lows[0] not in NAMES:
            mention.kind = "noun"
        if mention.kind == "name":
            surname = title and not TITLES[title] and len(lows) == 2
            mention.gender = "" if surname else gender or ""
        elif mention.kind != "person":
            mention.gender = "n"
        mention.det = det
        behind = self.items[-1].type if self.items else ""
        if (
            (det or behind == "prep")
            and not title
            and mention.kind != "place"
            and not lower
            and (
                KIND.get(self.low(j)) in ("place", "box")
                or KIND.get(f"{self.low(j)}_{self.low(j + 1)}") in ("place", "box")
            )
            and self.low(j) not in ADVERBIAL_PLACES
        ):  # "the Blue Anchor pub", "at Harlow police station"
            found = self._run(j, "def")
            if found and found[0].kind in ("place", "box"):
                inner, j = found
                inner.mods |= mention.mods
                inner.name = f"{mention.name} {inner.name}"
                inner.det = det
                return inner, j
        return mention, j

    def _of(self, mention: Mention, at: int) -> tuple[Mention, int]:
        """Take in what follows "of": "a bottle of milk", "the back of the van"."""
        if mention.head in PARTS and self.low(at + 1) not in ("",):
            found = self.noun_phrase(at + 1)
            if found:
                return found
        if mention.head in MEASURES and self.low(at + 1) not in DETERMINERS:
            found = self.noun_phrase(at + 1)
            if found and not found[0].proper:
                inner, j = found
                mention.name = f"{mention.name} of {inner.name}"
                mention.extra = (inner.head,)
                mention.mods |= inner.mods
                if mention.kind == "noun":
                    mention.kind = inner.kind if inner.kind != "noun" else "thing"
                return mention, j
        elif self.capital(at + 1) and self.capital(at - 1):  # House of Lords
            inner, j = self._name(at + 1, "")
            mention.name = f"{mention.name} of {inner.name}"
            mention.mods |= inner.mods
            return mention, j
        return mention, at

    # -- verbs ------------------------------------------------------------------------------------------------------

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
            and KIND.get(after) in ("place", "box", "thing")
            and self.previous() not in ("be", "np", "pron", "v", "co")
        )

    def is_verb(self, at: int) -> bool:
        """Whether a token that could be a verb is one here."""
        low, forms = self.low(at), self.forms(at)
        if not forms or self._compound(at):
            return False
        previous = self.previous()
        ambiguous = _noun(low) or low in ADJECTIVES
        item = self.previous_item()
        if (
            item
            and item.type == "prep"
            and not (forms & {"ing", "past", "part"})
            and (item.token != "to" or forms <= {"s"})
        ):
            return False
        if previous == "not" and not any(it.type in ("be", "v") for it in self.items):
            return bool(forms & {"base", "past", "part"}) or not ambiguous
        if previous in ("modal", "not", "do"):
            return "base" in forms or not ambiguous
        if item and item.type == "prep" and item.token == "to":
            if "base" not in forms:
                return not ambiguous
            if low not in BARE_PLACES or self.starts_noun_phrase(at + 1):
                return True
            last = next((it for it in reversed(self.items) if it.type in ("v", "be")), None)
            return (
                last is not None
                and last.token in ("<want>", "forget", "<manage>", "<say>")
                and not _noun(low)
            ) or (
                last is not None
                and last.token in ("<want>", "forget", "<manage>")
                and low in ("work", "practice", "land", "class")
            )
        if not ambiguous:
            return True
        after = at + 1
        if item and item.type == "v" and item.lemma == "get" and forms <= {"part", "past"}:
            return any(VERB_CLASS.get(lemma, "<act>") != "<act>" for lemma, _ in VERB_FORMS[low])
        if previous == "have":
            return "part" in forms
        if previous == "be":
            event = self._event(at)
            return (
                bool(forms & {"part", "ing"})
                and (low not in ADJECTIVES or event)
                and self.low(after) != "of"
            )
        if (
            self.question
            and previous in ("np", "pron")
            and not any(it.type == "v" for it in self.items)
        ):
            if any(it.type == "have" for it in self.items):
                return "part" in forms
            if any(it.type == "be" for it in self.items):
                event = self._event(at)
                return bool(forms & {"part", "ing"}) and event and self.low(after) != "of"
            return bool(forms & {"s", "past", "base"})
        if item and item.type == "pron" and item.token in _SUBJECTS and not self.question:
            return bool(forms & {"s", "past", "base"})
        if previous in ("np", "pron") and (
            not self.verb_seen
            or (
                len(self.items) > 1
                and self.items[-2].type in ("co", "sub", "rel", "that", "p")
                and not _noun(low)
            )
        ):
            return bool(forms & {"s", "past", "base"})
        if previous in ("np", "pron"):
            return bool(forms & {"s", "past"}) and self.starts_noun_phrase(after)
        if previous == "co" and not self.verb_seen and "past" in forms and "base" not in forms:
            if any(it.type in ("v", "be", "have") for it in self.items):
                return self.starts_noun_phrase(after) or low not in ADJECTIVES
        if previous in ("co", "p") and self.verb_seen:
            if forms <= {"part"}:
                return self.starts_noun_phrase(after) or self.low(after) in PREPOSITIONS
            if "past" in forms and not self.low(after)[:1].isalnum():
                return low not in ADJECTIVES or any(
                    VERB_CLASS.get(lemma, "<act>") != "<act>" for lemma, _ in VERB_FORMS[low]
                )
            if "past" in forms or "base" in forms:
                return (
                    low not in ADJECTIVES
                    or self.starts_noun_phrase(after)
                    or self.low(after) in PREPOSITIONS
                )
            return "s" in forms and self.starts_noun_phrase(after)
        if previous == "start" and not self.items:
            if _noun(low) and self.low(after)[:1].isdigit():
                return False
            return bool(forms & {"base", "past"}) and (
                self.starts_noun_phrase(after)
                or ("past" in forms and self.low(after) in PREPOSITIONS)
            )
        if previous == "rel" or previous == "wh":
            return bool(forms & {"s", "past"})
        return False

    def verb(self, at: int) -> int:
        """Append the verb at a token, with its particles; returns where it ends."""
        low = self.low(at)
        readings = VERB_FORMS[low]
        previous = self.previous()
        wanted = ("part", "past") if previous in ("be", "have") else ("past", "part")
        lemma = readings[0][0]
        if len({reading[0] for reading in readings}) > 1:  # "found", "left", "saw", "lay", "lied"
            preferred = {"found": "find", "saw": "see", "ground": "grind", "wound": "wind", "left": "leave",
                         "felt": "feel", "shot": "shoot", "lay": "lie", "bound": "bind", "rose": "rise"}  # fmt: skip
            lemma = preferred.get(low) or next((le for le, fo in readings if fo in wanted), lemma)
            if low == "lay" and (
                self.starts_noun_phrase(at + 1) and self.low(at + 1) not in PREPOSITIONS
            ):
                lemma = "lay"
        forms = frozenset(form for le, form in readings if le == lemma)
        token, j, text = VERB_CLASS.get(lemma, "<act>"), at + 1, self.raws[at].text
        for particles in PHRASAL.get(lemma, ()):
            rest = tuple(particles.split("_"))
            whole = f"{lemma}_{particles}"
            if not self._matches(at + 1, rest):
                continue
            after = at + 1 + len(rest)
            if self.question and rest == ("after",):
                continue
            if whole == "put_on" and self.starts_noun_phrase(after):
                worn = self.noun_phrase(after)
                if worn and worn[0].head in _CLOTHES:
                    lemma, token, j = whole, VERB_CLASS[whole], after
                    break
            object_follows = self.starts_noun_phrase(after) or self.low(after) in (
                "which",
                "what",
                "whom",
            )
            if rest[-1] in PREPOSITIONS and rest[-1] not in (
                "up",
                "down",
                "off",
                "out",
                "away",
                "aside",
            ):
                if whole not in _PREPOSITIONAL and object_follows:
                    continue
                if whole == "run_into" and self.low(after) in DETERMINERS:
                    continue
                if whole in ("go_on", "get_to") and self.low(after) in ("to", ""):
                    pass
            if rest[-1] == "out" and self.low(after) == "of":
                continue
            if VERB_CLASS[whole] == "<go>" and object_follows:
                continue
            if (
                whole in ("set_down", "put_down", "lay_down", "set_aside")
                and self.low(after) in _LOCATIVE
            ):
                continue
            lemma, token, j = whole, VERB_CLASS[whole], after
            text = " ".join(raw.text for raw in self.raws[at:j])
            break
        self.items.append(Item("v", token, text, lemma=lemma, forms=forms))
        self.verb_seen = True
        return j

    # -- the sentence -----------------------------------------------------------------------------------------------

    def read(self) -> list[Item]:
        """The items of the sentence."""
        at = 0
        while at < len(self.raws):
            at = self._step(at)
        return self.items

    def _add(self, type_: str, token: str, at: int, width: int = 1) -> int:
        text = " ".join(raw.text for raw in self.raws[at : at + width])
        self.items.append(Item(type_, token, text))
        return at + width

    def _mention(self, at: int) -> int | None:
        found = self.noun_phrase(at)
        if found is None:
            return None
        mention, j = found
        mention, j = self._apposition(mention, j)
        if mention.det == "no":
            self.items.append(Item("not", "not", self.raws[at].text))
        self.items.append(Item("np", f"<{mention.kind}>", mention.text, mention=mention))
        return j

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
        if low in SELF:
            entity = Mention(raw.text, SELF[low], SELF[low].lower())
            entity.proper, entity.kind, entity.det = True, "person", "self"
            entity.mods = frozenset((SELF[low].lower(),))
            entity.gender = "p" if SELF[low] == "we" else ""
            self.items.append(Item("np", "<person>", raw.text, mention=entity))
            return at + 1
        if low in REFLEXIVES:
            return at + 1
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
            done = self._mention(at) if self._run_at(at + 1) else None
            return done or self._add("pron", "her" if low == "her" else "it", at)
        if low == "please":
            return (
                self._add("modal", "<modal>", at)
                if not self.items and self.forms(at + 1)
                else at + 1
            )
        if low == "both" and previous in ("be", "pron", "have", "np") and not self._run_at(at + 1):
            return at + 1
        if low in ("none", "both", "most", "all") and self.low(at + 1) == "of":
            done = self._mention(at)
            if done:
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
            previous in ("be", "have", "modal")
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
        if low in SUBORDINATORS and not (low == "as" and not self._clause_like(at + 1)):
            if low in ("since", "as", "once") and not self._clause_like(at + 1):
                return self._add("prep", "of", at) if low != "once" else at + 1
            return self._add("sub", SUBORDINATORS[low], at)
        if self.is_name(at):
            done = self._mention(at)
            if done:
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
            and (previous == "be" or (previous in ("np", "v") and not _noun(low)))
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

    def _unknown(self, at: int) -> int:
        """A word in no table: a name, a noun or a verb by where it stands."""
        low, previous = self.low(at), self.previous()
        if (
            previous in ("np", "pron", "modal", "do", "not", "rel") and not self.verb_seen
        ) or previous == "have":
            subject = self.items[-1].mention
            chatty = previous == "pron" or (subject is not None and subject.det == "self")
            if (
                (chatty and self.starts_noun_phrase(at + 1))
                or low.endswith(("ed", "s", "es", "ing"))
                or previous in ("modal", "do")
                or self.low(at + 1) in PREPOSITIONS
            ):
                forms = (
                    {"past", "part"}
                    if low.endswith("ed")
                    else {"ing"}
                    if low.endswith("ing")
                    else {"s", "base"}
                )
                if (
                    low.endswith("ed")
                    or self.low(at + 1) in PREPOSITIONS
                    or self.starts_noun_phrase(at + 1)
                ):
                    self.items.append(
                        Item("v", "<unk>", self.raws[at].text, lemma=low, forms=frozenset(forms))
                    )
                    self.verb_seen = True
                    return at + 1
        if (
            previous in ("p", "co")
            and self.verb_seen
            and low.endswith("ed")
            and not self.capital(at)
        ):
            forms = frozenset(("past", "part"))
            self.items.append(Item("v", "<unk>", self.raws[at].text, lemma=low, forms=forms))
            return at + 1
        if previous == "be" and low.endswith(("ed", "ing")):
            forms = {"part"} if low.endswith("ed") else {"ing"}
            self.items.append(
                Item("v", "<unk>", self.raws[at].text, lemma=low, forms=frozenset(forms))
            )
            return at + 1
        if low[0].isalpha():
            done = self._mention(at)
            if done:
                item = self.items[-1]
                if (
                    item.mention
                    and item.mention.kind == "noun"
                    and not item.mention.det
                    and not self.verb_seen
                ):
                    if self.forms(done) & {"past", "s"} and len(item.mention.mods) == 0:
                        item.mention.kind, item.token = "name", "<name>"
                        item.mention.proper, item.mention.mods = (
                            True,
                            frozenset((item.mention.name.lower(),)),
                        )
                return done
        return self._add("w", "<unk>", at)

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

    def _phrase(self, at: int, width: int, act: str, token: str) -> int | None:
        if act == "drop":
            return at + width
        if token in ("first", "last") and self.low(at + width) == "of":
            if self.low(at + width + 2) not in _TEXTS:
                return None  # "at the end of the street"
            return self._add("adv", token, at, width + 3)
        if act == "sub" and not self._clause_like(at + width):
            return None
        if act == "sub" and token == "so_that":
            return self._add("sub", "so_that", at, width)
        if act == "prep" and token == "to":
            return self._add("prep", "to", at, width)
        if act == "adv" and token == "not":
            return self._add("not", "not", at, width)
        if act == "adv" and token == "no_longer":
            return self._add("adv", "no_longer", at, width)
        if act == "pron" and token == "it" and self._noun_after(at + width):
            return None
        if act == "pron" and token == "they" and self._noun_after(at + width):
            return None
        if act == "pron" and token == "them" and self.verb_seen is False:
            return None
        if act == "pron" and token == "they" and self.verb_seen:
            token = "them"
        if act == "modal":
            token = "<modal>"
        return self._add(act, token, at, width)

    def _apostrophe(self, at: int) -> int:
        """'s that marks no owner: is or has."""
        after = at + 1
        while self.low(after) in (
            "not",
            "just",
            "already",
            "now",
            "still",
            "never",
            "only",
            "also",
            "been",
        ):
            if self.low(after) == "been":
                break
            after += 1
        forms = self.forms(after)
        self.verb_seen = True
        if self.low(after) in (
            "got",
            "been",
            "had",
            "gone",
            "taken",
            "given",
            "become",
            "come",
            "left",
        ) or (
            "part" in forms
            and "base" not in forms
            and "past" not in forms
            and self.starts_noun_phrase(after + 1)
        ):
            return self._add("have", "has", at)
        return self._add("be", "is", at)

    def _wh(self, at: int) -> int:
        low = self.low(at)
        relative = (
            (low in ("who", "which", "whom", "whose", "where") and self.previous() == "np" and not self.question)
            or (low in ("who", "which", "whom") and self.previous() == "p" and len(self.items) > 1 and not self.question
            and self.items[-2].type == "np" and self.items[-1].token == ",")
        )  # fmt: skip
        if low == "when" and (not self.question or self.items):
            self.verb_seen = False
            return self._add("sub", "when", at)
        self.verb_seen = False
        return self._add("rel" if relative else "wh", WH[low], at)

    def _that(self, at: int) -> int:
        previous = self.previous()
        after = self.low(at + 1)
        item = self.previous_item()
        say = (
            item is not None
            and item.type == "v"
            and item.token in ("<say>", "<find>", "<see>", "<manage>")
        )
        last = next(
            (it for it in reversed(self.items) if it.type in ("v", "be", "co", "sub")), None
        )
        if (
            previous == "np"
            and not (last is not None and last.token in ("<say>", "<want>", "forget"))
            and (self.starts_noun_phrase(at + 1) and self.verb_ahead(at + 1))
        ):
            self.verb_seen = False
            return self._add("rel", "that", at)
        if after in DETERMINERS or after in SELF or (after in PRONOUNS) or self.is_name(at + 1):
            self.verb_seen = False
            return self._add("that", "that", at)
        if previous == "np" and not say:
            if after in _BE | _HAVE | MODALS | _DO or self.forms(at + 1):
                self.verb_seen = False
                return self._add("rel", "that", at)
        if say and self.verb_ahead(at + 1):
            self.verb_seen = False
            return self._add("that", "that", at)
        if self._run_at(at + 1):
            done = self._mention(at)
            if done:
                return done
        if say:
            self.verb_seen = False
            return self._add("that", "that", at)
        return self._add("pron", "it", at)

    def _place(self, at: int) -> int:
        raw = self.raws[at]
        mention = Mention(raw.text, raw.low, raw.low)
        mention.kind, mention.gender = "place", "n"
        self.items.append(Item("np", "<place>", raw.text, mention=mention))
        return at + 1

    def _preposition(self, at: int) -> int:
        low, after = self.low(at), self.low(at + 1)
        if low in (
            "up",
            "down",
            "over",
            "across",
            "along",
            "around",
            "round",
            "through",
            "on",
            "in",
            "straight",
        ):
            if after in ("to", "into", "onto", "towards", "toward") and self.previous() in (
                "v",
                "np",
                "pron",
                "adv",
            ):
                verb_follows = "base" in self.forms(at + 2) and self.low(at + 2) not in BARE_PLACES
                if (
                    not verb_follows
                    and self.low(at + 2)
                    and not (low in ("on", "in") and self.previous() != "v")
                ):
                    return at + 1
        if low in ("out",) and after in ("to", "into", "onto"):
            return self._add("part", "out", at)
        if (
            self.starts_noun_phrase(at + 1)
            or after in WH
            or "ing" in self.forms(at + 1)
            or low == "to"
        ):
            return self._add("prep", PREPOSITIONS[low], at)
        if (
            after in PREPOSITIONS
            or not after
            or not after[0].isalnum()
            or after in COORDINATORS
            or after in ADVERBS
        ):
            return self._add("part", PREPOSITIONS[low], at)
        return self._add("prep", PREPOSITIONS[low], at)


_CLOTHES = frozenset(
    "hat coat scarf glove gloves shirt t-shirt blouse jumper sweater cardigan jacket suit dress skirt trousers pants "
    "jeans shorts sock stockings shoe boots boot sandal slipper trainers belt tie cap bonnet apron uniform pyjamas "
    "raincoat swimsuit goggles sunglasses glasses spectacles mask ring necklace crown helmet backpack watch armour "
    "armor robe cloak clothes vest overalls wellingtons hoodie mittens mitten kit costume life-jacket".split()
)
_EXTREMES = frozenset(
    "always everyone everybody everything all every each any half no nobody nothing none never certainly as".split()
)
_HOMES = frozenset(
    "care nursing holiday retirement funeral mobile old new family rest stately childhood parental foster first "
    "the a my his her our their your".split()
)
_PICKING = frozenset("def a my his her our their your".split())
_VESSELS = frozenset("ship boat yacht ferry spaceship rocket submarine".split())
_ING_MODIFIERS = frozenset(
    "dressing changing waiting washing living sleeping dining meeting swimming sitting reading fitting parking "
    "landing walking drinking shopping cutting chopping rolling sewing training loading filing boarding holding "
    "hiding operating writing drawing fishing baking mixing frying knitting skating bowling climbing hiking running "
    "riding building recycling packing ironing playing staging docking charging measuring boxing cooking serving "
    "mixing storing sorting shipping receiving unloading camping carrying tasting drying".split()
)
_SUBJECTS = frozenset("he she they nobody someone everyone".split())
_SERIAL = re.compile(r"[a-z]{2,5}-?\d{2,}[a-z]?")
_TEXTS = frozenset(
    "story text log tale book day list file shift lesson week month year meeting party show match game trip term class".split()
)
_DIRECTIONS = frozenset("north south east west left right".split())
_RATHER_WORDS = frozenset(
    "honey candy ginger basil sage olive rosemary summer autumn page van china storm star river sky hope joy faith "
    "patience mercy grace charity destiny harmony melody said guy bud chip dot major general art dawn".split()
)
_LOCATIVE = frozenset(
    "in on into onto inside under behind beside beneath near next at by between".split()
)


def chunk(
    raws: list[Raw],
    names: frozenset[str] = frozenset(),
    question: bool = False,
    known: Known | None = None,
) -> list[Item]:
    """The items of one sentence."""
    return Chunker(raws, names, question, known).read()
