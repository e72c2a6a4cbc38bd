"""social-auth-core with its Django half, as its documentation has it: `weixin` for a website app's QR page, `weixinapp`
for WeChat's own browser. Accounts are found by `uid`, which these backends take from `openid`.

On state: it is made, kept in the session and compared by the library.
"""

from importlib.metadata import version
from urllib.parse import urlsplit

from lines import Cannot, lead_requests, serve, shown

import django
from django.conf import settings
from django.test import Client
from django.urls import include, path


class Site:
    client = "social-auth-core"
    version = version("social-auth-core")

    def __init__(self, case):
        if case["scope"] == "snsapi_base":
            raise Cannot("it always asks for the profile, which snsapi_base does not give")
        website = case["account"] == "website_app"
        self.name = name = "weixin" if website else "weixinapp"
        prefix = f"SOCIAL_AUTH_{name.upper()}_"
        redirect = urlsplit(case["redirect_uri"])
        settings.configure(
            SECRET_KEY="a key of this process alone",
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=__name__,
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            INSTALLED_APPS=[
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "django.contrib.sessions",
                "social_django",
            ],
            MIDDLEWARE=[
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
            ],
            # The tables as they are now, rather than by every migration up to now.
            MIGRATION_MODULES={app: None for app in ["contenttypes", "auth", "sessions", "social_django"]},
            AUTHENTICATION_BACKENDS=[
                "social_core.backends.weixin.WeixinOAuth2" + ("" if website else "APP"),
                "django.contrib.auth.backends.ModelBackend",
            ],
            LOGIN_REDIRECT_URL="/home",
            SOCIAL_AUTH_URL_NAMESPACE="social",
            SOCIAL_AUTH_REQUESTS_TIMEOUT=case["timeout_ms"] / 1000,
            **{
                prefix + "KEY": case["appid"],
                prefix + "SECRET": case["secret"],
                # Without the second, `snsapi_login` is asked for too, which no official account has.
                prefix + "SCOPE": [] if website else [case["scope"]],
                prefix + "IGNORE_DEFAULT_SCOPE": not website,
                prefix + "AUTHORIZATION_URL": case["wechat"]
                + ("/connect/qrconnect" if website else "/connect/oauth2/authorize"),
            },
        )
        django.setup()
        # The addresses of the API are in the backends' code.
        lead_requests(case["wechat"])

        from django.core.management import call_command
        from social_core.actions import do_auth
        from social_django.utils import psa
        from social_django.views import complete

        call_command("migrate", run_syncdb=True, verbosity=0)

        # `social:begin`, but for the redirect URI, which is the case's instead of `social:complete`.
        @psa(f"{redirect.path}?{redirect.query}")
        def begin(request, backend):
            return do_auth(request.backend)

        urlpatterns.extend([
            path("login", begin, {"backend": name}),
            path(redirect.path.lstrip("/"), complete, {"backend": name}),
            path("", include("social_django.urls", namespace="social")),
        ])
        self.host = redirect.netloc
        self.browsers = {}
        self.error = None

    def browser(self, name):
        # Which raises what a view raised: it would be the traceback in the site's log.
        return self.browsers.setdefault(name, Client(headers={"host": self.host}))

    def start(self, browser):
        return {"go": self.browser(browser).get("/login")["Location"]}

    def callback(self, browser, url):
        from social_django.models import UserSocialAuth

        url = urlsplit(url)
        client = self.browser(browser)
        response = client.get(f"{url.path}?{url.query}")
        if response.get("Location") != settings.LOGIN_REDIRECT_URL:
            return {"refused": f"{response.status_code} {response.content.decode()}"}
        # The one that the user's account began with.
        account = UserSocialAuth.objects.filter(user=client.session["_auth_user_id"]).order_by("pk")[0]
        return {"signed_in": {"openid": account.uid, "unionid": None, "nickname": account.extra_data["username"]}}

    def renew(self, browser):
        # `UserSocialAuth.refresh_token` needs one in `extra_data`, and these backends keep none there.
        raise Cannot("its WeChat backends keep no refresh token")

    def show(self):
        from social_django.models import UserSocialAuth
        from social_django.utils import load_backend, load_strategy

        strategy = load_strategy()
        backend = load_backend(strategy, self.name, None)
        sessions = [dict(client.session) for client in self.browsers.values()]
        return shown(strategy, backend, *sessions, *UserSocialAuth.objects.all(), self.error)


urlpatterns = []

serve(Site)
