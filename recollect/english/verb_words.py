"""Whether a word is a verb where it stands, and the particles it takes."""

from __future__ import annotations

from recollect.english.appositions import Appositions
from recollect.english.items import Item
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    ADVERBS,
    BARE_PLACES,
    COORDINATORS,
    DETERMINERS,
    PREPOSITIONS,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.nouns import ADJECTIVES, KIND
from recollect.english.scanner import _noun
from recollect.english.verbs import PHRASAL, VERB_CLASS

_PREPOSITIONAL = frozenset(
    """look_at look_for search_for listen_to talk_to speak_to chat_with go_with come_with go_after come_after tag_along
    come_across stumble_upon stumble_on come_upon bump_into wait_for wait_on knock_on knock_at hold_on_to hang_on_to
    hold_onto hang_onto let_go_of get_rid_of dispose_of take_care_of look_after get_hold_of take_hold_of grab_hold_of
    think_of think_about make_off_with run_off_with walk_off_with check_on rummage_through search_through
    look_through turn_into catch_up_with cling_to point_at laugh_at smile_at wave_at stare_at
    glance_at gaze_at grin_at frown_at rummage_through call_at lean_on wonder_at nod_at lie_to
    shoot_at scratch_at work_on help_oneself_to go_through run_into escape_with come_away_with care_for catch_sight_of meet_with
    meet_up_with
    """.split()
)
"""Phrasal verbs whose last particle is a preposition with an object."""
_CLOTHES = frozenset(
    "hat coat scarf glove gloves shirt t-shirt blouse jumper sweater cardigan jacket suit dress skirt trousers pants "
    "jeans shorts sock stockings shoe boots boot sandal slipper trainers belt tie cap bonnet apron uniform pyjamas "
    "raincoat swimsuit goggles sunglasses glasses spectacles mask ring necklace crown helmet backpack watch armour "
    "armor robe cloak clothes vest overalls wellingtons hoodie mittens mitten kit costume life-jacket".split()
)
_STATES = frozenset("broken torn cracked bent damaged ruined spoilt spoiled worn smashed".split())
_SUBJECTS = frozenset("he she they nobody someone everyone".split())
_MOVING = frozenset(("<go>", "<enter>", "<exit>", "<follow>", "<stay>", "leave", "hide"))
_POSSESSED = frozenset("my your his her our their".split())
_HEADINGS = frozenset("north south east west left right".split())
_LOCATIVE = frozenset(
    "in on into onto inside under behind beside beneath near next at by between".split()
)


