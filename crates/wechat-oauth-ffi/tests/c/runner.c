/* Answers the questions of the vectors, a line for a line, through the functions of the header alone. What a question
 * and its answer look like is told in crates/wechat-oauth-vectors. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>

#include "json.h"
#include "wechat_oauth.h"

static void fail(const char *what)
{
    fprintf(stderr, "runner: %s\n", what);
    exit(1);
}

/* Writes a document, and frees it. */
static void tell(wxo_text *out)
{
    if (out->data == NULL) fail("a call without a document");
    fwrite(out->data, 1, out->len, stdout);
    wxo_text_free(out);
}

/* A JSON text: a string holds it, and anything else is it. The caller frees it. */
static slice json_of(slice value)
{
    if (is_string(value)) return text_of(value);
    char *copy = malloc(value.len + 1);
    if (copy == NULL) fail("memory");
    memcpy(copy, value.at, value.len);
    return (slice){copy, value.len};
}

/* A text, or NULL where there is none. The caller frees it. */
static slice optional_text(slice value)
{
    return is_string(value) ? text_of(value) : NONE;
}

static void drop(slice text)
{
    free((void *)text.at);
}

static uint64_t number(slice value)
{
    char digits[32] = {0};
    if (value.len == 0 || value.len >= sizeof digits) fail("a number that is none");
    memcpy(digits, value.at, value.len);
    return *digits == '-' ? (uint64_t)strtoll(digits, NULL, 10) : strtoull(digits, NULL, 10);
}

static int digit64(char letter)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = letter ? strchr(ALPHABET, letter) : NULL;
    return found ? (int)(found - ALPHABET) : -1;
}

/* The bytes of "body_base64", "body_repeated" times. The caller frees them. */
static slice body_of(slice from)
{
    slice text = optional_text(field(from, "body_base64")), times = field(from, "body_repeated");
    size_t repeated = times.at ? (size_t)number(times) : 1, len = 0;
    char *once = malloc(text.len + 1);
    if (once == NULL) fail("memory");
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < text.len && digit64(text.at[i]) >= 0; i++) {
        bits = (bits << 6) | (unsigned)digit64(text.at[i]);
        held += 6;
        if (held >= 8) {
            held -= 8;
            once[len++] = (char)(bits >> held);
        }
    }
    char *body = malloc(len * repeated + 1);
    if (body == NULL) fail("memory");
    for (size_t i = 0; i < repeated; i++) memcpy(body + i * len, once, len);
    free(once);
    drop(text);
    return (slice){body, len * repeated};
}

/* {"name":value,...} of those of these fields that there are. The caller frees it. */
static slice object_of(slice from, const char *const names[], size_t count)
{
    char *text = malloc(from.len + 64);
    if (text == NULL) fail("memory");
    size_t len = 0;
    text[len++] = '{';
    for (size_t i = 0; i < count; i++) {
        slice value = field(from, names[i]);
        if (value.at == NULL) continue;
        len += (size_t)sprintf(text + len, "%s\"%s\":", len > 1 ? "," : "", names[i]);
        memcpy(text + len, value.at, value.len);
        len += value.len;
    }
    text[len++] = '}';
    return (slice){text, len};
}

static void authorize_url(slice in)
{
    slice options = field(in, "app"), login = field(in, "login");
    wxo_handle app = 0;
    wxo_text out = {0};
    if (wxo_app_new(options.at, options.len, &app, &out) == WXO_OK) {
        wxo_text_free(&out);
        (void)wxo_begin(app, login.at, login.len, &out);
        (void)wxo_handle_free(app);
    }
    tell(&out);
}

static void callback(slice in)
{
    slice pending = json_of(field(in, "pending")), query = text_of(field(in, "callback"));
    wxo_handle code = 0;
    wxo_text out = {0};
    if (wxo_accept(pending.at, pending.len, query.at, query.len, &code, &out) == WXO_OK) (void)wxo_handle_free(code);
    tell(&out);
    drop(pending);
    drop(query);
}

static void read_answer(slice in)
{
    static const char *const NAMES[] = {"operation", "status", "openid", "scope"};
    slice request = object_of(in, NAMES, 4), body = body_of(in);
    wxo_text out = {0};
    (void)wxo_read(request.at, request.len, body.at, body.len, &out);
    tell(&out);
    drop(request);
    drop(body);
}

static void lint(slice in)
{
    wxo_text out = {0};
    (void)wxo_lint(in.at, in.len, &out);
    tell(&out);
}

static void explain(slice in)
{
    wxo_text out = {0};
    (void)wxo_explain((int64_t)number(field(in, "code")), &out);
    tell(&out);
}

static void browser_kind(slice in)
{
    slice user_agent = text_of(field(in, "user_agent"));
    wxo_text out = {0};
    (void)wxo_browser_kind(user_agent.at, user_agent.len, &out);
    tell(&out);
    drop(user_agent);
}

static void grant_at(slice in)
{
    slice stored = json_of(field(in, "stored"));
    wxo_text out = {0};
    (void)wxo_grant_at(stored.at, stored.len, number(field(in, "now")), &out);
    tell(&out);
    drop(stored);
}

