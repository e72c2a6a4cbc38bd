/* What the test programs share: checks that say where they failed, and texts that free themselves. */
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wechat_oauth.h"

/* Ends the program with the place and the document, unless the condition holds. */
#define CHECK(condition, text)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n  %s\n", __FILE__, __LINE__, #condition,                   \
                    (text) ? (text) : "(no text)");                                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* The call goes well, and its document begins so. The text is freed. */
#define GOOD(call, out, start)                                                                     \
    do {                                                                                           \
        CHECK((call) == WXO_OK, (out).data);                                                       \
        CHECK(is_document(&(out)), (out).data);                                                    \
        CHECK(strncmp((out).data, (start), strlen(start)) == 0, (out).data);                       \
        wxo_text_free(&(out));                                                                     \
        CHECK((out).data == NULL && (out).len == 0, "a freed text is empty");                      \
    } while (0)

/* The call fails, and its document is of this kind and reason, or begins so at least. The text is freed. */
#define BAD(call, out, kind, reason)                                                               \
    do {                                                                                           \
        const char *bad_start = "{\"error\":{\"kind\":\"" kind "\",\"reason\":\"" reason "\"";     \
        CHECK((call) == WXO_ERROR, (out).data);                                                    \
        CHECK(is_document(&(out)), (out).data);                                                    \
        CHECK(strncmp((out).data, bad_start, strlen(bad_start)) == 0, (out).data);                 \
        wxo_text_free(&(out));                                                                     \
    } while (0)

#define MISUSE(call, out, reason) BAD(call, out, "misuse", reason)

/* A text with its length: two arguments. */
#define TEXT(text) (text), strlen(text)

#define APP "{\"account\":\"official_account\",\"appid\":\"wx1\",\"secret\":\"s3cr3t\"}"
#define LOGIN                                                                                      \
    "{\"scope\":\"snsapi_userinfo\",\"redirect_uri\":\"https://example.com/cb\",\"state\":\"S1\"}"
#define PENDING                                                                                    \
    "{\"state\":\"S1\",\"appid\":\"wx1\",\"component_appid\":null,\"scope\":\"snsapi_userinfo\"}"
#define GRANT                                                                                      \
    "{\"access_token\":\"AT\",\"expires_in\":7200,\"refresh_token\":\"RT\",\"openid\":\"o1\","     \
    "\"scope\":\"snsapi_userinfo\"}"
#define PROFILE "{\"openid\":\"o1\",\"nickname\":\"Lily\",\"sex\":2,\"privilege\":[]}"
#define VALID "{\"errcode\":0,\"errmsg\":\"ok\"}"
#define STORED                                                                                     \
    "{\"appid\":\"wx1\",\"openid\":\"o1\",\"unionid\":null,\"access_token\":\"AT\","               \
    "\"refresh_token\":\"RT\",\"scopes\":[\"snsapi_userinfo\"],\"scopes_assumed\":false,"          \
    "\"asked\":\"snsapi_userinfo\",\"issued_at\":1790000000,\"expires_in\":7200,"                  \
    "\"refresh_token_issued_at\":1790000000}"
#define NOW 1790000000

/* One line of JSON that ends where it says. */
static inline int is_document(const wxo_text *text)
{
    return text->data != NULL && text->len > 0 && strlen(text->data) == text->len &&
           memchr(text->data, '\n', text->len) == NULL;
}

static inline wxo_handle new_app(void)
{
    wxo_handle app = 0;
    wxo_text out = {0};
    GOOD(wxo_app_new(TEXT(APP), &app, &out), out, "{}");
    CHECK(app != 0, "a handle is never 0");
    return app;
}

static inline wxo_handle new_code(void)
{
    wxo_handle code = 0;
    wxo_text out = {0};
    GOOD(wxo_accept(TEXT(PENDING), TEXT("code=C0DE&state=S1"), &code, &out), out, "{\"code\":\"C0DE\"}");
    return code;
}

static inline wxo_handle new_check(wxo_handle app)
{
    wxo_handle flow = 0;
    wxo_text out = {0};
    GOOD(wxo_check(app, TEXT(STORED), &flow, &out), out, "{\"step\":\"send\",\"operation\":\"check\"");
    return flow;
}

#endif
