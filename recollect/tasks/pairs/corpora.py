"""Corpora of pairs, read from the published files untouched, from a person's table, or made up."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from recollect.data import find
from recollect.tasks.pairs.corpus import Corpus, Cut, Pair

__all__ = ["cmudict", "inflection", "multi30k", "pronunciation", "scan", "table"]


def _lines(path: Path) -> list[str]:
    """The lines of a text file, gzipped or not.

    Raises:
        ValueError: it is not UTF-8, or not what its name says.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} is no text in UTF-8 ({error}); save it as UTF-8, or give another file"
        ) from error
    if "\0" in text:  # as in UTF-16, half of whose bytes may be UTF-8 too
        raise ValueError(f"{path} is no text in UTF-8 (it has zero bytes); save it as UTF-8")
    # a line ends where an editor ends it: splitlines would cut at U+2028 and others as well
    return [line.rstrip("\n") for line in io.StringIO(text, newline=None)]


def _grouped(rows: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> list[Pair]:
    """One pair a source, with all of its targets."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for source, target in rows:
        targets = found.setdefault(source, [])
        if target not in targets:
            targets.append(target)
    return [Pair(source, tuple(targets)) for source, targets in found.items()]


def _spread(pairs: Iterable[Pair]) -> list[Pair]:
    """A pair for each target of a source, to train on."""
    return [Pair(p.source, (t,)) for p in pairs for t in p.targets]


def cmudict(*, words: int | None = None, path: str | None = None) -> Corpus:
    """Spelling to sound: the usual split of CMUdict 0.7b without stress.

    A word with several pronunciations is right with any of them; in training each is a pair. Of the
    data, 108,952 pairs train, 5,447 validate and 12,855 test.

    Args:
        words: so many of the training words, evenly spread; None takes all.
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: `words` is below 1, or a line is no word with phonemes; it is named.
    """
    if words is not None and words < 1:
        raise ValueError(f"words is {words}; give 1 or more, or None for all")
    read = {}
    for split, ending in (
        ("train", "train-dev-20-21"),
        ("valid", "train-dev-1-21"),
        ("test", "test"),
    ):
        file = find("cmudict", path=path, file=f"split-0.7b/cmudict-0.7b.{ending}")
        rows = []
        for number, line in enumerate(_lines(file), 1):
            word, _, sounds = line.partition("  ")
            if not word or not sounds.split():
                raise ValueError(f"{file}, line {number}: {line!r} is no word with its phonemes")
            rows.append((tuple(word), tuple(sounds.split())))
        read[split] = _grouped(rows)
    if words is not None:
        read["train"] = _some(read["train"], words)
    return Corpus({**read, "train": _spread(read["train"])}, source_joint="")


def _some(pairs: list[Pair], count: int) -> list[Pair]:
    """So many of the pairs, from all over: the file is sorted."""
    every = len(pairs) // count
    if every >= 5:  # a whole stride misses less than a sixth, at the end
        return pairs[::every][:count]
    return (
        [pairs[i * len(pairs) // count] for i in range(min(count, len(pairs)))] if every else pairs
    )


def pronunciation(language: str, *, path: str | None = None) -> Corpus:
    """Spelling to sound in one of 15 languages: SIGMORPHON 2020, task 1.

    Args:
        language: three letters, such as ``fre``.
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: there is no such language, or a row has not two columns.
    """
    folder = find("sigmorphon2020_g2p", path=path)
    known = sorted(p.name.partition("_")[0] for p in (folder / "train").iterdir())
    if language not in known:
        raise ValueError(f"there is no language {language!r}; there are {', '.join(known)}")
    read = {}
    for split, part in (("train", "train"), ("valid", "dev"), ("test", "test")):
        (file,) = (p for p in (folder / part).iterdir() if p.name.startswith(language + "_"))
        rows = [_columns(line, 2, file, n) for n, line in enumerate(_lines(file), 1)]
        read[split] = _grouped((tuple(word), tuple(sounds.split())) for word, sounds in rows)
    return Corpus({**read, "train": _spread(read["train"])}, source_joint="")


def inflection(language: str, *, size: str = "medium", path: str | None = None) -> Corpus:
    """Stem and features to inflected form: CoNLL-SIGMORPHON 2017.

    The source is the stem's letters, then the features as whole tokens; a line of one's own is
    ``sagen V;PST``.

    Args:
        language: such as ``english``.
        size: low (100 pairs), medium (1,000) or high (10,000).
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: `size` is another word, or a row has not three columns.
    """
    if size not in ("low", "medium", "high"):
        raise ValueError(f"size is {size!r}; give low, medium or high")
    read = {}
    for split, part in (("train", f"train-{size}"), ("valid", "dev"), ("test", "test")):
        file = find("sigmorphon2017", path=path, file=f"{language}-{part}.gz")
        rows = [_columns(line, 3, file, n) for n, line in enumerate(_lines(file), 1) if line]
        read[split] = [
            Pair((*stem, *(f"<{f}>" for f in features.split(";"))), (tuple(form),))
            for stem, form, features in rows
        ]
    return Corpus(read, source_joint="", target_joint="", cut=StemAndFeatures())


@dataclass(frozen=True)
class StemAndFeatures(Cut):
    """``sagen V;PST`` as the data has it: letters, then features.

    >>> StemAndFeatures()("ab V;PST")
    ['a', 'b', '<V>', '<PST>']
    """

    def __call__(self, text: str) -> Sequence[str]:
        """Cut a text; one without features is cut into letters."""
        stem, space, features = text.replace("\t", " ").rpartition(" ")
        if not space or features != features.upper() or features == features.lower():
            return list(text)
        return [*stem.strip(), *(f"<{f}>" for f in features.split(";"))]


def scan(split: str = "simple", *, path: str | None = None) -> Corpus:
    """Commands to actions: SCAN (Lake and Baroni 2018).

    A tenth of the training file, every tenth row, validates.

    Args:
        split: simple, length, addprim_jump, addprim_turn_left or template_around_right.
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: a line is no command with actions; it is named.
    """
    read = {}
    for part in ("train", "test"):
        file = find("scan", path=path, file=f"tasks_{part}_{split}.txt.gz")
        read[part] = []
        for number, line in enumerate(_lines(file), 1):
            command, middle, actions = line.partition(" OUT: ")
            if not middle or not command.startswith("IN: "):
                raise ValueError(f"{file}, line {number}: {line!r} is no 'IN: ... OUT: ...'")
            read[part].append(Pair(tuple(command[4:].split()), (tuple(actions.split()),)))
    rows = read["train"]
    return Corpus(
        {
            "train": [p for i, p in enumerate(rows) if i % 10],
            "valid": rows[::10],
            "test": read["test"],
        }
    )


def multi30k(source: str = "de", target: str = "en", *, path: str | None = None) -> Corpus:
    """Captions in two languages: Multi30k, lower-cased, normalized and tokenized as published.

    Args:
        source: de, en, fr or cs.
        target: another of these.
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: the two files of a split have not as many lines.
    """
    read = {}
    parts = (("train", "train"), ("valid", "val"), ("test", "test_2016_flickr"))
    for split, part in parts:
        sides = [
            _lines(find("multi30k", path=path, file=f"tok/{part}.lc.norm.tok.{side}.gz"))
            for side in (source, target)
        ]
        if len(sides[0]) != len(sides[1]):
            raise ValueError(
                f"{part}: {len(sides[0])} lines of {source}, {len(sides[1])} of {target}"
            )
        read[split] = [
            Pair(tuple(a.split()), (tuple(b.split()),)) for a, b in zip(*sides, strict=True)
        ]
    return Corpus(read)


def table(
    file: str | Path,
    *,
    target: str | Path | None = None,
    letters: bool = False,
    source_letters: bool = False,
    seed: int = 0,
) -> Corpus:
    """A person's own pairs: a source, a tab, a target; a line each. Or a file for each side.

    Rows with an empty side or with other than two columns are left out and counted by reason with
    the number of the first. A tenth of the sources validates and a tenth tests.

    Args:
        file: text in UTF-8.
        target: text in UTF-8 with a target for each line of `file`, which then has no columns.
        letters: split both sides into letters; otherwise at spaces.
        source_letters: split the sources alone into letters.
        seed: of the split.

    Raises:
        ValueError: a file is missing, not UTF-8, or has fewer than ten good rows; the two files
            have not as many lines.
    """
    path = Path(file)
    rows, bad = [], {}
    for number, parts in enumerate(_sides(path, None if target is None else Path(target)), 1):
        if not any(part.strip() for part in parts):
            reason = "empty lines"
        elif len(parts) != 2:
            reason = f"rows with {len(parts)} column{'s' * (len(parts) > 1)}"
        elif not all(part.strip() for part in parts):
            reason = "rows with an empty side"
        else:
            source, said = (part.strip() for part in parts)
            rows.append(
                (
                    tuple(source if letters or source_letters else source.split()),
                    tuple(said if letters else said.split()),
                )
            )
            continue
        first, count = bad.get(reason, (number, 0))
        bad[reason] = first, count + 1
    pairs = _grouped(rows)
    if len(pairs) < 10:
        told = "".join(f"; {n} {why}, first line {at}" for why, (at, n) in bad.items())
        alike = " (those of one source count once)" if len(rows) > len(pairs) else ""
        raise ValueError(f"{path} has {len(pairs)} good rows{alike}; at least 10 are needed{told}")
    Random(seed).shuffle(pairs)
    held = max(1, len(pairs) // 10)
    return Corpus(
        {
            "train": _spread(pairs[2 * held :]),
            "valid": pairs[:held],
            "test": pairs[held : 2 * held],
        },
        source_joint="" if letters or source_letters else " ",
        target_joint="" if letters else " ",
        skipped={f"{why}, first line {at}": n for why, (at, n) in bad.items()},
    )


def _sides(file: Path, target: Path | None) -> list[list[str]]:
    """The columns of a table, or the lines of two files side by side."""
    for path in (file, target):
        if path is not None and not path.is_file():
            hint = "a table with a source, a tab and a target" if target is None else "a text"
            raise ValueError(f"there is no file {path}; give {hint}")
    if target is None:
        return [line.split("\t") for line in _lines(file)]
    sources, targets = _lines(file), _lines(target)
    if len(sources) != len(targets):
        raise ValueError(
            f"{file} has {len(sources)} lines and {target} has {len(targets)}; give a target for "
            "each source, on the line of the same number"
        )
    # a table given for a side has columns of its own, which are no words of that side
    return [[*a.split("\t"), *b.split("\t")] for a, b in zip(sources, targets, strict=True)]


def _columns(line: str, count: int, file: Path, number: int) -> list[str]:
    parts = line.split("\t")
    if len(parts) != count:
        raise ValueError(f"{file}, line {number} has {len(parts)} columns for {count}: {line!r}")
    return parts
