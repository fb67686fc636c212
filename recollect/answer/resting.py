"""An answer that rests on certain clauses, in place of the one that was found."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from recollect.models.event_answers import Found


def resting(
    found: Found,
    answer: int,
    chain: Sequence[int],
    sure: float,
    *,
    program: str = "",
    members: Sequence[int] | None = None,
) -> Found:
    """The same question with `answer`, each of whose hops reads one clause.

    Args:
        found: what was found before.
        answer: an entity, or a constant of `recollect.events`.
        chain: the numbers of the clauses, in the order of the hops.
        sure: the confidence.
        program: another program, if it is not that of `found`.
        members: all that the answer names, if that is not just `answer`.
    """
    hops = torch.zeros(len(chain), found.hops.shape[-1])
    for hop, t in enumerate(chain):
        hops[hop, t] = sure
    alone = (answer,) if answer >= 0 else ()
    return found._replace(
        program=program or found.program,
        answer=answer,
        confidence=sure,
        chain=tuple(chain),
        hops=hops,
        members=alone if members is None else tuple(members),
        ranked=((answer, round(sure, 4)),),
    )
