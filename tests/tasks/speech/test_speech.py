"""Speech: frames, bad sound files, strings of digits that are functions of their number."""

import wave

import pytest
import torch

from recollect.recipes.speech import digits_location, digits_monotonic, digits_stepwise
from recollect.tasks.speech import Digits, log_mel, mel_filters, read_digits, read_wav
from recollect.tasks.speech.digits import Take
from recollect.testing import check_task


def _write(path, *, rate=8000, channels=1, width=2, frames=800):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(bytes(frames * channels * width))


def _takes():
    torch.manual_seed(0)
    tone = torch.arange(1600) / 8000
    return [
        Take(d, speaker, take, torch.sin(2 * torch.pi * (200 + 150 * d) * tone) * 0.3)
        for d in range(10)
        for speaker in ("ann", "ben")
        for take in (0, 7, 20)
    ]


def test_filters_are_triangles_that_cover_the_band():
    filters = mel_filters()
    assert filters.shape == (40, 129) and (filters >= 0).all()
    assert (filters.sum(0)[3:-1] > 0).all()
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(8000) / 8000)
    band = int(log_mel(tone).mean(0).argmax())
    assert abs(int(filters[band].argmax()) - 1000 / 4000 * 128) <= 4


def test_silence_and_a_click_are_frames_too():
    for sound in (torch.zeros(3000), torch.zeros(0), torch.ones(10)):
        frames = log_mel(sound)
        assert frames.isfinite().all() and len(frames) >= 1


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ({"rate": 16000}, "16000 samples a second, not 8000"),
        ({"channels": 2}, "2 channels of 16 bits"),
        ({"width": 1}, "1 channel of 8 bits"),
    ],
)
def test_other_sounds_are_refused_by_name(tmp_path, kind, says):
    _write(tmp_path / "a.wav", **kind)
    with pytest.raises(ValueError, match=says):
        read_wav(tmp_path / "a.wav")


def test_cut_off_or_no_sound(tmp_path):
    _write(tmp_path / "a.wav")
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "no.wav").write_bytes(b"not a wav")
    _write(tmp_path / "empty.wav", frames=0)
    (tmp_path / "zero.wav").write_bytes(b"")
    endless = bytearray(whole)
    endless[36:40] = b"junk"  # its length is that of the data, to the end: no sound follows
    endless[40:44] = (2**31 - 2).to_bytes(4, "little")
    (tmp_path / "endless.wav").write_bytes(bytes(endless))
    for name, says in (
        ("cut.wav", "cut off"),
        ("no.wav", "no wav"),
        ("none.wav", "no file"),
        ("empty.wav", "no sound in it"),
        ("zero.wav", "no wav"),
        ("endless.wav", "no wav"),
    ):
        with pytest.raises(ValueError, match=says):
            read_wav(tmp_path / name)


@pytest.mark.parametrize("recipe", [digits_location, digits_monotonic, digits_stepwise])
def test_is_a_task(recipe):
    task = Digits(_takes(), batch=3, count=6)
    torch.manual_seed(0)
    check_task(task, model=recipe().model.build(task))


def test_long_strings_are_tested_on_new_takes():
    task = Digits(_takes(), batch=4, count=14)
    assert task.lengths("train") == [2, 3, 4, 5] and task.lengths("test") == list(range(6, 13))
    batch = next(task.batches("test", seed=0))
    assert (batch.target != 0).sum(1).tolist() == [8] * 4
    with pytest.raises(ValueError, match="no split 'dev'"):
        task.lengths("dev")


def test_a_speaker_can_be_held_out():
    task = Digits(_takes(), held_out="ben")
    assert {t.speaker for t in task._takes["train"]} == {"ann"}
    assert {t.speaker for t in task._takes["test"]} == {"ben"}
    with pytest.raises(ValueError, match="no speaker 'zoe'; there are ann, ben"):
        Digits(_takes(), held_out="zoe")
    with pytest.raises(ValueError, match="batch is 0"):
        Digits(_takes(), batch=0)


def test_every_length_has_its_error():
    task = Digits(_takes(), batch=4, count=7)
    torch.manual_seed(0)
    model = digits_location().model.build(task).eval()
    figures = task.evaluate([model], split="test")
    each = {f"error_{n}_digits" for n in range(2, 13)}
    assert set(figures) == {"digit_error", "digit_error_short", *each}
    told = [figures[f"error_{n}_digits"][0] * n for n in range(6, 13)]
    assert figures["digit_error"][0] == pytest.approx(sum(told) / sum(range(6, 13)))
    assert "digit_error_short" not in task.evaluate([model], split="valid")


def test_the_recordings_are_read_as_published(dataset):
    dataset("fsdd")
    takes = read_digits()
    assert len(takes) == 3000 and {t.digit for t in takes} == set(range(10))
    assert len({t.speaker for t in takes}) == 6
