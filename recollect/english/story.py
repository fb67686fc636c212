"""Reading a story and a question (thin)."""
from __future__ import annotations
import re
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.names import NAMES, TITLES
from recollect.english.nouns import ADJECTIVES, KIND, PERSONS
from recollect.english.tokens import raw_tokens, straighten
from recollect.english.verbs import PHRASAL, VERB_CLASS
from recollect.english.words import TOKEN_IDS, Clause, Entity, Note, Story, Unreadable, Word

_DET = set("the a an my your his her our their its this that these those some any".split())
_WORDS = {"into": "in", "inside": "in", "onto": "on", "them": "them", "no": "not"}
_MODAL = set("will would can could may might must shall should".split())


def _entity(story, names, head, name, kind, gender=""):
    key = head.lower()
    if key in names:
        return names[key]
    names[key] = len(story.entities) + len(names.get("", []))
    story.entities.append(Entity(name, kind, gender))
    return names[key]


def _clause(sentence, line, number, story, names):
    raws = raw_tokens(sentence)
    words, i = [], 0
    def has_verb():
        return any(w.token in VERB_CLASS.values() or w.token in ("was", "had") for w in words)
    while i < len(raws):
        text, low = raws[i]
        if low in ".,!\"'":
            i += 1
            continue
        if low in _DET and i + 1 < len(raws):
            j, parts = i + 1, []
            while j < len(raws) and raws[j].low.isalpha() and raws[j].low not in TOKEN_IDS and not (
                parts and raws[j].low in VERB_FORMS and raws[j].low not in KIND
            ):
                parts.append(raws[j])
                j += 1
            if parts:
                head = singular(parts[-1].low)
                kind = KIND.get(head, "noun")
                name = " ".join(p.text for p in parts)
                number_ = _entity(story, names, name, name, kind, PERSONS.get(head, "n"))
                words.append(Word(f"<{kind}>", number_, text + " " + name))
                i = j
                continue
        if low in ("is", "are", "am", "was", "were"):
            words.append(Word("was" if low.startswith("w") else "be", -1, text))
        elif low in ("do", "does", "did"):
            words.append(Word("do", -1, text))
        elif low in _MODAL and low not in names:
            words.append(Word("<modal>", -1, text))
        elif low in TOKEN_IDS or low in _WORDS:
            words.append(Word(_WORDS.get(low, low), -1, text))
        elif low in VERB_FORMS and not (low in NAMES and text[0].isupper()):
            lemma = VERB_FORMS[low][0][0]
            token = VERB_CLASS.get(lemma, "<act>")
            if i + 1 < len(raws) and raws[i + 1].low in PHRASAL.get(lemma, ()):
                token = VERB_CLASS[f"{lemma}_{raws[i + 1].low}"]
                i += 1
            words.append(Word(token, -1, text))
        elif low in KIND:
            words.append(Word(f"<{KIND[low]}>", _entity(story, names, low, text, KIND[low], "n"), text))
        elif text[0].isupper() or low in NAMES:
            words.append(Word("<name>", _entity(story, names, low, text, "name", NAMES.get(low, "")), text))
        elif low in ADJECTIVES or low.endswith("ly"):
            pass
        else:
            words.append(Word("<unk>", -1, text))
        i += 1
    return Clause(tuple(words[:16]), line, number, 0.0, sentence)


def read_story(text: str) -> Story:
    """Read a story."""
    if not text.strip():
        raise Unreadable("the story is empty: write a sentence a line")
    story, names, number = Story(), {}, 0
    for line, row in enumerate(text.splitlines(), 1):
        story.lines.append(row)
        row = re.sub(r"^\s*(\d+[.)]?\s+|[-*•]\s+)", "", straighten(row)).split("\t")[0].strip()
        for sentence in re.split(r"(?<=[.!?])\s+", row):
            if sentence:
                clause = _clause(sentence, line, number, story, names)
                number += 1
                if clause.words:
                    story.clauses.append(clause)
                else:
                    story.notes.append(Note(line, sentence, "nothing to read"))
    return story


def read_question(text: str, story: Story) -> Clause:
    """Read a question."""
    names = {e.name.lower(): n for n, e in enumerate(story.entities)}
    scratch = Story(entities=list(story.entities))
    clause = _clause(straighten(text).strip(), 0, 0, scratch, names)
    if not clause.words or clause.words[-1].token != "?":
        clause = clause._replace(words=(*clause.words, Word("?", -1, "?")))
    return clause
