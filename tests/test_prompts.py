from importlib.resources import files

import pytest

from erya import prompts
from erya.prompts import Prompt, load_prompt

NAMES = sorted(
    each.name.removesuffix(".txt")
    for each in files(prompts).iterdir()
    if each.name.endswith(".txt")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_has_a_version_and_words(name):
    prompt = load_prompt(name)

    assert prompt.version >= 1
    filled = prompt.fill(**dict.fromkeys(prompt.placeholders, "X"))
    assert filled.strip()
    assert filled.count("X") >= len(prompt.placeholders)


def test_a_prompt_takes_its_values_and_no_others():
    prompt = Prompt(name="p", version=2, template='Say {what} as {{"a": 1}}.')

    assert prompt.placeholders == {"what"}
    assert prompt.fill(what="it") == 'Say it as {"a": 1}.'
    for values in ({}, {"what": 1, "more": 2}, {"other": 1}):
        with pytest.raises(ValueError, match="takes what"):
            prompt.fill(**values)


def test_other_words_are_told_by_the_hash():
    one = Prompt(name="p", version=1, template="Be brief.")

    assert one.digest != Prompt(name="p", version=1, template="Be short.").digest
    assert len(one.digest) == 16


def test_a_file_without_a_version_and_a_missing_one_are_refused(tmp_path, monkeypatch):
    (tmp_path / "bare.txt").write_text("Be brief.")
    monkeypatch.setattr(prompts, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="does not begin with its version"):
        load_prompt("bare")
    with pytest.raises(FileNotFoundError):
        load_prompt("nowhere")
