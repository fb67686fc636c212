"""Questions about graphs (Graves et al. 2016): traversal, shortest paths, family trees.

A graph is told edge by edge, as triples of labels in digits; then a question is asked, and answered
in triples.
"""

from recollect.tasks.graphs.inference import Inference
from recollect.tasks.graphs.kin import Family, hinton, random_family
from recollect.tasks.graphs.lessons import LESSONS, Lesson
from recollect.tasks.graphs.london import RailMap, underground
from recollect.tasks.graphs.paths import PathBatch, ShortestPath
from recollect.tasks.graphs.random_graph import Graphs, random_graphs, walk
from recollect.tasks.graphs.traversal import Traversal
from recollect.tasks.graphs.triples import BLANK, INPUT, OUTPUT, TripleBatch, encode

__all__ = [
    "BLANK",
    "INPUT",
    "LESSONS",
    "OUTPUT",
    "Family",
    "Graphs",
    "Inference",
    "Lesson",
    "PathBatch",
    "RailMap",
    "ShortestPath",
    "Traversal",
    "TripleBatch",
    "encode",
    "hinton",
    "random_family",
    "random_graphs",
    "underground",
    "walk",
]
