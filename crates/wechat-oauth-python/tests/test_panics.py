"""A panic of the native half is an exception like any other, and the process goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import inspect
import sys

import given
import wechat_oauth
from given import CALLBACK, STATE
from wechat_oauth import App, Code, Grant, MisuseError, Pending, _native

app, grant = given.app(), given.grant()
login = app.login("snsapi_base", CALLBACK)
pending = login.begin(STATE)[1]
flow = app.sign_in(given.code())
validity = app.check(grant).read(200, given.refusal(40001))
waiting = app.renew(grant)
waiting.answer(200, given.refusal(-1))
profile = app.profile(grant).read(200, given.profile())
signed_in = app.sign_in(given.code())
signed_in.answer(200, given.tokens())
signed_in.answer(200, given.profile())
person = signed_in.finish()
failure = validity.refusal._failure
owners = [
    app, login, pending, given.code(), app.exchange(given.code()), flow, flow.step(),
    waiting.step(), grant, profile, person, given.snapshot(), validity, failure,
]
USUAL = {
    "official_account": (given.APPID, given.SECRET), "website_app": (given.APPID, given.SECRET),
    "component": (given.APPID, given.APPID), "with_component_access_token": ("x",),
    "login": ("snsapi_base", CALLBACK), "exchange": (given.code(),), "refresh": (grant,),
    "check": (grant,), "profile": (grant,), "sign_in": (given.code(),), "renew": (grant,),
    "wx_login": (pending,), "from_json": (pending.to_json(),), "accept": ("code=1",),
    "received_without_state": ("C0DE",), "read": (200, b"{}"), "lost": ("timeout", "request"),
    "answer": (200, b"{}"), "is_for": (app,), "from_storage": (grant.expose_for_storage(),),
    "replaces": (grant,), "avatar_with_size": (64,), "__eq__": None,
}
FUNCTIONS = {
    "api_of": (app,), "refuse": ("timeout",), "read": ("check", 200, b"{}"), "lint": ("x",),
    "explain": (1,), "browser_kind": ("x",), "unverified_state": ("state=x",),
}
# Neither asks the core for anything.
CONSTANT = {"__bool__", "__reduce__", "__copy__", "__deepcopy__"}
tried = []


def panics(name, call):
    _native.panic_next()
    try:
        call()
    except MisuseError as error:
        assert error.reason == "panicked", (name, error.reason)
        assert "canary" not in str(error) + repr(error) + error.document
        tried.append(name)
    except BaseException as error:
        raise SystemExit(f"{name}: {error!r}")
    else:
        raise SystemExit(f"{name}: no panic")


for owner in owners:
    kind = type(owner)
    for name, member in sorted(vars(kind).items()):
        if name in CONSTANT:
            continue
        if inspect.isgetsetdescriptor(member):
            panics(f"{kind.__name__}.{name}", lambda: getattr(owner, name))
        elif name == "__eq__" and name not in ("__hash__",):
            if kind.__name__ not in ("Profile", "Validity"):
                panics(f"{kind.__name__} ==", lambda: owner == owner)
        elif name in ("__repr__", "__str__"):
            shown = repr if name == "__repr__" else str
            if kind.__name__ not in ("Code", "Snapshot", "Done"):
                panics(f"{kind.__name__}.{name}", lambda: shown(owner))
        elif not name.startswith("__"):
            arguments = USUAL.get(name, ())
            panics(f"{kind.__name__}.{name}", lambda: getattr(owner, name)(*arguments))
for name, arguments in FUNCTIONS.items():
    panics(name, lambda: getattr(_native, name)(*arguments))
missing = [
    name for name, member in vars(_native).items()
    if inspect.isroutine(member) and name not in FUNCTIONS and not name.startswith("_")
    and name != "panic_next"
]
assert not missing, missing
# What a panic left half changed says so from then on, and nothing else does.
broken, whole = app.sign_in(given.code()), app.sign_in(given.code())
_native.panic_next(in_a_turn=True)
for event in (lambda: broken.answer(200, given.tokens()), broken.step, broken.finish):
    try:
        event()
    except MisuseError as error:
        assert error.reason == "panicked", error.reason
    else:
        raise SystemExit("a broken flow goes on")
whole.answer(200, given.tokens())
# The package goes on, and so does the code whose exchange did not begin.
assert app.exchange(given.code()).read(200, given.tokens())
print(len(tried))
"""


def test_every_way_into_the_native_half_catches_a_panic() -> None:
    panicking = Path(os.environ["WECHAT_OAUTH_PANICS"])
    assert (panicking / "wechat_oauth").is_dir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(panicking), str(Path(__file__).parent)]),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Every getter, method and function there is.
    assert int(done.stdout) > 100, done.stdout


def test_no_wheel_for_users_can_be_made_to_panic() -> None:
    from wechat_oauth import _native

    assert not hasattr(_native, "panic_next")
