"""What a login costs from Python, beside wechatpy and beside the core itself.

Usage: compare.py SAMPLE, the file that `cargo bench --bench login` of the workspace prints into.
`cargo xtask bench languages` installs both sides and runs this.

A login here is the authorize URL, the exchange and the profile: the two URLs to ask, and the two
answers read. The callback is none of it, as wechatpy leaves it to the caller. Nothing is sent.
wechatpy does not work without requests, so its answers come from an adapter in memory, which is as
far down as requests lets one go; our package has nothing of the kind underneath. Both sides take
turns in batches in this process, and what is compared is processor time, so that other programs
hardly matter.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import sys
import time
from typing import Callable

import requests
import wechat_oauth
import wechatpy
from requests.adapters import BaseAdapter
from wechatpy import WeChatOAuth

BATCHES = 15
# A batch takes some tenths of a second on either side.
OUR_LOGINS, THEIR_LOGINS, CALLS = 20_000, 400, 500_000
GOAL = 0.2


class InMemory(BaseAdapter):
    """Answers as WeChat would, without a network."""

    def __init__(self, sample: dict[str, str]) -> None:
        super().__init__()
        self.tokens, self.profile = sample["tokens"].encode(), sample["profile"].encode()

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "text/plain"
        response.request, response.url = request, request.url or ""
        response.raw = io.BytesIO(self.profile if "/sns/userinfo" in response.url else self.tokens)
        return response

    def close(self) -> None:
        pass


def our_side(sample: dict[str, str]) -> Callable[[], str]:
    app = wechat_oauth.App.official_account(sample["appid"], sample["secret"])
    login = app.login("snsapi_userinfo", sample["redirect_uri"])
    state, code = sample["state"], sample["code"]
    tokens, profile = sample["tokens"].encode(), sample["profile"].encode()

    def once() -> str:
        url, _ = login.begin(state=state)
        exchange = app.exchange(wechat_oauth.Code.received_without_state(code, "snsapi_userinfo"))
        grant = exchange.read(200, tokens) if url and exchange.url else None
        user = app.profile(grant)
        return user.read(200, profile).nickname if user.url else ""

    return once


def their_side(sample: dict[str, str]) -> Callable[[], str]:
    client = WeChatOAuth(
        sample["appid"],
        sample["secret"],
        sample["redirect_uri"],
        "snsapi_userinfo",
        sample["state"],
    )
    client._http.mount("https://", InMemory(sample))

    def once() -> str:
        if client.authorize_url:
            client.fetch_access_token(sample["code"])
        return str(client.get_user_info()["nickname"])

    return once


def microseconds(work: Callable[[], object], times: int) -> float:
    before = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - before) * 1e6 / times


def spread(values: list[float], digits: int) -> str:
    """The median, with the least and the most."""
    median, least, most = statistics.median(values), min(values), max(values)
    return f"{median:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def main() -> None:
    # requests looks for a proxy in the environment: what it finds on one machine is not on another.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    ours, theirs = our_side(given["sample"]), their_side(given["sample"])
    if ours() != theirs() or not ours():
        sys.exit("both sides should read the same nickname")

    pairs, nothing = [], []
    for number in range(BATCHES + 1):
        # Whoever is second finds the machine as the other one left it: they take turns in that too.
        if number % 2:
            mine = microseconds(ours, OUR_LOGINS)
            pair = (mine, microseconds(theirs, THEIR_LOGINS))
        else:
            other = microseconds(theirs, THEIR_LOGINS)
            pair = (microseconds(ours, OUR_LOGINS), other)
        if number:
            pairs.append(pair)
            nothing.append(microseconds(lambda: wechat_oauth.explain(1), CALLS))

    ratios = [mine / other for mine, other in pairs]
    missed = " (missed)" if statistics.median(ratios) > GOAL else ""
    mine, other = spread([mine for mine, _ in pairs], 1), spread([other for _, other in pairs], 0)
    core = statistics.median(given["core_microseconds"])
    boundary = statistics.median(mine for mine, _ in pairs) - core
    cells = {
        "ours": mine,
        f"wechatpy {wechatpy.__version__}": other,
        "ours to wechatpy": spread(ratios, 3),
        "goal": f"≤ {GOAL}{missed}",
        "the core alone": f"{core:.1f}",
        "the boundary": f"{boundary:.1f}",
        "a call that finds nothing": spread(nothing, 2),
    }
    version = sys.version.split()[0]
    print(f"Python {version}, processor µs of a login, {BATCHES} batches on either side:\n")
    for row in (cells.keys(), ["---"] * len(cells), cells.values()):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
