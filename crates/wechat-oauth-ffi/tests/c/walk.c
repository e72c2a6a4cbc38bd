/* Every function of the header, as a program uses it; the answers are canned. */
#include "test.h"

#define SEND(operation) "{\"step\":\"send\",\"operation\":\"" operation "\",\"method\":\"GET\",\"url\":\"https://"
#define DONE "{\"step\":\"done\"}"

/* "name":{...} out of a document, as a text of its own, which the caller frees. The object holds no brace in a text. */
static char *object(const wxo_text *document, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":{", name);
    const char *start = strstr(document->data, key);
    CHECK(start != NULL, document->data);
    start += strlen(key) - 1;
    size_t len = 0;
    int depth = 0;
    do {
        depth += (start[len] == '{') - (start[len] == '}');
        len++;
    } while (depth > 0);
    char *text = calloc(len + 1, 1);
    CHECK(text != NULL, "memory");
    return memcpy(text, start, len);
}

static void run(wxo_handle flow, const char *body, const char *outcome)
{
    wxo_text out = {0};
    GOOD(wxo_flow_answer(flow, 200, TEXT(body), NOW, &out), out, DONE);
    GOOD(wxo_flow_finish(flow, &out), out, outcome);
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
}

static void sign_in(wxo_handle app)
{
    wxo_handle code = 0, flow = 0;
    wxo_text out = {0};

    CHECK(wxo_begin(app, TEXT(LOGIN), &out) == WXO_OK, out.data);
    CHECK(strstr(out.data, "\"url\":\"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&"), out.data);
    CHECK(strstr(out.data, "&state=S1#wechat_redirect\""), out.data);
    char *pending = object(&out, "pending");
    wxo_text_free(&out);

    /* A stray link kills no login: it comes back. */
    CHECK(wxo_accept(TEXT(pending), TEXT("code=C0DE&state=S2"), &code, &out) == WXO_ERROR, out.data);
    CHECK(strstr(out.data, "\"reason\":\"state_mismatch\"") && code == 0, out.data);
    char *again = object(&out, "pending");
    CHECK(strcmp(again, pending) == 0, again);
    wxo_text_free(&out);

    GOOD(wxo_accept(TEXT(pending), TEXT("/cb?code=C0DE&state=S1"), &code, &out), out, "{\"code\":\"C0DE\"}");
    GOOD(wxo_sign_in(app, code, TEXT("{\"lang\":\"en\"}"), &flow, &out), out, SEND("exchange"));
    CHECK(wxo_handle_free(code) == WXO_OK, "a code that was used is still to free");

    GOOD(wxo_flow_answer(flow, 200, TEXT("{\"errcode\":-1,\"errmsg\":\"system error\"}"), NOW, &out), out,
         "{\"step\":\"wait\",\"milliseconds\":1000}");
    GOOD(wxo_flow_waited(flow, &out), out, SEND("exchange"));
    GOOD(wxo_flow_answer(flow, 200, TEXT(GRANT), NOW, &out), out, SEND("profile"));
    GOOD(wxo_flow_lost(flow, TEXT("timeout"), TEXT("body"), &out), out, "{\"step\":\"wait\",\"milliseconds\":2000}");
    GOOD(wxo_flow_waited(flow, &out), out, SEND("profile"));
    GOOD(wxo_flow_answer(flow, 200, TEXT(PROFILE), NOW, &out), out, DONE);
    GOOD(wxo_flow_step(flow, &out), out, DONE);
    CHECK(wxo_flow_finish(flow, &out) == WXO_OK, out.data);
    CHECK(strncmp(out.data, "{\"signed_in\":\"person\",\"appid\":\"wx1\",\"openid\":\"o1\"", 47) == 0, out.data);
    char *stored = object(&out, "stored_grant");
    CHECK(strcmp(stored, STORED) == 0, stored);
    wxo_text_free(&out);
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
    free(stored);
    free(again);
    free(pending);
}

