"""The `>>>` examples of the documentation give what the pages say."""

import doctest
import re

import pytest

from tests.house.tree import ROOT

PAGES = [path for path in sorted((ROOT / "docs").glob("*.md")) if "```pycon" in path.read_text()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_examples_of_a_page(page):
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    script = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    told = []
    runner.run(script, out=told.append)
    assert script.examples and not runner.failures, "".join(told)
