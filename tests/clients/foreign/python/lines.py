"""The lines of the conformance kit, for a client in Python: each line of JSON in is answered by one line out.

A client is a class `Site` with `client` and `version`, made of the case, and with the methods `start(browser)`,
`callback(browser, url)`, `renew(browser)` and `show()`, each of which returns its answer. Whatever a library raises
is what the site's log would show of it: the traceback, with the error's text at its end.
"""

import json
import os
import sys
import time
import traceback

# The kit is on this machine; a proxy is for the registries.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

_time = time.time
_started = _time()
_ahead = 0.0

# Before any library is imported, so that one which takes the function takes this one.
time.time = lambda: _time() + _ahead


class Cannot(Exception):
    """The library has no such thing."""


def lead_requests(base_url):
    """Leads what goes through `requests` for WeChat's API to the kit. A redirect's second request does not come by."""
    import requests

    wechat = "https://api.weixin.qq.com"
    request = requests.Session.request

    def led(self, method, url, *args, **kwargs):
        if not url.startswith(wechat + "/"):
            raise AssertionError("a request for a host that is not WeChat's")
        return request(self, method, base_url + url.removeprefix(wechat), *args, **kwargs)

    requests.Session.request = led


def _answer(site, line):
    global _ahead
    if "later" in line:
        _ahead = _started + line["later"] - _time()
    try:
        match line["do"]:
            case "start":
                return site.start(line["browser"])
            case "callback":
                return site.callback(line["browser"], line["url"])
            case "renew":
                return site.renew(line["browser"])
            case "show":
                return {"shown": site.show()}
    except Cannot as reason:
        return {"cannot": str(reason)}
    except Exception as error:
        site.error = error
        return {"refused": "".join(traceback.format_exception(error))}


def serve(Site):
    lines, answers = sys.stdin, sys.stdout
    # What a library prints is its log.
    sys.stdout = sys.stderr

    def say(answer):
        # Half an emoji cannot stand in UTF-8.
        text = json.dumps(answer, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        print(json.dumps(json.loads(text)), file=answers, flush=True)

    site = None
    for text in lines:
        line = json.loads(text)
        if "case" in line:
            try:
                site = Site(line)
                say({"client": site.client, "version": site.version})
            except Cannot as reason:
                say({"cannot": str(reason)})
        else:
            say(_answer(site, line))


def shown(*things):
    """As a log line would print them."""
    return "\n".join(f"{thing!r} {thing}" for thing in things if thing is not None)
