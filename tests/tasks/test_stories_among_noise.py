from random import Random

import pytest

from recollect.answer import Answerer
from recollect.tasks.stories import official
from recollect.tasks.stories.among_noise import noise_figures, scattered

BOOK = ["The sea was grey.", "Then he slept.", '"Quite so!" said the captain.']
STORY = ("Mary went home.", "John slept.", "Mary took the milk.")


@pytest.mark.parametrize("words", [0, 1, 40])
def test_the_story_is_where_it_is_told_to_be(words):
    for seed in range(5):
        lines, where = scattered(STORY, BOOK, words=words, random=Random(seed))
        assert [lines[i - 1] for i in where] == list(STORY)
        noise = [line for i, line in enumerate(lines, 1) if i not in where]
        assert set(noise) <= set(BOOK)
        assert words <= sum(len(line.split()) for line in noise) < words + 5


def test_an_empty_book_has_no_noise():
    assert scattered(STORY, [], words=0, random=Random(0)) == (list(STORY), [1, 2, 3])
    with pytest.raises(ValueError, match="the book has no sentence"):
        scattered(STORY, [], words=1, random=Random(0))


def test_the_shipped_reader_is_asked_among_pages(tmp_path, monkeypatch):
    monkeypatch.setenv("RECOLLECT_DATA", str(tmp_path))
    folder = tmp_path / "babi" / "en"
    folder.mkdir(parents=True)
    story = "1 Mary went to the garden.\n2 John took the milk.\n3 Where is Mary?\tgarden\t1\n"
    for task in (1, 2, 3):
        (folder / f"qa{task}_{official.TASKS[task]}_test.txt").write_text(story * 2)
    book = ["The sea was grey.", "The wind blew hard all night.", "It was quite late."]
    found = noise_figures(Answerer.shipped(), questions=2, lengths=(0, 1000), book=book)
    assert found["qa1_0k"] == found["qa1_0k_chain"] == found["qa3_1k"] == 1.0
    assert found["qa1_0k_unknown"] == 0
