"""The data sets that Recollect's tasks read: name, licence, source, checksums, stand-in.

`checksums/NAME.txt` holds the SHA-256 of every published file, in the format of `sha256sum`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class DataSet:
    """What is known of one published data set.

    Its files are those of `checksums/NAME.txt`. `urls` maps a file to its address, where files are
    published one by one; `archive` is the address of one zip or tar that holds them all below the
    folder `inside`. `unchecked` files come with the archive but have no published checksum.
    """

    name: str
    what: str
    licence: str
    page: str
    urls: Mapping[str, str] = field(default_factory=dict)
    archive: str | None = None
    archive_sha256: str | None = None
    inside: str = ""
    unchecked: tuple[str, ...] = ()
    stand_in: str | None = None

    @cached_property
    def sha256(self) -> dict[str, str]:
        """A file of the data set to its SHA-256; empty where none is published."""
        table = files("recollect.data") / "checksums" / f"{self.name}.txt"
        if not table.is_file():
            return {}
        rows = (line.split(maxsplit=1) for line in table.read_text(encoding="utf-8").splitlines())
        return {path: digest for digest, path in rows}

    @property
    def fetchable(self) -> bool:
        """Whether `recollect data fetch` can bring it."""
        return bool(self.urls or self.archive)


def _github(repository: str, commit: str, paths: Mapping[str, str]) -> dict[str, str]:
    # A commit, not a branch: what is fetched next year is what was checked.
    root = f"https://raw.githubusercontent.com/{repository}/{commit}"
    return {name: f"{root}/{path}" for name, path in paths.items()}


_MULTI30K = [
    f"{part}.{language}.gz"
    for part, languages in {
        "train": "cs de en fr",
        "val": "cs de en fr",
        "test_2016_flickr": "cs de en fr",
        "test_2017_flickr": "de en fr",
        "test_2017_mscoco": "de en fr",
        "test_2018_flickr": "cs de en fr",
    }.items()
    for language in languages.split()
]
_NOVELS = [
    "113_the_secret_garden.txt",
    "11_alices_adventures_in_wonderland.txt",
    "120_treasure_island.txt",
    "45_anne_of_green_gables.txt",
    "514_little_women.txt",
    "62_a_princess_of_mars.txt",
    "74_the_adventures_of_tom_sawyer.txt",
]

_SETS = [
    DataSet(
        "babi",
        "bAbI v1.2: 20 question-answering tasks with supporting facts (Weston et al. 2015)",
        "CC BY 3.0",
        "https://research.facebook.com/downloads/babi/",
        archive="https://s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz",
        inside="tasks_1-20_v1-2",
        unchecked=("en-10k/qa3_three-supporting-facts_train.txt",),
        stand_in="recollect train stories (our own simulator, recollect.tasks.stories)",
    ),
    DataSet(
        "clutrr",
        "CLUTRR: kinship to be inferred from stories (Sinha et al. 2019)",
        "CC BY-NC 4.0",
        "https://github.com/uclnlp/ctp",
        urls=_github(
            "uclnlp/ctp",
            "c6f3306a3b3f13aa44665e2e6763545420cbfd4f",
            {
                "data_089907f8.zip": "data/clutrr-emnlp/data_089907f8.zip",
                "data_db9b8f04.zip": "data/clutrr-emnlp/data_db9b8f04.zip",
                "relations_store.yaml": "data/clutrr-emnlp/relations_store.yaml",
            },
        ),
    ),
    DataSet(
        "cmudict",
        "CMU pronouncing dictionary",
        "BSD",
        "https://github.com/cmusphinx/cmudict",
    ),
    DataSet(
        "coarsewsd20",
        "CoarseWSD-20: 20 ambiguous nouns in context (Loureiro et al. 2021)",
        "none stated (Wikipedia text)",
        "https://github.com/danlou/bert-disambiguation",
    ),
    DataSet(
        "emoji_captions",
        "small drawings with their Unicode short names, in four styles",
        "CC BY 4.0, OFL, CC BY-SA 4.0 and MIT, by style",
        "https://github.com/discourse/discourse-emojis",
    ),
    DataSet(
        "family",
        "family trees, 112 triples of 12 relations (Hinton 1986)",
        "facts",
        "https://archive.ics.uci.edu/dataset/47/kinship",
    ),
    DataSet(
        "fsdd",
        "3,000 spoken digits, 8 kHz, six speakers",
        "CC BY-SA 4.0",
        "https://github.com/Jakobovski/free-spoken-digit-dataset",
    ),
    DataSet(
        "gap",
        "ambiguous pronouns (Webster et al. 2018)",
        "Apache-2.0",
        "https://github.com/google-research-datasets/gap-coreference",
        urls=_github(
            "google-research-datasets/gap-coreference",
            "da30315e77bfda9095cdb8b03203d58abeef90b2",
            {
                f"gap-{part}.tsv": f"gap-{part}.tsv"
                for part in ("development", "validation", "test")
            },
        ),
    ),
    DataSet(
        "gutenberg_children",
        "seven novels in the public domain",
        "public domain",
        "https://github.com/dbamman/litbank",
        urls=_github(
            "dbamman/litbank",
            "31fd441acdc487cc9ad59102f7c76c60b86951e7",
            {name: f"original/{name}" for name in _NOVELS},
        ),
    ),
    DataSet(
        "london",
        "the London Underground as a graph of 302 stations",
        "none stated (public data)",
        "https://github.com/nicola/tubemaps",
        urls=_github(
            "nicola/tubemaps",
            "31d8c26d5bde5dcf300d79f87388b0fbed3d5999",
            {
                f"london.{part}.csv": f"datasets/london.{part}.csv"
                for part in ("connections", "lines", "stations")
            },
        ),
    ),
    DataSet(
        "mnist",
        "handwritten digits (LeCun et al. 1998)",
        "CC BY-SA 3.0",
        "https://github.com/rasbt/mnist-pngs",
    ),
    DataSet(
        "multi30k",
        "captions of 31,000 pictures in English, German, French and Czech (Elliott et al. 2016)",
        "none in the repository (CC BY-NC-SA by its pages)",
        "https://github.com/multi30k/dataset",
        urls=_github(
            "multi30k/dataset",
            "master",
            {f"raw/{name}": f"data/task1/raw/{name}" for name in _MULTI30K},
        ),
    ),
    DataSet(
        "pathquestion",
        "questions that need two or three hops over a knowledge base, with the gold path",
        "none stated",
        "https://github.com/zmtkeje/IRN",
    ),
    DataSet(
        "propara",
        "where things are, step by step, in texts about processes (Dalvi et al. 2018)",
        "Apache-2.0",
        "https://github.com/allenai/propara",
        urls=_github(
            "allenai/propara",
            "master",
            {
                "gold-full-grids.v3.tsv": "data/naacl18/gold-full-grids.v3.tsv",
                **{
                    f"grids.v1.{part}.json": f"data/emnlp18/grids.v1.{part}.json"
                    for part in ("dev", "test", "train")
                },
            },
        ),
    ),
    DataSet(
        "scan",
        "commands to actions, five splits (Lake and Baroni 2018)",
        "BSD",
        "https://github.com/brendenlake/SCAN",
    ),
    DataSet(
        "scitldr",
        "one-sentence summaries of abstracts (Cachola et al. 2020)",
        "Apache-2.0",
        "https://github.com/allenai/scitldr",
    ),
    DataSet(
        "sigmorphon2017",
        "inflection in 52 languages",
        "none stated",
        "https://github.com/sigmorphon/conll2017",
    ),
    DataSet(
        "sigmorphon2020_g2p",
        "words to pronunciations in 15 languages",
        "none stated",
        "https://github.com/sigmorphon/2020",
    ),
    DataSet(
        "squad",
        "XQuAD-en: 1,190 questions on 240 paragraphs (Artetxe et al. 2020)",
        "CC BY-SA 4.0",
        "https://github.com/google-deepmind/xquad",
    ),
    DataSet(
        "tinyshakespeare",
        "1,115,394 characters of Shakespeare",
        "public domain",
        "https://github.com/karpathy/char-rnn",
        urls=_github(
            "karpathy/char-rnn",
            "d1d7aa34fdb3626174bce1d753e6cc6845ce7087",
            {"input.txt": "data/tinyshakespeare/input.txt"},
        ),
    ),
]

CATALOG: dict[str, DataSet] = {known.name: known for known in _SETS}
