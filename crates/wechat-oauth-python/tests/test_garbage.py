"""Nothing has to be closed: what is forgotten goes by itself, whatever it was in the middle of."""

from __future__ import annotations

import contextlib
import gc
import sys
from pathlib import Path
from typing import Callable

import given
import pytest
from given import CALLBACK, CODE, STATE
from wechat_oauth import WechatOAuthError

ROUNDS = 3_000
# A round that kept its objects would keep over a kilobyte, so 3000 of them over 3 MiB.
ALLOWED = 1_500_000


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def forget_halfway() -> None:
    flow = given.app().sign_in(given.code())
    flow.answer(200, given.tokens())
    flow.step()


def forget_a_cycle() -> None:
    flow = given.app().renew(given.grant())
    box: list[object] = [flow, flow.step()]
    box.append(box)


def forget_a_call() -> None:
    call = given.app().exchange(given.code())
    assert call.url


def forget_an_error() -> None:
    pending = given.app().login("snsapi_base", CALLBACK).begin(STATE)[1]
    with contextlib.suppress(WechatOAuthError):
        pending.accept(f"code={CODE}&state=other")


def keep_nothing_of_a_profile() -> None:
    profile = given.app().profile(given.grant()).read(200, given.profile(x={"y": [1]}))
    assert profile.extra["x"] == {"y": [1]}
    assert profile.to_json()


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the kernel how much memory there is")
@pytest.mark.parametrize(
    "forget",
    [
        forget_halfway,
        forget_a_cycle,
        forget_a_call,
        forget_an_error,
        keep_nothing_of_a_profile,
    ],
)
def test_what_is_forgotten_is_freed(forget: Callable[[], None]) -> None:
    for _ in range(ROUNDS):
        forget()
    gc.collect()
    before = resident()
    for _ in range(ROUNDS):
        forget()
    gc.collect()
    assert resident() - before < ALLOWED
