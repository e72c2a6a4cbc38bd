"""The package as it is installed."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest
import wechat_oauth
from wechat_oauth import _native

PUBLIC = [name for name in wechat_oauth.__all__ if inspect.isclass(getattr(wechat_oauth, name))]


def test_what_is_tested_is_what_was_installed() -> None:
    installed = Path(sysconfig.get_path("platlib"), "wechat_oauth")
    for module in (wechat_oauth, _native):
        assert module.__file__ is not None
        assert Path(module.__file__).parent == installed
    assert (installed / "py.typed").exists()
    assert (installed / "_native.pyi").exists()


def test_the_version_is_the_distributions() -> None:
    assert wechat_oauth.__version__ == metadata.version("wechat-oauth")


IMPORTED_ANEW = """
import sys

for _ in range(2):
    import wechat_oauth

    app = wechat_oauth.App.official_account("wx0123456789abcdef", None)
    login = app.login("snsapi_base", "https://example.com/callback")
    assert login.scope is wechat_oauth.Scope.BASE
    try:
        login.begin("no state")
    except wechat_oauth.WechatOAuthError as error:
        assert error.advice is wechat_oauth.Advice.FIX_CONFIGURATION
    for name in [name for name in sys.modules if name.startswith("wechat_oauth")]:
        if not name.endswith("_native"):
            del sys.modules[name]
"""


def test_a_package_that_is_imported_anew_raises_its_own_exceptions() -> None:
    subprocess.run([sys.executable, "-c", IMPORTED_ANEW], check=True)


def test_the_distribution_says_what_pypi_shows() -> None:
    said = metadata.metadata("wechat-oauth")
    assert said["Requires-Python"] == ">=3.9"
    assert said["License-Expression"] == "MIT OR Apache-2.0"
    assert said["Description-Content-Type"].startswith("text/markdown")
    assert "Typing :: Typed" in said.get_all("Classifier", [])
    licences = {
        file.name for file in metadata.files("wechat-oauth") or [] if "LICENSE" in file.name
    }
    assert licences == {"LICENSE-MIT", "LICENSE-APACHE"}


def test_every_public_name_exists_and_is_of_the_package() -> None:
    for name in wechat_oauth.__all__:
        value = getattr(wechat_oauth, name)
        if inspect.isclass(value):
            assert value.__module__.startswith("wechat_oauth"), name
            assert not value.__module__.endswith("_native"), name


def documented(owner: object) -> list[str]:
    """Name what has no docstring."""
    members = [(name, value) for name, value in vars(owner).items() if not name.startswith("_")]
    return [
        f"{owner}.{name}"
        for name, value in members
        if (callable(value) or isinstance(value, property) or inspect.isgetsetdescriptor(value))
        and not (inspect.getdoc(getattr(owner, name)) or "").strip()
    ]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_class_and_each_of_its_members_is_documented(name: str) -> None:
    owner = getattr(wechat_oauth, name)
    assert (owner.__doc__ or "").strip()
    assert documented(owner) == []


def test_every_function_is_documented() -> None:
    assert (wechat_oauth.__doc__ or "").strip()
    for name in wechat_oauth.__all__:
        value = getattr(wechat_oauth, name)
        if inspect.isroutine(value):
            assert (value.__doc__ or "").strip(), name


@pytest.mark.parametrize("thing", [wechat_oauth, *(getattr(wechat_oauth, name) for name in PUBLIC)])
def test_help_can_be_read(thing: object) -> None:
    shown = pydoc.plain(pydoc.render_doc(thing))
    assert "wechat_oauth" in shown


def test_signatures_are_shown() -> None:
    assert str(inspect.signature(wechat_oauth.Login.begin)) == "(self, /, state=None)"
    assert list(inspect.signature(wechat_oauth.Call.read).parameters) == [
        "self",
        "status",
        "body",
        "sent_at",
    ]
