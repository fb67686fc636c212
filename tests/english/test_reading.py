"""Entities, time, quotes, layouts and odd input."""

from __future__ import annotations

import math
import os
import random
from pathlib import Path

import pytest

from recollect.english import LONGEST, TOKEN_IDS, Story, Unreadable, read_question, read_story


def names(story: Story) -> list[str]:
    return [entity.name for entity in story.entities]


def who(story: Story, clause: int) -> list[str]:
    return [
        story.entities[word.entity].name for word in story.clauses[clause].words if word.entity >= 0
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Tom took the small brass key. He dropped the key.", ["Tom", "small brass key"]),
        ("Mary Smith came in. Mary sat down. Smith left.", ["Mary Smith"]),
        ("Mr. Brown met Mrs. Brown.", ["Mr Brown", "Mrs Brown"]),
        ("Dr Ada King drove home. Dr King slept.", ["Dr Ada King", "home"]),
        ("Mary's bag is on the chair. Her bag is red.", ["Mary", "Mary's bag", "chair"]),
        ("Mary's bag is here. John's bag is there.", ["Mary", "Mary's bag", "John", "John's bag"]),
        ("Room 12 is empty. Ann went to room 14.", ["Room 12", "Ann", "room 14"]),
        ("A ball was in the box. The ball fell.", ["ball", "box"]),
        ("I took my hat. Tom gave me the map.", ["I", "hat", "Tom", "map"]),
        ("Tom found another key. He kept the key.", ["Tom", "key"]),
        ("The fridge is full. Ann opened the refrigerator.", ["fridge", "Ann"]),
        ("My brother Tom went out. Tom came back.", ["Tom"]),
        ("We saw a cat called Tiger. Tiger ran away.", ["we", "Tiger"]),
        ("Will took the will to Will's office.", ["Will", "will", "Will's office"]),
        ("The cup of tea is on the desk. Bob took the tea.", ["cup of tea", "desk", "Bob"]),
        ("Tom went to room 12. Ann went to the store room. Bob went to room 21. Cy went to room 12.",  # noqa: E501
            ["Tom", "room 12", "Ann", "store room", "Bob", "room 21", "Cy"]),
        ("Xix the goblin left. The goblin came back.", ["Xix"]),
        ("Pip the parrot flew to the shed. The parrot slept.", ["Pip", "shed"]),
        ("The best man, Curtis, left. Curtis came back. The best man sat down.", ["Curtis"]),
        ("Lena, the baker, left. The baker came back.", ["Lena"]),
        ("The guard left. The guard, Mr. Osei, came back. Mr Osei sat down.", ["guard"]),
        ("My friend Marta left. Her dog Waffles followed her. The dog barked.", ["Marta", "Waffles"]),  # noqa: E501
        ("The captain left. Captain Marrow met Captain Lee.", ["captain", "Captain Lee"]),
        ("Ann put it in her bag. Bob used his bag. Ann closed her bag.", ["Ann", "bag", "Bob", "bag"]),  # noqa: E501
        ("Ann lived in the care home. Bob went home.", ["Ann", "care home", "Bob", "home"]),
        ("Ann put SN-2210 in Bay 4. Bob took SN-2210 to Warehouse-3.",
            ["Ann", "SN-2210", "Bay 4", "Bob", "Warehouse-3"]),
    ],
)  # fmt: skip
def test_mentions_of_one_thing_are_one_entity(text: str, wanted: list[str]) -> None:
    assert names(read_story(text)) == wanted


def test_two_that_fit_are_told_as_ambiguous() -> None:
    story = read_story("Tom took the red ball.\nAnn took the blue ball.\nBob took the ball.")
    assert names(story) == ["Tom", "red ball", "Ann", "blue ball", "Bob", "ball"]
    assert [(note.line, "ambiguous" in note.reason) for note in story.notes] == [(3, True)]


def test_kinds_and_genders() -> None:
    story = read_story(
        "Mary and the guard carried an old lamp, a drawer and a flumph from Paris to the attic."
    )
    kinds = {entity.name: (entity.kind, entity.gender) for entity in story.entities}
    assert kinds == {
        "Mary": ("name", "f"), "guard": ("person", ""), "old lamp": ("thing", "n"), "drawer": ("box", "n"),  # noqa: E501
        "flumph": ("noun", ""), "Paris": ("place", "n"), "attic": ("place", "n"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "mary went to the kitchen\nwill picked up the key\nrose gave the ball to mark",
        "MARY WENT TO THE KITCHEN.\nWILL PICKED UP THE KEY.\nROSE GAVE THE BALL TO MARK.",
        "- Mary went to the kitchen\n- Will picked up the key\n- Rose gave the ball to Mark",
        "1. Mary went to the kitchen.\n2. Will picked up the key.\n3. Rose gave the ball to Mark.",
        "1 Mary went to the kitchen.\r\n2 Will picked up the key.\r\n3 Rose gave the ball to Mark.\r\n",  # noqa: E501
        "\ufeffMary went to the kitchen.\n\n\nWill picked up the key.\n   \nRose gave the ball to Mark.",  # noqa: E501
        "Mary went to the kitchen. Will picked up the key! Rose gave the ball to Mark.",
    ],
)
def test_layouts_of_one_story_read_the_same(text: str) -> None:
    story = read_story(text)
    assert [clause.tokens for clause in story.clauses] == [
        "<name> <go> to <place>", "<name> <take> <thing>", "<name> <give> <thing> to <name>"
    ]  # fmt: skip
    assert [name.lower() for name in names(story)] == [
        "mary",
        "kitchen",
        "will",
        "key",
        "rose",
        "ball",
        "mark",
    ]


