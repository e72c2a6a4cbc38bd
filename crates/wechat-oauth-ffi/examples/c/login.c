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

// Reads a document; an error's ends the program. Of that, "error" and "advice" are for logs: the rest may hold tokens.
static cJSON *must(wxo_status status, wxo_text *out)
{
    cJSON *document = cJSON_Parse(out->data);
    wxo_text_free(out);
    if (status == WXO_OK) return document;
    char *error = cJSON_PrintUnformatted(ITEM(document, "error"));
    fprintf(stderr, "%s\n%s\n", error, STRING(document, "advice"));
    exit(1);
}

// What the browser does: it goes to the url, and WeChat sends it back to the site.
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
    const char *login = "{\"scope\":\"snsapi_userinfo\",\"redirect_uri\":\"http://localhost:3000/callback\"}";
    const char *app_secret = getenv("WECHAT_APP_SECRET");
    char options[512], callback[4096];
    wxo_handle app = 0, code = 0, flow = 0, renewal = 0;
    wxo_text out = {0};

    // Once, at the start. Without "base_url" it is WeChat itself that people sign in with.
    if (argc != 3 || app_secret == NULL) return puts("usage: WECHAT_APP_SECRET=... login BASE_URL APPID"), 2;
    snprintf(options, sizeof options,
             "{\"account\":\"official_account\",\"appid\":\"%s\",\"secret\":\"%s\",\"base_url\":\"%s\"}",
             argv[2], app_secret, argv[1]);
    cJSON_Delete(must(wxo_app_new(TEXT(options), &app, &out), &out));

    // Out: the browser goes to "url", and "pending" stays in its session.
    cJSON *begun = must(wxo_begin(app, TEXT(login), &out), &out);
    char *pending = cJSON_PrintUnformatted(ITEM(begun, "pending"));
    visit(STRING(begun, "url"), callback, sizeof callback);

    // Back: the callback, and what stayed in the session of the browser that brings it.
    cJSON_Delete(must(wxo_accept(TEXT(pending), TEXT(callback), &code, &out), &out));
    cJSON_Delete(must(wxo_sign_in(app, code, NULL, 0, &flow, &out), &out));
    cJSON *person = must(drive(flow, &out), &out);
    const char *openid = STRING(person, "openid"), *nickname = STRING(ITEM(person, "profile"), "nickname");
    printf("signed in: %s, %s\n", openid ? openid : "nobody", nickname ? nickname : "no profile");

    // Hours later: what was stored, renewed. The visitor of a snapshot page has nothing to store.
    char *stored = cJSON_PrintUnformatted(ITEM(person, "stored_grant"));
    if (stored != NULL) {
        cJSON_Delete(must(wxo_renew(app, TEXT(stored), &renewal, &out), &out));
        cJSON_Delete(must(drive(renewal, &out), &out));
        puts("renewed");
    }
    wxo_handle_free(renewal); wxo_handle_free(flow); wxo_handle_free(code); wxo_handle_free(app);
    cJSON_Delete(person); cJSON_Delete(begun);
    free(stored); free(pending);
    return 0;
}
