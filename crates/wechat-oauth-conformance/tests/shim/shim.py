import json
import sys

from login import Login

login, page, browsers, last_error = None, None, {}, None
for line in sys.stdin:
    asked = json.loads(line)
    do = asked.get("do")
    if do is None:
        login = Login(asked["wechat"], asked["appid"], asked["secret"], asked["scope"],
                      asked["redirect_uri"], asked["timeout_ms"] / 1000)
        website = asked["account"] == "website_app"
        page = "/connect/qrconnect" if website else "/connect/oauth2/authorize"
        answer = {"client": "login.py", "version": "1"}
    elif do == "start":
        url, state = login.start(page)
        browsers.setdefault(asked["browser"], []).append(state)
        answer = {"go": url}
    elif do == "callback":
        try:
            person = login.finish(browsers.get(asked["browser"], []), asked["url"])
            ids = {key: person.get(key) for key in ("openid", "unionid", "nickname")}
            answer = {"signed_in": ids}
        except Exception as error:
            last_error = error
            answer = {"refused": f"{error} {error!r}"}
    elif do == "show":
        answer = {"shown": repr([login, browsers, last_error])}
    else:
        answer = {"cannot": "it keeps no grants"}
    print(json.dumps(answer), flush=True)