def test_prose_broken_by_width_keeps_its_line_numbers() -> None:
    text = (
        "Yesterday morning Mary, who had been awake since five, walked down\n"
        "to the harbour. She met Mr. Brown there and gave him the letter. He\n"
        "put it in his pocket and\n"
        "went home."
    )
    story = read_story(text)
    assert [(clause.line, clause.sentence) for clause in story.clauses][-2:] == [(2, 2), (2, 2)]
    assert story.clauses[-1].tokens == "he <go> <place>"


def test_sentences_without_times_are_all_at_zero() -> None:
    story = read_story("Mary went home. Then she slept. After that she left.")
    assert {clause.when for clause in story.clauses} == {0.0}


@pytest.mark.parametrize(
    "text",
    [
        "The day before yesterday Ann was in A1. Yesterday Ann was in Rome. This morning she was in Bonn. "  # noqa: E501
        "This afternoon she went to Ulm. This evening she went to Bern.",
        "On Monday Ann left. On Tuesday she came back. On Wednesday morning she slept. On Wednesday evening she went out.",  # noqa: E501
        "At 9 Ann left. At 9:15 she came back. At half past ten she slept. At noon she went out. At 2 pm she ran home.",  # noqa: E501
        "At 8 o'clock Ann left. Two hours later she came back. At 10.30 am she slept. The next day she went out.",  # noqa: E501
        "On 3 March 2024 Ann left. On 4 March 2024 she came back. On 2024-03-05 she slept. On 06/03/2024 she went out.",  # noqa: E501
        "Last night Ann left. Today she came back. Tonight she slept.",
    ],
)
def test_times_order_events(text: str) -> None:
    times = [clause.when for clause in read_story(text).clauses]
    assert times == sorted(times) and len(set(times)) == len(times)


def test_a_sentence_without_a_time_takes_over_the_last() -> None:
    first, second, third = read_story(
        "At 9:30 Ann left. She took the key. Yesterday Bob was here."
    ).clauses
    assert first.when == second.when == 9.5
    assert third.when < 0


def test_what_is_to_come_is_no_fact_and_moves_no_clock() -> None:
    first, second = read_story("Tomorrow Ann goes to Rome. Bob is here.").clauses
    assert first.tokens == "<name> <modal> <go> to <place>"
    assert second.when == 0.0


def test_the_time_of_a_question() -> None:
    story = read_story("At 9 Ann went to the hall. At 10 Ann went to the shed.")
    assert read_question("Where was Ann at 9:15?", story).when == 9.25
    assert read_question("Where is Ann?", story).when == math.inf


def test_unknown_entities_of_a_question_lie_past_the_story() -> None:
    story = read_story("Mary went to the kitchen.")
    clause = read_question("Did Zog take the unicorn to the kitchen?", story)
    assert [word.entity for word in clause.words if word.entity >= 0] == [2, 3, 1]
    assert len(story.entities) == 2


@pytest.mark.parametrize(
    ("told", "asked", "wanted"),
    [
        ("Ann took the violin to the cinema.", "Where is the vioiln?", 1),
        ("Ann took the violin to the cinema.", "Where is the violn?", 1),
        ("Ann took the violin to the cinema.", "Who went to the cinima?", 2),
        ("Odile took the violin.", "Where is Odille?", 0),
        ("Maria left.", "Where is Mario?", 1),
        ("Ann took parcel 118.", "Where is parcel 119?", 2),
        ("Marla and Marta left.", "Where is Marka?", 2),
        ("Ann took the axe.", "Where is the ace?", 2),
        ("The keys were in the drawer.", "Where is the key?", 0),
        ("The key was in the drawer.", "Where are the keys?", 0),
        ("Bob drove the Model T to Warehouse-3.", "where is the model t?", 1),
        ("Bob drove the Model T to Warehouse-3.", "who was in warehouse-3?", 2),
        ("Bob put the cup on shelf B.", "what is on shelf b?", 2),
        ("Ann took SN-2210.", "where is sn-2210?", 1),
    ],
)
def test_a_question_need_not_be_spelt_like_the_story(told: str, asked: str, wanted: int) -> None:
    story = read_story(told)
    found = [word.entity for word in read_question(asked, story).words if word.entity >= 0]
    assert found == [wanted]


