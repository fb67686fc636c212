"""Stories: simulated worlds, told in many wordings, asked about, with gold answers and evidence.

`tell` draws one story, and `Stories` is the task of reading and answering them without end. How
well trained models do it is measured by `recollect.tasks.stories.evaluate`.
"""

from recollect.tasks.stories.pack import StoryBatch
from recollect.tasks.stories.tale import Asked, Tale, Telling
from recollect.tasks.stories.task import Stories
from recollect.tasks.stories.world import tell

__all__ = ["Asked", "Stories", "StoryBatch", "Tale", "Telling", "tell"]
