"""The page on an answer: erasures, the map, and that it is one safe file."""

import html.parser
import re
from dataclasses import replace

import pytest
import torch

from recollect.answer import Answer, Evidence
from recollect.english import read_story
from recollect.inspect import faithfulness, story_report, write_report
from recollect.inspect.heat_map import STRIP, WHOLE, heat_map
from recollect.models import EventMemory

STORY = "\n".join(
    ["Ann took the key.", "Bob sang.", "Ann went to the attic.", "Bob went to the hall."]
)
QUESTION = "Where is the key?"


class Scripted:
    """Answers by the sentences that are left: an oracle whose dependence is known."""

    def __init__(self, needs, *, evidence=(1, 3), always=()):
        self.needs, self.evidence, self.always = set(needs), evidence, set(always)
        self.asked = []

    def ask(self, story, question, *, at=None, erased=(), top=3):
        self.asked.append(frozenset(erased))
        lines = {c.line for c in story.clauses if at is None or c.line <= at} - set(erased)
        known = self.needs <= lines or bool(self.always & lines)
        text = "attic" if known else "I don't know"
        p = 0.98 if known else 0.95
        here = {c.line: c for c in story.clauses}
        evidence = [
            Evidence(n, here[n].text, k, 0.99) for k, n in enumerate(self.evidence, 1) if n in here
        ]
        ranked = [(text, p), ("I don't know" if known else "attic", 0.02)]
        hops = torch.zeros(3, max(c.sentence for c in story.clauses) + 1)
        for k, n in enumerate(self.evidence):
            hops[k, here[n].sentence if n in here else 0] = 0.99
        return Answer(question, text, p, known, evidence, [], ranked=ranked[:top], hops=hops)