static void grant_replaces(slice in)
{
    slice grant = json_of(field(in, "grant")), stored = json_of(field(in, "stored"));
    wxo_text out = {0};
    (void)wxo_grant_replaces(grant.at, grant.len, stored.at, stored.len, number(field(in, "now")), &out);
    tell(&out);
    drop(grant);
    drop(stored);
}

/* Starts what a flow begins with: its handle, or 0 and the failure. */
static wxo_handle start(wxo_handle app, slice from, wxo_text *out)
{
    static const char *const LANG[] = {"lang"};
    const char *at = from.at + 1;
    slice kind = next_value(&at, from.at + from.len), given = next_value(&at, from.at + from.len);
    slice stored = field(given, "stored").at ? json_of(field(given, "stored")) : NONE;
    slice options = field(given, "lang").at ? object_of(given, LANG, 1) : NONE;
    slice text = optional_text(field(given, "code")), scope = optional_text(field(given, "scope"));
    wxo_handle code = 0, flow = 0;
    char name[16] = {0};
    memcpy(name, kind.at + 1, kind.len - 2 < sizeof name ? kind.len - 2 : sizeof name - 1);
    if (text.at != NULL) {
        if (wxo_code_received_without_state(text.at, text.len, scope.at, scope.len, &code, out) == WXO_OK) {
            wxo_text_free(out);
            if (strcmp(name, "sign_in") == 0) {
                (void)wxo_sign_in(app, code, options.at, options.len, &flow, out);
            } else {
                (void)wxo_exchange(app, code, &flow, out);
            }
            (void)wxo_handle_free(code);
        }
    } else if (strcmp(name, "renew") == 0) {
        (void)wxo_renew(app, stored.at, stored.len, &flow, out);
    } else if (strcmp(name, "refresh") == 0) {
        (void)wxo_refresh(app, stored.at, stored.len, &flow, out);
    } else if (strcmp(name, "check") == 0) {
        (void)wxo_check(app, stored.at, stored.len, &flow, out);
    } else if (strcmp(name, "profile") == 0) {
        (void)wxo_profile(app, stored.at, stored.len, options.at, options.len, &flow, out);
    } else {
        fail("a start that is none");
    }
    drop(stored);
    drop(options);
    drop(text);
    drop(scope);
    return flow;
}

static void happen(wxo_handle flow, slice event, wxo_text *out)
{
    slice answer = field(event, "answer"), lost = field(event, "lost");
    if (answer.at != NULL) {
        slice body = body_of(answer);
        int32_t status = (int32_t)number(field(answer, "status"));
        (void)wxo_flow_answer(flow, status, body.at, body.len, number(field(answer, "sent_at")), out);
        drop(body);
    } else if (lost.at != NULL) {
        slice reason = text_of(field(lost, "reason")), phase = text_of(field(lost, "phase"));
        (void)wxo_flow_lost(flow, reason.at, reason.len, phase.at, phase.len, out);
        drop(reason);
        drop(phase);
    } else if (field(event, "waited").at != NULL) {
        (void)wxo_flow_waited(flow, out);
    } else if (field(event, "finish").at != NULL) {
        (void)wxo_flow_finish(flow, out);
    } else {
        fail("an event that is none");
    }
}

static void flow(slice in)
{
    slice options = field(in, "app"), events = field(in, "events");
    wxo_handle app = 0, flow = 0;
    wxo_text out = {0};
    putchar('[');
    if (wxo_app_new(options.at, options.len, &app, &out) == WXO_OK) {
        wxo_text_free(&out);
        flow = start(app, field(in, "start"), &out);
    }
    tell(&out);
    if (flow != 0) {
        const char *at = events.at + 1, *end = events.at + events.len;
        for (slice event = next_value(&at, end); event.at != NULL; event = next_value(&at, end)) {
            putchar(',');
            happen(flow, event, &out);
            tell(&out);
        }
        (void)wxo_handle_free(flow);
    }
    if (app != 0) (void)wxo_handle_free(app);
    putchar(']');
}

static const struct {
    const char *name;
    void (*answer)(slice in);
} QUESTIONS[] = {
    {"\"authorize_url\"", authorize_url},
    {"\"callback\"", callback},
    {"\"read\"", read_answer},
    {"\"lint\"", lint},
    {"\"explain\"", explain},
    {"\"browser_kind\"", browser_kind},
    {"\"grant_at\"", grant_at},
    {"\"grant_replaces\"", grant_replaces},
    {"\"flow\"", flow},
};

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, stdin)) > 0) {
        slice question = {line, (size_t)len}, what = field(question, "do");
        size_t i = 0, count = sizeof QUESTIONS / sizeof QUESTIONS[0];
        while (i < count &&
               (what.len != strlen(QUESTIONS[i].name) || memcmp(what.at, QUESTIONS[i].name, what.len) != 0)) i++;
        if (i == count) fail("a question that is none");
        QUESTIONS[i].answer(field(question, "in"));
        putchar('\n');
        if (fflush(stdout) != 0) fail("standard output is closed");
    }
    free(line);
    return 0;
}
