"""django-allauth with its Weixin provider, as its documentation has it: the QR page by default, WeChat's own browser by
`AUTHORIZE_URL` and `SCOPE`. Accounts are found by `uid`, which this provider takes from the profile's `openid`.

On state: it is made, kept in the session and taken out of it by the library.
"""

from importlib.metadata import version
from urllib.parse import urlsplit

from lines import Cannot, lead_requests, serve, shown

import django
from django.conf import settings
from django.test import Client
from django.urls import include, path


class Site:
    client = "django-allauth"
    version = version("django-allauth")

    def __init__(self, case):
        if case["scope"] == "snsapi_base":
            raise Cannot("it always asks for the profile, which snsapi_base does not give")
        page = "/connect/qrconnect" if case["account"] == "website_app" else "/connect/oauth2/authorize"
        redirect = urlsplit(case["redirect_uri"])
        apps = [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.messages",
            "django.contrib.sessions",
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.weixin",
        ]
        settings.configure(
            SECRET_KEY="a key of this process alone",
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=__name__,
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            INSTALLED_APPS=apps,
            MIDDLEWARE=[
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware",
                "allauth.account.middleware.AccountMiddleware",
            ],
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {
                        "context_processors": [
                            "django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                        ]
                    },
                }
            ],
            # The tables as they are now, rather than by every migration up to now.
            MIGRATION_MODULES={app.rpartition(".")[2]: None for app in apps},
            AUTHENTICATION_BACKENDS=[
                "django.contrib.auth.backends.ModelBackend",
                "allauth.account.auth_backends.AuthenticationBackend",
            ],
            LOGIN_REDIRECT_URL="/home",
            SOCIALACCOUNT_REQUESTS_TIMEOUT=case["timeout_ms"] / 1000,
            SOCIALACCOUNT_PROVIDERS={
                "weixin": {
                    "AUTHORIZE_URL": case["wechat"] + page,
                    "SCOPE": [case["scope"]],
                    "APPS": [{"client_id": case["appid"], "secret": case["secret"], "key": ""}],
                }
            },
        )
        django.setup()
        # The addresses of the API are in the provider's code.
        lead_requests(case["wechat"])

        from django.core.management import call_command
        from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter, oauth2_callback

        call_command("migrate", run_syncdb=True, verbosity=0)
        # Its own would be accounts/weixin/login/callback/.
        WeixinOAuth2Adapter.get_callback_url = lambda self, request, app: case["redirect_uri"]
        urlpatterns.extend([
            path("accounts/", include("allauth.urls")),
            path(redirect.path.lstrip("/"), oauth2_callback),
        ])
        self.host = redirect.netloc
        self.browsers = {}
        self.error = None

    def browser(self, name):
        # Which raises what a view raised: it would be the traceback in the site's log.
        return self.browsers.setdefault(name, Client(headers={"host": self.host}))

    def start(self, browser):
        return {"go": self.browser(browser).post("/accounts/weixin/login/")["Location"]}

    def callback(self, browser, url):
        from allauth.socialaccount.models import SocialAccount

        url = urlsplit(url)
        client = self.browser(browser)
        response = client.get(f"{url.path}?{url.query}")
        if response.get("Location") != settings.LOGIN_REDIRECT_URL:
            return {"refused": f"{response.status_code} {response.get('Location')} {response.content.decode()}"}
        # The one that the user's account began with.
        account = SocialAccount.objects.filter(user=client.session["_auth_user_id"]).order_by("pk")[0]
        data = account.extra_data
        person = {"openid": account.uid, "unionid": data.get("unionid"), "nickname": data.get("nickname")}
        return {"signed_in": person}

    def renew(self, browser):
        raise Cannot("it renews nothing")

    def show(self):
        from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken

        sessions = [dict(client.session) for client in self.browsers.values()]
        rows = [row for model in (SocialApp, SocialAccount, SocialToken) for row in model.objects.all()]
        return shown(*sessions, *rows, self.error)


urlpatterns = []

serve(Site)
