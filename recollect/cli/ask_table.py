"""`recollect ask` about a table of facts: what differs from a story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recollect.cli import UserError

if TYPE_CHECKING:
    from recollect.answer import Answer
    from recollect.answer.knowledge import Knowledge, KnowledgeAnswerer

_HELP = """\
A chain of relations, in the table's own words:
  Who is Anne's father's mother?        the mother of the father of Anne
  Whose mother is Eve?                  Who has Eve as mother?
  Where was Anne born?                  Who was born in Paris?        Who likes Gil?
  Is Bob the father of Anne?            Was Anne's father born in Rome?
  How many children does Dan have?
  Who is the spouse of the person who directed Dune?"""


class Table:
    """A table of facts and what answers questions about it.

    Args:
        knowledge: the triples.
        answerer: the reader of questions.
    """

    def __init__(self, knowledge: Knowledge, answerer: KnowledgeAnswerer):
        self.knowledge, self.answerer = knowledge, answerer

    def ask(self, question: str, *, at: int | None, top: int) -> Answer:
        """Answer one question."""
        return self.answerer.ask(self.knowledge, question, at=at, top=top)

    def report(self, question: str, *, at: int | None, top: int, name: str) -> str:
        """The page that shows what an answer rests on."""
        from recollect.inspect.table_report import table_report

        return table_report(self.answerer, self.knowledge, question, at=at, top=top, name=name)

    def greeting(self) -> str:
        """What was read."""
        from recollect.answer.knowledge.telling import relations_of

        known = self.knowledge
        return (
            f"{len(known):,} triples of {len(known.names):,} names; relations: "
            f"{relations_of(known)}. Ask; help lists what can be asked, quit leaves."
        )

    def help(self) -> str:
        """What can be asked."""
        from recollect.answer.knowledge.telling import relations_of

        return f"{_HELP}\nThe relations of this table: {relations_of(self.knowledge)}"


def load_reader(run: str | None) -> KnowledgeAnswerer:
    """The reader of questions about tables, shipped or of a run.

    Raises:
        UserError: there is no such run.
    """
    from recollect.answer.knowledge import KnowledgeAnswerer

    if run is None:
        return KnowledgeAnswerer.shipped()
    path = Path(run)
    if not path.exists():
        raise UserError(f"--run {run} is not there; make one with recollect train families")
    return KnowledgeAnswerer.load(path.parent if path.is_file() else path)