class Page(html.parser.HTMLParser):
    """Checks that every tag is closed, and collects what a page refers to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.scripts = [], [], 0
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.links += [v for k, v in attrs if k in ("src", "href", "action", "data")]
        self.links += [v for k, v in attrs if k.startswith("on")]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


# Faithfulness


def test_evidence_that_is_needed_and_enough_is_decisive():
    trial = faithfulness(Scripted({1, 3}), STORY, QUESTION)
    assert trial.badge == "DECISIVE" and trial.controls == 20 and trial.changed == 0
    assert [e.answer for e in trial.erased] == ["I don't know"] * 2
    assert all(e.mattered and "does not tell" in e.verdict for e in trial.erased)
    assert [e.lines for e in trial.erased] == [(1,), (3,)]
    assert trial.only.answer == "attic" and not trial.only.mattered


def test_evidence_that_others_repeat_is_weak():
    trial = faithfulness(Scripted({1, 3}, always={4}), STORY, QUESTION)
    assert trial.badge == "WEAK" and not any(e.mattered for e in trial.erased)
    assert trial.without.answer == "attic" and "made no difference" in trial.without.verdict


def test_evidence_that_needs_more_than_itself_is_weak():
    longer = "\n".join([STORY, *["Bob sang."] * 100])
    trial = faithfulness(Scripted({1, 2, 3}), longer, QUESTION)
    assert trial.badge == "WEAK" and trial.only.answer == "I don't know"


def test_evidence_that_matters_no_more_than_chance_is_not_decisive():
    trial = faithfulness(Scripted({1, 2, 3}), STORY, QUESTION)
    assert trial.changed == trial.controls == 20 and trial.badge == "NOT DECISIVE"


def test_evidence_that_does_not_matter_is_said_not_to():
    trial = faithfulness(Scripted({4}), STORY, QUESTION)
    assert trial.badge == "NOT DECISIVE" and not any(e.mattered for e in trial.erased)


def test_one_sentence_of_a_line_of_prose_can_be_erased():
    prose = STORY.replace("\n", " ")
    assert {c.line for c in read_story(prose).clauses} == {1}

    class BySentence(Scripted):
        def ask(self, story, question, **rest):
            told = super().ask(story, question, **rest)
            return replace(told, evidence=[e for e in told.evidence if e.text])

    answerer = BySentence({1, 3})
    trial = faithfulness(answerer, prose, QUESTION)
    assert [e.text for e in trial.erased] == ["Ann took the key.", "Ann went to the attic."]
    assert {frozenset({1}), frozenset({3}), frozenset({2, 4})} <= set(answerer.asked)
    assert trial.badge == "DECISIVE"


def test_what_lies_past_the_line_asked_about_is_no_control():
    answerer = Scripted({1, 3})
    trial = faithfulness(answerer, STORY, QUESTION, at=3)
    assert trial.controls == 20
    assert not any(4 in erased for erased in answerer.asked if len(erased) < 2)
    with pytest.raises(ValueError, match="at is 9; give a line of the text, 1 to 4"):
        faithfulness(answerer, STORY, QUESTION, at=9)


def test_no_evidence_is_not_tested():
    trial = faithfulness(Scripted({1, 3}, evidence=()), STORY, QUESTION)
    assert trial.badge == "NOT TESTED" and not trial.erased and trial.without is None


def test_an_untrained_model_is_tested_like_any_other():
    from recollect.answer import Answerer

    torch.manual_seed(0)
    trial = faithfulness(Answerer(EventMemory()), STORY, QUESTION)
    assert trial.badge in ("DECISIVE", "WEAK", "NOT DECISIVE", "NOT TESTED")


# The map


def test_the_map_holds_the_weights_beside_their_sentences():
    story = read_story(STORY)
    told = Scripted({1, 3}).ask(story, QUESTION)
    drawn = heat_map(story, told)
    assert drawn.hops == (1, 2)  # the third hop read nothing
    assert [row.line for row in drawn.rows] == [1, 2, 3, 4]
    assert drawn.rows[0].weights == pytest.approx((0.99, 0)) and drawn.rows[0].cited == 1
    assert drawn.rows[2].weights == pytest.approx((0, 0.99)) and drawn.rows[2].cited == 2
    assert drawn.nothing == pytest.approx((0.01, 0.01), abs=1e-6)
    assert [row.counted for row in heat_map(story, told, at=2).rows] == [True, True, False, False]


def test_a_long_story_is_pooled_and_shown_around_what_was_read():
    count = WHOLE + 600
    story = read_story("\n".join(f"Ann went to room {n}." for n in range(1, count + 1)))
    told = Scripted({1}, evidence=(500, 900)).ask(story, QUESTION)
    drawn = heat_map(story, told)
    assert drawn.sentences == count and len(drawn.strip) <= STRIP
    assert max(w[0] for *_, w in drawn.strip) == pytest.approx(0.99)  # pooled by maximum
    lines = [row.line for row in drawn.rows]
    assert {498, 500, 502, 898, 900} <= set(lines) and len(lines) < 20
    assert sum(row.gap for row in drawn.rows) + len(lines) + drawn.after == count


# The page


def test_the_page_is_one_file_that_needs_no_network():
    text = story_report(Scripted({1, 3}), STORY, QUESTION, name="story.txt")
    page = Page(text)
    assert page.links == [] and page.scripts == 1
    assert "default-src 'none'" in text
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text)
    for told in ("DECISIVE", "attic", "Where is the key?", "line 3", "0.99", "hop 2", "story.txt"):
        assert told in text
    assert text == story_report(Scripted({1, 3}), STORY, QUESTION, name="story.txt")


def test_what_people_write_is_text_and_never_markup():
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    story = f"Ann took the key.\nBob said {evil}.\nAnn went to the attic.\nBob sang."
    text = story_report(Scripted({1, 3}), story, f"Where is the key {evil}?", name=evil)
    page = Page(text)
    assert page.scripts == 1 and page.links == []
    assert "&lt;script&gt;alert(1)" in text


def test_a_long_page_has_an_overview_and_every_weight_by_keyboard():
    story = "\n".join(["Ann took the key.", *["Bob sang."] * 80, "Ann went to the attic."])
    text = story_report(Scripted({1, 82}, evidence=(1, 82)), story, QUESTION)
    Page(text)
    assert "<svg" in text and "line of the sentence" in text and "only sentences that" in text
    cells = re.findall(r'<td class="cell[^>]*tabindex="-1"[^>]*title="([^"]*)"', text)
    assert len(cells) == 2 * 82 + 2 and "hop 2 reads line 82 with weight 0.9900" in cells


def test_not_knowing_is_told_as_such():
    text = story_report(Scripted({9}, evidence=(1,)), STORY, QUESTION)
    Page(text)
    assert "sure that the text does not tell" in text and "What was found on the way" in text
    assert "NOT TESTED" in text


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"no such file or directory; make room, or choose"):
        write_report(tmp_path / "none" / "report.html", "<p>")
    assert list(tmp_path.iterdir()) == []
    write_report(tmp_path / "report.html", "<p>ä")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "<p>ä"
