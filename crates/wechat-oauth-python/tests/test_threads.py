"""Any thread may use any object: one is first, and the others are told so."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from typing import Callable

import given
import pytest
from given import CALLBACK, CODE, SENT_AT, STATE
from wechat_oauth import Grant, MisuseError

THREADS = 8


def together(work: Callable[[], object]) -> Counter[str]:
    """Do the same in many threads at once, and count what came of it."""
    start = threading.Barrier(THREADS)
    # To append is one step, which to count is not.
    came: list[str] = []

    def run() -> None:
        start.wait()
        try:
            came.append(type(work()).__name__)
        except MisuseError as error:
            came.append(error.reason)
        except BaseException as error:
            came.append(type(error).__name__)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=run) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert len(came) == THREADS
    return Counter(came)


@pytest.mark.parametrize("_", range(20))
def test_one_thread_gets_the_answer_of_a_call(_: int) -> None:
    call = given.app().exchange(given.code())
    tokens = given.tokens()
    assert together(lambda: call.read(200, tokens)) == {"Grant": 1, "finished": THREADS - 1}


@pytest.mark.parametrize("_", range(20))
def test_one_thread_gets_the_code(_: int) -> None:
    code, app = given.code(), given.app()
    assert together(lambda: app.exchange(code)) == {"Call": 1, "code_used": THREADS - 1}


@pytest.mark.parametrize("_", range(20))
def test_threads_take_turns_on_a_flow(_: int) -> None:
    flow = given.app().sign_in(given.code())
    tokens = given.tokens(scope="snsapi_base")

    def drive() -> object:
        flow.step()
        flow.answer(200, tokens)
        return flow.finish()

    came = together(drive)
    # One answers, and takes the result.
    assert came["Person"] == 1
    assert set(came) <= {"Person", "not_sending", "finished"}


def test_what_never_changes_is_shared() -> None:
    app = given.app()
    login = app.login("snsapi_base", CALLBACK)
    grant = given.grant()

    def sign_in() -> str:
        for _ in range(50):
            _, pending = login.begin(STATE)
            call = app.exchange(pending.accept(f"code={CODE}&state={STATE}"))
            read = call.read(200, given.tokens(scope="snsapi_base"), SENT_AT)
            assert isinstance(read, Grant)
            assert grant.replaces(read, SENT_AT)
        return "well"

    assert together(sign_in) == {"str": THREADS}