static void single_calls(wxo_handle app)
{
    wxo_handle code = new_code(), flow = 0;
    wxo_text out = {0};

    GOOD(wxo_exchange(app, code, &flow, &out), out, SEND("exchange"));
    run(flow, GRANT, "{\"grant\":{\"access_token\":\"AT\",");
    CHECK(wxo_handle_free(code) == WXO_OK, "the code is freed");

    GOOD(wxo_code_received_without_state(TEXT("C1"), TEXT("snsapi_base"), &code, &out), out, "{\"code\":\"C1\"}");
    GOOD(wxo_sign_in(app, code, NULL, 0, &flow, &out), out, SEND("exchange"));
    run(flow, "{\"openid\":\"v1\",\"is_snapshotuser\":1}", "{\"signed_in\":\"snapshot\"}");
    CHECK(wxo_handle_free(code) == WXO_OK, "the code is freed");

    GOOD(wxo_code_received_without_state(TEXT("C2"), NULL, 0, &code, &out), out, "{\"code\":\"C2\"}");
    CHECK(wxo_handle_free(code) == WXO_OK, "a code that was not used is freed too");

    GOOD(wxo_renew(app, TEXT(STORED), &flow, &out), out, SEND("refresh"));
    run(flow, GRANT, "{\"grant\":{\"access_token\":\"AT\",");
    GOOD(wxo_refresh(app, TEXT(STORED), &flow, &out), out, SEND("refresh"));
    run(flow, GRANT, "{\"grant\":{\"access_token\":\"AT\",");
    GOOD(wxo_check(app, TEXT(STORED), &flow, &out), out, SEND("check"));
    run(flow, VALID, "{\"valid\":true}");
    GOOD(wxo_check(app, TEXT(STORED), &flow, &out), out, SEND("check"));
    run(flow, "{\"errcode\":40003,\"errmsg\":\"invalid openid\"}", "{\"valid\":false,\"error\":{\"kind\":\"refused\",");
    GOOD(wxo_profile(app, TEXT(STORED), NULL, 0, &flow, &out), out, SEND("profile"));
    run(flow, PROFILE, "{\"profile\":{\"openid\":\"o1\",");
}

static void refused(wxo_handle app)
{
    wxo_handle code = new_code(), flow = 0;
    wxo_text out = {0};
    GOOD(wxo_exchange(app, code, &flow, &out), out, SEND("exchange"));
    GOOD(wxo_flow_answer(flow, 200, TEXT("{\"errcode\":40029,\"errmsg\":\"invalid code\"}"), NOW, &out), out, DONE);
    CHECK(wxo_flow_finish(flow, &out) == WXO_ERROR, out.data);
    CHECK(strcmp(out.data, "{\"error\":{\"kind\":\"refused\",\"errcode\":40029,\"name\":\"invalid_code\","
                           "\"message\":\"invalid code\",\"request_id\":null,\"advice\":\"restart_authorization\"},"
                           "\"advice\":\"restart_authorization\"}") == 0, out.data);
    wxo_text_free(&out);
    CHECK(wxo_handle_free(flow) == WXO_OK && wxo_handle_free(code) == WXO_OK, "both are freed");
}

static void without_a_handle(void)
{
    wxo_text out = {0};
    GOOD(wxo_grant_at(TEXT(STORED), NOW, &out), out,
         "{\"freshness\":\"fresh\",\"expires_at\":1790007200,\"refresh_token_ends_at\":1792592000}");
    GOOD(wxo_grant_at(TEXT(STORED), 253402300799, &out), out, "{\"freshness\":\"over\"");
    GOOD(wxo_grant_replaces(TEXT(STORED), TEXT(STORED), NOW, &out), out, "{\"replaces\":true}");
    GOOD(wxo_read(TEXT("{\"operation\":\"check\",\"status\":200}"), TEXT(VALID), &out), out, "{\"valid\":true}");
    GOOD(wxo_lint(TEXT("{\"url\":\"https://open.weixin.qq.com/connect/oauth2/authorize\"}"), &out), out,
         "{\"findings\":[{\"code\":");
    GOOD(wxo_explain(40029, &out), out, "{\"code\":40029,\"name\":\"invalid_code\",");
    GOOD(wxo_explain(INT64_MIN, &out), out, "null");
    GOOD(wxo_browser_kind(TEXT("Mozilla/5.0 MicroMessenger/8.0.40"), &out), out, "{\"browser\":\"wechat\"}");
    CHECK(strchr(wxo_version(), '.') != NULL, wxo_version());
}

int main(void)
{
    wxo_handle app = new_app();
    sign_in(app);
    single_calls(app);
    refused(app);
    without_a_handle();
    /* Who wants no document gets none, and has nothing to free. */
    CHECK(wxo_begin(app, TEXT(LOGIN), NULL) == WXO_OK, "a status alone");
    CHECK(wxo_handle_free(app) == WXO_OK, "the app is freed");
    puts("walk: ok");
    return 0;
}