class VerbWords(Appositions):
    """Reads verbs with their particles."""

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
        if previous == "not" and len(self.items) > 1 and self.items[-2].type == "be":
            previous = "be"  # "is not burning it"
        if previous == "not" and len(self.items) > 1 and self.items[-2].type == "have":
            previous = "have"  # "it was promised, but has not left"
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
            taken = (
                low == "worn" and self._onward(after) and self.low(after + 1) != "pieces"
            )  # "was worn to the party"
            if low in _STATES and self.low(after) != "by" and not taken:
                return False
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
        if item and item.type == "pron" and item.token == "it" and not self.question:
            before = next((it for it in reversed(self.items[:-1]) if it.type != "adv"), None)
            if before is not None and before.type in ("co", "sub") and forms & {"s", "past"}:
                if self.low(after) in PREPOSITIONS or self.low(after) in ("there", "here"):
                    return True  # "and now it stands by the door"
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
            if "base" in forms and self.low(after) in DETERMINERS and self.witnessed():
                return True
            return bool(forms & {"s", "past"}) and self.starts_noun_phrase(after)
        if previous == "co" and not self.verb_seen and "past" in forms and "base" not in forms:
            if any(it.type in ("v", "be", "have") for it in self.items):
                return self.starts_noun_phrase(after) or low not in ADJECTIVES
        if previous in ("co", "p") and self.verb_seen:
            if "s" in forms and self._goes_on(at):
                return True
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

    def liked(self, at: int) -> bool:
        """Whether "like" is a verb here: "did not like to lend it", "they like reading"; not "ran like Tom"."""
        if self.low(at) != "like" or not self.items:
            return False
        last, helped = self.items[-1], [it for it in self.items if it.type not in ("adv", "not")]
        chatty = last.mention is not None and last.mention.det == "self"
        if not self.verb_seen and (chatty or self.previous() in ("not", "do", "modal", "pron")):
            return True
        if self.question or not helped:
            return False
        if helped[-1].type in ("do", "modal"):
            return True
        opens = len(helped) < 2 or helped[-2].type in ("co", "sub", "that", "p")
        told = len(helped) > 1 and helped[-2].type == "v" and helped[-2].token == "<say>"
        if chatty or (last.type == "pron" and last.token in ("they", "both", "everyone")):
            return opens or (told and last.token == "they")
        if last.mention is None or self.verb_seen or self.verb_ahead(at + 1):
            return False
        paired = len(self.items) > 2 and self.items[-2].token == "and"
        several = last.mention.plural or last.mention.gender == "p"
        return (several or paired) and (opens or paired)

    def _goes_on(self, at: int) -> bool:
        """Whether an -s form after a comma, "and" or "then" is a further verb: "picks it up and exits to the left"."""
        low, after = self.low(at), self.low(at + 1)
        last = next(
            (
                it
                for it in reversed(self.items)
                if it.type in ("v", "be", "have") and it.forms != {"ing"}
            ),
            None,
        )
        if (
            self.capital(at)
            or after == "of"
            or last is None
            or not ("s" in last.forms or last.token in ("is", "has"))
            or self.verb_ahead(at + 1)
            or ("base" in self.forms(at + 1) and not self.starts_noun_phrase(at + 1))
        ):
            return False
        lemma = next((lemma for lemma, form in VERB_FORMS[low] if form == "s"), low)
        token = VERB_CLASS.get(lemma, "<act>")
        ends = not after[:1].isalnum() or after in COORDINATORS
        onward = (
            ends
            or after in PREPOSITIONS
            or after in BARE_PLACES
            or after in ADVERBIAL_PLACES
            or after in ADVERBS
            or after in _HEADINGS
            or after.endswith("ly")
        )
        if not onward:
            return False
        joined = len(self.items) - 1
        while joined > 0 and self.items[joined].type in ("co", "p", "adv"):
            joined -= 1
        before = self.items[joined]
        if before.type != "np" or before.mention is None:
            return True  # "waits and looks around": there is no list of nouns to go on with
        if any(it.token == "then" for it in self.items[joined + 1 :]):
            return True
        if before.mention.plural and not before.mention.det:
            listed = joined > 0 and self.items[joined - 1].type == "co"
            if not (listed and token in _MOVING):
                return False  # "carries plates and boxes to the kitchen"
        if token == "<destroy>":
            return ends or after in ("from", "at", "up")  # "takes the cake and drinks to the hall"
        kind = KIND.get(low) or KIND.get(singular(low))
        if token in _MOVING:
            return kind not in ("thing", "box", "person") or (ends and lemma == "leave")
        return kind in (None, "noun") and (
            token == "<act>" or VERB_CLASS.get(f"{lemma}_{after}", "<act>") != "<act>"
        )

    def _onward(self, at: int) -> bool:
        """Whether "to" and a place follow, and no infinitive."""
        return (
            self.low(at) in ("to", "into", "towards")
            and self.starts_noun_phrase(at + 1)
            and ("base" not in self.forms(at + 1) or self.low(at + 1) in BARE_PLACES)
        )

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
            if previous in ("modal", "do") or self.low(at - 1) == "to":
                lemma = next((le for le, form in readings if form == "base"), lemma)
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
            if whole == "check_in" and self.low(after) in _POSSESSED and object_follows:
                lemma, token, j = whole, "<act>", after  # "checked in her case"
                break
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
            onto = ("of", "through") if previous == "be" else ("of", "through", "by")
            if rest[-1] == "out" and self.low(after) in onto:
                continue  # "went out by the gate", but "was checked out by Bob"
            if whole == "go_through" and self.low(after) in ("to", "into"):
                continue
            if VERB_CLASS[whole] == "<go>" and object_follows:
                continue
            if whole in ("go_on", "carry_on", "move_on") and self._onward(after):
                lemma, token, j = "go", "<go>", after  # "went on to the castle"
                break
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
