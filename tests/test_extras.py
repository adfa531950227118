import pytest

from erya.errors import MissingExtraError
from erya.extras import require


def test_a_missing_extra_names_the_command_that_mends_it():
    with pytest.raises(MissingExtraError) as caught:
        require("no_such_package.inner", feature="Reading PDF files", extra="pdf")

    assert caught.value.extra == "pdf"
    assert str(caught.value) == (
        "Reading PDF files needs packages that are not installed. "
        "Install them with: pip install 'erya[pdf]'"
    )


def test_a_module_that_is_there_is_returned():
    assert require("json", feature="x", extra="x").loads("1") == 1


def test_a_package_that_is_broken_inside_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_there.py").write_text("import not_to_be_found")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="not_to_be_found"):
        require("half_there", feature="x", extra="x")
