"""A browser that goes to a site, fails to sign in once, and signs in: visit.py ORIGIN NICKNAME."""

import sys
import time
import urllib.error
import urllib.request

origin, nickname = sys.argv[1:]
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())


def get(path: str) -> tuple[int, str]:
    for attempt in range(100):
        try:
            with browser.open(origin + path, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            # It is still starting.
            if attempt == 99:
                raise
            time.sleep(0.1)
    raise AssertionError


for path, status, text in [
    ("/", 200, "Sign in with WeChat"),
    ("/callback?code=C1&state=S1", 200, "Sign in with WeChat"),  # nothing waits
    ("/login", 502, "This did not work"),  # the code was refused
    ("/login", 200, f"hello, {nickname}"),
    ("/callback?code=C1&state=S1", 200, f"hello, {nickname}"),
    ("/", 200, f"hello, {nickname}"),
]:
    found = get(path)
    if found[0] != status or text not in found[1]:
        sys.exit(f"{path}: {found}")
