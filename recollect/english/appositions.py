"""Two names of one person or thing: "the best man, Curtis," and "Curtis, the best man,"."""

from __future__ import annotations

from recollect.english.items import Mention
from recollect.english.lexicon import DETERMINERS
from recollect.english.names import NAMES, TITLES
from recollect.english.noun_phrases import NounPhrases
from recollect.english.nouns import ANIMALS

_PICKING = frozenset("def a my his her our their your".split())
_DOERS = ("er", "or", "ist", "man", "woman", "ess", "ian", "eer", "ant")


class Appositions(NounPhrases):
    """Brings what somebody is and what somebody is called to one mention."""

    def _apposition(self, mention: Mention, at: int) -> tuple[Mention, int]:
        """Take in the second name after a comma; the noun becomes another word for the name."""
        if self.low(at) != "," or not self._may_be_called(mention):
            return mention, at
        named = mention.proper
        if (
            (self.is_name(at + 1) if named else self.starts_noun_phrase(at + 1) is False)
            or mention.det == "self"
            or mention.plural
        ):
            return mention, at
        if named and DETERMINERS.get(self.low(at + 1)) not in _PICKING:
            return mention, at
        if not named and mention.det not in _PICKING and not mention.owner:
            return mention, at
        found = self.noun_phrase(at + 1)
        if found and not named:
            self._pet_name(mention, found[0], at + 1)
        if not found or found[0].proper == named or found[0].plural:
            return mention, at
        other, j = found
        name, noun = (mention, other) if named else (other, mention)
        sure = noun.kind == "person" or noun.head in ANIMALS
        if not sure and (named or not self._named_aside(noun, name, at, j)):
            return mention, at
        if other.proper and other.kind not in ("name", noun.kind):
            return mention, at
        end = self.low(j)
        if end not in (",", ".", "", "!", "?") or (
            self.low(j + 1) in ("and", "or") and not self._verb_next(j + 2)
        ):
            return mention, at
        if end != "," and not self.verb_seen:
            return mention, at
        name.det = name.det if named else mention.det
        name.extra = (*name.extra, noun.head)
        name.gender = name.gender or (noun.gender if noun.head not in ANIMALS else "")
        if not sure and noun.kind != "noun" and not self._somebody(noun, name):
            name.kind, name.gender = noun.kind, "n"
        name.text = " ".join(raw.text for raw in self.raws[at - 1 : j]) if named else name.text
        return name, j + (end == ",")

    def _may_be_called(self, mention: Mention) -> bool:
        """Whether a mention may have a second name."""
        if mention.kind in ("name", "person") or mention.head in ANIMALS:
            return True
        return mention.kind in ("noun", "thing", "box", "place") and not mention.proper

    def _named_aside(self, noun: Mention, name: Mention, at: int, end: int) -> bool:
        """Whether "the dishwasher, Emeka, went" calls the one by the other, and no list begins there."""
        fronted = self.previous() == "prep" and not self.verb_seen
        if self.question or fronted or self.low(end) != "," or not self.capital(at + 1):
            return False
        if noun.kind == "place" and name.mods & NAMES.keys():
            return False
        after = self.low(end + 1)
        return after in ("and", "who", "which") or not self.starts_noun_phrase(end + 1)

    def _pet_name(self, mention: Mention, name: Mention, at: int) -> None:
        """Make a name of the capital noun in "the cat, Muffin, hid"."""
        if mention.kind != "person" and mention.head not in ANIMALS:
            return
        if name.proper or name.det or name.plural or not self.capital(at) or self.question:
            return
        name.proper, name.kind, name.gender = True, "name", ""
        name.mods = frozenset((name.name.lower(),))

    def _verb_next(self, at: int) -> bool:
        """Whether a finite verb follows "and": "the keeper, Mr Osei, and flew"."""
        forms = self.forms(at)
        return bool(forms & {"past", "s"}) and not self.starts_noun_phrase(at)

    @staticmethod
    def _somebody(noun: Mention, name: Mention) -> bool:
        """Whether a word that may be a machine is somebody here: the dishwasher is, called Emeka."""
        titled = name.name.split()[0].lower().rstrip(".") in TITLES
        return titled or bool(name.mods & NAMES.keys()) or noun.head.endswith(_DOERS)
