/* Signs a person in with WeChat, and renews the grant. `wechat-oauth emulator --auto-consent` says what to give it:
 *
 *     cc -o login login.c drive.c $(pkg-config --cflags --libs wechat-oauth-c libcurl libcjson)
 *     WECHAT_APP_SECRET=... ./login http://127.0.0.1:8787 wx...
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"

#define TEXT(text) (text), strlen(text)
#define ITEM(object, name) cJSON_GetObjectItem(object, name)
#define STRING(object, name) cJSON_GetStringValue(ITEM(object, name))

/* Reads a document; an error's ends the program. Of that, "error" and "advice" may be logged: the rest can hold tokens. */
static cJSON *must(wxo_status status, wxo_text *out)
{
    cJSON *document = cJSON_Parse(out->data);
    wxo_text_free(out);
    if (status == WXO_OK) return document;
    fprintf(stderr, "%s\nadvice: %s\n", cJSON_PrintUnformatted(ITEM(document, "error")), STRING(document, "advice"));
    exit(1);
}

/* What the browser does: it goes to the url, and WeChat sends it back to the site. */
static void visit(const char *url, char *callback, size_t size)
{
    char *location = NULL;
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
    snprintf(callback, size, "%s", location != NULL ? location : "");
    curl_easy_cleanup(curl);
}

int main(int argc, char **argv)
{
    wxo_handle app = 0, code = 0, flow = 0, renewal = 0;
    wxo_text out = {0};
    char options[512], callback[4096];
    const char *secret = getenv("WECHAT_APP_SECRET");
    if (argc != 3 || secret == NULL) return fputs("usage: WECHAT_APP_SECRET=... login BASE_URL APPID\n", stderr), 2;

    /* Once, at the start. Without "base_url" it is WeChat itself that people sign in with. */
    snprintf(options, sizeof options, "{\"account\":\"official_account\",\"appid\":\"%s\",\"secret\":\"%s\",\"base_url\":\"%s\"}",
             argv[2], secret, argv[1]);
    cJSON_Delete(must(wxo_app_new(TEXT(options), &app, &out), &out));

    /* Out: the browser goes to "url", and "pending" stays in its session. */
    const char *login = "{\"scope\":\"snsapi_userinfo\",\"redirect_uri\":\"http://localhost:3000/callback\"}";
    cJSON *begun = must(wxo_begin(app, TEXT(login), &out), &out);
    char *pending = cJSON_PrintUnformatted(ITEM(begun, "pending"));
    visit(STRING(begun, "url"), callback, sizeof callback);

    /* Back: the callback, and what stayed in the session of the browser that it comes from. */
    cJSON_Delete(must(wxo_accept(TEXT(pending), TEXT(callback), &code, &out), &out));
    cJSON_Delete(must(wxo_sign_in(app, code, NULL, 0, &flow, &out), &out));
    cJSON *person = must(drive(flow, &out), &out);
    ...