def test_a_misspelt_mention_takes_no_number() -> None:
    story = read_story("Ann took the violin.")
    clause = read_question("Did Zog give the vioiln to Xix?", story)
    assert [word.entity for word in clause.words if word.entity >= 0] == [2, 1, 3]


def test_you_are_the_one_who_wrote() -> None:
    story = read_story("I put my glasses in the drawer.")
    clause = read_question("Where did you put your glasses?", story)
    assert [word.entity for word in clause.words if word.entity >= 0] == [0, 1]


def test_a_category_is_no_entity() -> None:
    story = read_story("Mary went to the kitchen.")
    assert read_question("Which room is Mary in?", story).words[1][:2] == ("<place>", -1)
    story = read_story("The projector was in meeting room B. Ann took the red key.")
    assert read_question("Which room is the projector in?", story).words[1][:2] == ("<place>", -1)
    assert read_question("What key did Ann take?", story).words[1][:2] == ("<thing>", -1)


def test_a_story_made_by_hand_can_be_asked() -> None:
    read = read_story("Mary Smith put the brass key in room 12.")
    story = Story(lines=read.lines, clauses=read.clauses, entities=read.entities)
    clause = read_question("Did Mary put the key in the room?", story)
    assert [word.entity for word in clause.words if word.entity >= 0] == [0, 1, 2]


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The quorn zibbled the gloop.", "unknown verb"),
        ("An old grey morning.", "no verb"),
        ("*** !!! ???", "no words"),
        ("Wow!", ""),
    ],
)
def test_what_is_not_read_is_noted_with_its_line(sentence: str, reason: str) -> None:
    story = read_story(f"Mary went home.\n{sentence}\nTom left.")
    notes = [note for note in story.notes if note.line == 2]
    assert notes and reason in notes[0].reason


@pytest.mark.parametrize("text", ["", "  \n \n", "\x00\x01\x02", "... !!! ???"])
def test_no_story_at_all_is_one_clear_sentence(text: str) -> None:
    with pytest.raises(Unreadable, match="story"):
        read_story(text)


@pytest.mark.parametrize("text", ["", "?", '"'])
def test_no_question_at_all_is_one_clear_sentence(text: str) -> None:
    with pytest.raises(Unreadable, match="question"):
        read_question(text, read_story("Mary went home."))


def test_shuffled_words_never_fail() -> None:
    rows = (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines()
    pool = [word for row in rows if not row.startswith(" ") for word in row.split()] + list(
        "\"'()-;:,"
    )
    chance = random.Random(0)
    for _ in range(400):
        text = " ".join(chance.choice(pool) for _ in range(chance.randint(1, 30)))
        try:
            story = read_story(text)
        except Unreadable:
            continue
        for clause in [*story.clauses, read_question("Where is it?", story)]:
            assert 0 < len(clause.words) <= LONGEST
            assert all(
                word.token in TOKEN_IDS and -1 <= word.entity < len(story.entities)
                for word in clause.words
            )


def test_sentences_of_a_known_shape_read_as_if_for_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from recollect.english import reader as module

    rows = (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines()
    text = "\n".join(row for row in rows if row and row[0] not in " #")

    def read() -> list[tuple[str, list[int], float]]:
        return [(c.tokens, [w.entity for w in c.words], c.when) for c in read_story(text).clauses]

    quick = [read(), read()]
    monkeypatch.setattr(module, "shape", lambda raws, names: ((), []))
    slow = read()
    assert quick == [slow, slow]


def _babi() -> Path | None:
    root = os.environ.get("RECOLLECT_DATA")
    here = Path(root) if root else Path(__file__).parents[2].parent / "shared" / "data"
    return here / "babi" / "en" if (here / "babi" / "en").is_dir() else None


@pytest.mark.skipif(_babi() is None, reason="the bAbI files are not here (set RECOLLECT_DATA)")
@pytest.mark.parametrize("task", range(1, 21))
def test_babi_stories_and_questions_are_read_without_remainder(task: int) -> None:
    folder = _babi()
    assert folder is not None
    path = next(folder.glob(f"qa{task}_*_test.txt"))
    blocks: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("1 "):
            blocks.append([])
        blocks[-1].append(line)
    for block in blocks[:40]:
        story = read_story("\n".join(line for line in block if "\t" not in line))
        facts = [line for line in block if "\t" not in line]
        assert [clause.text for clause in story.clauses] == [
            line.split(" ", 1)[1].strip() for line in facts
        ]
        assert not story.notes
        for line in block:
            if "\t" in line:
                clause = read_question(line.split("\t")[0].split(" ", 1)[1], story)
                assert not any(word.token == "<unk>" for word in clause.words)


def test_the_place_of_a_person_is_not_the_person() -> None:
    story = read_story("Theo took the lamp. Ann is at Theo's. Bob went to Theo's with the lamp.")
    kinds = {entity.name: entity.kind for entity in story.entities}
    assert kinds["Theo's"] == "place" and kinds["Theo"] == "name"
    assert [e.name for e in story.entities].count("Theo's") == 1
