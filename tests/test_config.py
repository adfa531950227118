import pytest

from erya.config import load, trust
from erya.errors import UntrustedSettingsError, UsageError


def origins(**given):
    return {o.name: (o.value, o.origin) for o in load(**given)[1]}


def test_later_ones_win_default_file_environment_flag(tmp_path):
    file = tmp_path / "erya.toml"
    file.write_text('kb = "from-file"\nchunk_tokens = 100\npassages = 3\n')
    environment = {"ERYA_KB": "from-environment", "ERYA_CHUNK_TOKENS": "200"}

    found = origins(flags={"kb": "from-flag"}, environment=environment, file=file)

    assert found["kb"] == ("from-flag", "flag")
    assert found["chunk_tokens"] == (200, "ERYA_CHUNK_TOKENS")
    assert found["passages"] == (3, str(file))
    assert found["parse_seconds"] == (30.0, "default")


def test_sources_are_tables_of_the_file(tmp_path):
    file = tmp_path / "erya.toml"
    file.write_text(
        '[sources.guide]\nurl = "https://example.org/"\nreaders = ["public"]\n[sources.files]\npath = "docs"\ndelay = 2\n'
    )

    guide, files = load(environment={}, file=file)[0].sources

    assert (guide.name, guide.url, guide.readers) == (
        "guide",
        "https://example.org/",
        ("public",),
    )
    assert (files.name, files.path, files.delay) == ("files", str(tmp_path / "docs"), 2)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ("[sources.a]\n", "one of path, url and bucket"),
        ('[sources.a]\npath = "x"\nurl = "y"\n', "one of path, url and bucket"),
        ('[sources.a]\npath = "x"\nage = 1\n', "no setting 'age'"),
        ("[sources.a]\npath = 3\n", "path of .* must be a text, got 3"),
        ('[sources.a]\nurl = "x"\npages = true\n', "pages of"),
        ("sources = 3\n", "are tables"),
    ],
)
def test_a_source_that_makes_no_sense_is_named(tmp_path, told, named):
    file = tmp_path / "erya.toml"
    file.write_text(told)
    with pytest.raises(UsageError, match=named):
        load(environment={}, file=file)


def test_a_file_in_the_working_folder_is_read(tmp_path, monkeypatch):
    (tmp_path / "erya.toml").write_text('kb = "here"\n')
    monkeypatch.chdir(tmp_path)

    assert load(environment={})[0].kb == "here"


def test_a_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(UsageError, match=r"no settings file .*nowhere\.toml"):
        load(environment={"ERYA_CONFIG": str(tmp_path / "nowhere.toml")})


def test_a_misspelt_name_is_an_error_that_guesses():
    with pytest.raises(UsageError, match="'chunk_token'.*Did you mean 'chunk_tokens'"):
        load(environment={"ERYA_CHUNK_TOKEN": "1"})
    with pytest.raises(UsageError, match="Unknown setting 'zzz'.*erya config show"):
        load(environment={"ERYA_ZZZ": "1"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('passages = "many"', "passages .* must be a whole number, got 'many'"),
        ("passages = 0", "passages .* must be from 1 to 1,000, got 0"),
        ("chunk_tokens = 1.9", "must be a whole number, got 1.9"),
        ("parse_seconds = inf", "must be from 0.1 to 86,400, got inf"),
        ("home = 5", "home .* must be a folder, got 5"),
        ('home = ""', "is empty"),
        ('user = "a,b"', "without blanks or commas"),
        ("passages = true", "must be a whole number, got True"),
        ("kb = []", r"kb .* must be a text, got \[\]"),
        ("kb = ", "cannot be read"),
        ("[kb]\nx = 1", "kb .* must be a text"),
        ("parse_seconds = nan", "must be from 0.1"),
    ],
)
def test_a_wrong_value_names_setting_place_and_value(tmp_path, text, message):
    file = tmp_path / "erya.toml"
    file.write_text(text)

    with pytest.raises(UsageError, match=message):
        load(environment={}, file=file)


def test_home_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert load({"home": "here"}, environment={})[0].home == tmp_path / "here"


@pytest.fixture
def standing_in(tmp_path):
    """Return a function that puts a settings file into the working folder."""

    def put(told):
        file = tmp_path / "work" / "erya.toml"
        file.write_text(told)
        return file

    return put


@pytest.mark.parametrize(
    "told",
    [
        'chat_proxy = "http://evil.example:3128"',
        'trace_file = "/tmp/everything"',
        'model_hub = "http://evil.example"',
        'chat_model = "theirs"',
        'home = "/tmp/theirs"',
        '[sources.a]\nurl = "http://evil.example/"',
    ],
)
def test_a_file_that_only_lies_here_may_not_say_what_sends_or_writes(standing_in, told):
    file = standing_in(told)
    with pytest.raises(UntrustedSettingsError, match="erya config trust") as error:
        load(environment={})
    assert error.value.file == str(file)

    load(environment={}, file=file)  # named is trusted
    load(environment={"ERYA_CONFIG": str(file)})


def test_a_trusted_file_is_read_until_it_changes(standing_in):
    file = standing_in('chat_model = "ours"')
    trust(file)
    assert load(environment={})[0].chat_model == "ours"

    standing_in('chat_model = "theirs"')
    with pytest.raises(UntrustedSettingsError):
        load(environment={})


def test_the_program_names_the_file_and_asks_for_trust_once(standing_in, erya):
    file = standing_in("passages = 3")
    assert f"Settings: {file}" in erya("kb", "list").err

    standing_in('chat_proxy = "http://127.0.0.1:1"')
    refused = erya("config", "show")
    assert refused.code == 2
    assert "sets chat_proxy" in refused.err
    assert erya("config", "trust").code == 0
    assert erya("config", "show").code == 0
