// Signs a person in with WeChat. `wechat-oauth emulator --auto-consent` says what to give it:
//     cc -o login login.c $(pkg-config --cflags --libs wechat-oauth-c libcurl json-c)
//     WECHAT_APP_SECRET=... ./login http://127.0.0.1:8787 wx...
#include <curl/curl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wechat_oauth.h>

#define JSON(...) #__VA_ARGS__
#define TEXT(text) (text), strlen(text)
#define FIELD(object, name) json_object_get_string(json_object_object_get(object, name))

static wxo_text out;
static json_object *said; // by the library, in the last document

// Reads a document; an error ends the program. Of that, "error" and "advice" are for logs: the rest may hold tokens.
static void must(wxo_status status) {
    json_object_put(said);
    said = json_tokener_parse(out.data);
    wxo_text_free(&out);
    if (status == WXO_OK) return;
    fprintf(stderr, "%s\n%s\n", FIELD(said, "error"), FIELD(said, "advice"));
    exit(1);
}

int main(int argc, char **argv) {
    char options[512], body[WXO_MAX_BODY + 2], *secret = getenv("WECHAT_APP_SECRET"), *callback = NULL;
    wxo_handle app, code, flow;
    CURL *curl = curl_easy_init();
    FILE *answer = fmemopen(body, sizeof body, "w"); // which ends with a NUL: curl stops when it is full
    if (argc != 3 || secret == NULL || curl == NULL || answer == NULL) return 2;
    setbuf(answer, NULL);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L); // on a stale one curl repeats a request: a code works once

    // Once, at the start. Without "base_url" it is WeChat itself that people sign in with.
    snprintf(options, sizeof options, JSON({"account":"official_account","appid":"%s","secret":"%s","base_url":"%s"}),
             argv[2], secret, argv[1]);
    must(wxo_app_new(TEXT(options), &app, &out));

    // Out: the browser goes to "url", and "pending" stays in its session.
    must(wxo_begin(app, TEXT(JSON({"scope":"snsapi_userinfo","redirect_uri":"http://localhost:3000/callback"})), &out));
    curl_easy_setopt(curl, CURLOPT_URL, FIELD(said, "url")); // this time the browser is curl
    curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &callback);

    // Back: what stayed in the session of the browser, and the callback that it brings.
    must(wxo_accept(TEXT(FIELD(said, "pending")), TEXT(callback ? callback : ""), &code, &out));
    must(wxo_sign_in(app, code, NULL, 0, &flow, &out));
    while (strcmp(FIELD(said, "step"), "done") != 0) {
        if (strcmp(FIELD(said, "step"), "wait") == 0) {
            poll(NULL, 0, atoi(FIELD(said, "milliseconds")));
            must(wxo_flow_waited(flow, &out));
            continue;
        }
        long status = 0, sent_at = time(NULL);
        rewind(answer);
        curl_easy_setopt(curl, CURLOPT_URL, FIELD(said, "url"));
        CURLcode error = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        const char *reason = error == CURLE_OPERATION_TIMEDOUT ? "timeout" : "other";
        int unsent = error == CURLE_COULDNT_CONNECT || error == CURLE_COULDNT_RESOLVE_HOST;
        int answered = error == CURLE_OK || error == CURLE_WRITE_ERROR; // or more than the library reads
        must(answered ? wxo_flow_answer(flow, status, body, ftell(answer), sent_at, &out)
                      : wxo_flow_lost(flow, TEXT(reason), TEXT(unsent ? "connect" : "request"), &out));
    }
    must(wxo_flow_finish(flow, &out));
    const char *openid = FIELD(said, "openid"); // none of the visitor of a snapshot page
    printf("signed in: %s\n", openid != NULL ? openid : "nobody");
    wxo_handle_free(flow);
    wxo_handle_free(code);
    wxo_handle_free(app);
    curl_easy_cleanup(curl);
}
