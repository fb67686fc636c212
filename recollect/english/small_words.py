"""Function words: fixed phrases, 's, question words, "that", prepositions."""

from __future__ import annotations

from recollect.english.items import Item, Mention
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    ADVERBS,
    BARE_PLACES,
    COORDINATORS,
    DETERMINERS,
    MODALS,
    PREPOSITIONS,
    PRONOUNS,
    SELF,
    WH,
)
from recollect.english.scanner import _BE, _DO, _HAVE
from recollect.english.verb_words import VerbWords

_TEXTS = frozenset(
    "story text log tale book day list file shift lesson week month year meeting party show match game trip term class".split()
)
_HANDLING = frozenset(
    ("<give>", "<put>", "<take>", "take", "<bring>", "carry", "<send>", "<drop>", "<swap>", "<destroy>", "hide", "<hold>")
)  # fmt: skip
_SITES = frozenset(
    "under underneath beneath behind inside below between above beside near within among over on off".split()
)


class SmallWords(VerbWords):
    """Reads function words."""

    def _mention(self, at: int) -> int | None:
        found = self.noun_phrase(at)
        if found is None:
            return None
        mention, j = found
        if self.low(j) in ("on", "off") and self.low(j + 1) == "duty":
            j += 2  # "the guard on duty, a man called Omar, left"
        mention, j = self._apposition(mention, j)
        j = self._pointed_out(j)
        if mention.det == "no":
            self.items.append(Item("not", "not", self.raws[at].text))
        self.items.append(Item("np", f"<{mention.kind}>", mention.text, mention=mention))
        return j

    def _pointed_out(self, at: int) -> int:
        """Past ", the one by the door", which tells which thing was meant."""
        if [self.low(at + n) for n in range(3)] != [",", "the", "one"]:
            return at
        if self.low(at + 3) not in PREPOSITIONS or (found := self.noun_phrase(at + 4)) is None:
            return at
        end = self.low(found[1])
        return found[1] + (end == ",") if end in (",", ".", "") else at

    def _one(self, at: int, det: str, width: int) -> int:
        """One of the kind of things spoken of."""
        mention = Mention(" ".join(raw.text for raw in self.raws[at : at + width]), "one", "one")
        mention.det = det
        self.items.append(Item("np", "<noun>", mention.text, mention=mention))
        return at + width

    def _time_only(self, at: int) -> int:
        """Past a noun without a verb that opens a sentence after "before": "After the call Bob flew"."""
        if self.low(at) not in ("after", "before", "during", "until", "till") or self.items:
            return at
        if self.question:  # "Before the hall, where was Ann?" asks about the hall
            return at
        self.fronted = True
        found = self.noun_phrase(at + 1)
        self.fronted = False
        if found is None or found[0].proper or found[0].kind == "person":
            return at
        while self.low(found[1]) == "of" and (whole := self.noun_phrase(found[1] + 1)):
            found = whole  # "after the start of the match"
        after = self.low(found[1])
        begins = after in PRONOUNS or self.starts_noun_phrase(found[1])
        return found[1] + (after == ",") if after == "," or begins else at

    def _phrase(self, at: int, width: int, act: str, token: str) -> int | None:
        if self.low(at + width - 1) == "own" and self._run_at(at + width):
            if not self.capital(at + width) and self.low(at + width) not in ADVERBIAL_PLACES:
                return None  # "out of her own purse"
        if act == "drop":
            if self.low(at) == "next" and self.items and self.items[-1].type == "prep":
                self.items.pop()  # "from next door"
            return at + width
        if token == "not" and act == "adv" and not self.items and not self.question:
            found = self.noun_phrase(at + width)  # "Instead of the hammer, Bob took the saw"
            if found and self.low(found[1]) == ",":
                return found[1] + 1
        if token in ("first", "last") and self.low(at + width) == "of":
            if self.low(at + width + 2) not in _TEXTS:
                return None  # "at the end of the street"
            return self._add("adv", token, at, width + 3)
        if act == "sub" and token in ("before", "after"):
            done = self._time_only(at + width - 1)
            if done > at + width - 1:
                return done  # "just before the ceremony the boy left"
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
        if token == "someone" and self.items and self.items[-1].token in _HANDLING:
            return self._one(at, "a", width)  # "gave one of them to Ann"
        if act == "pron" and token == "it" and self._noun_after(at + width):
            return None
        if act == "pron" and token == "they" and self._noun_after(at + width):
            return None
        if act == "pron" and token == "them" and self.verb_seen is False:
            return None
        if act == "pron" and token == "they" and self.verb_seen:
            begins = self.previous() in ("co", "sub") and self.verb_ahead(at + width)
            token = "they" if begins else "them"
        if act == "modal":
            token = "<modal>"
        return self._add(act, token, at, width)

    def _apostrophe(self, at: int) -> int:
        """'s that marks no owner: is or has."""
        after = at + 1
        held = self.low(after) in ("is", "was", "are", "were") or self.forms(after) == {"past"}
        if held and self.items and self.items[-1].type == "np":
            return self.theirs(at)
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

    def theirs(self, at: int) -> int:
        """Past the 's of "Ann's is in the hall": hers, of the kind of things spoken of."""
        things = [it.mention for it in self.items[:-1] if it.mention is not None]
        like = next(
            (m for m in reversed(things) if m.kind in ("thing", "box") and not m.proper), None
        )
        owner = self.items.pop()
        name = like.name.split()[-1] if like is not None else "one"
        mention = Mention(f"{owner.text}'s", f"{owner.text}'s {name}", like.head if like else "one")
        if like is not None:
            mention.kind, mention.gender, mention.plural = like.kind, like.gender, like.plural
        mention.det, mention.owner = "another", owner.mention
        self.items.append(Item("np", f"<{mention.kind}>", mention.text, mention=mention))
        return at + 1

    def _place(self, at: int) -> int:
        raw = self.raws[at]
        mention = Mention(raw.text, raw.low, raw.low)
        mention.kind, mention.gender = "place", "n"
        self.items.append(Item("np", "<place>", raw.text, mention=mention))
        return at + 1

    def _preposition(self, at: int) -> int:
        low, after = self.low(at), self.low(at + 1)
        if low == "from" and after in _SITES and self.starts_noun_phrase(at + 2):
            return self._add("prep", "from", at, 2)  # "from under the bed"
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
