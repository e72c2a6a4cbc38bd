/* Random calls, with random texts, lengths and handles: whatever is given, a document comes out, and nobody touches what
 * is not theirs. The latter is what valgrind and the sanitizers see: each text is in memory of its own, without a NUL.
 *
 *     random [SEED [CALLS]]
 */
#include "test.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const TEXTS[] = {
    APP, LOGIN, PENDING, GRANT, PROFILE, VALID, STORED,
    "{\"account\":\"component\",\"appid\":\"wx1\",\"component_appid\":\"wx2\",\"component_access_token\":\"T\"}",
    "{\"scope\":\"snsapi_base\",\"redirect_uri\":\"https://example.com/cb\",\"wx_login\":{}}",
    "{\"openid\":\"v1\",\"is_snapshotuser\":1}",
    "{\"errcode\":-1,\"errmsg\":\"system error\"}",
    "{\"errcode\":40029,\"errmsg\":\"invalid code\"}",
    "{\"operation\":\"exchange\",\"status\":200}",
    "{\"url\":\"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1\",\"domain\":\"example.com\"}",
    "{\"lang\":\"en\"}", "code=C0DE&state=S1", "C0DE", "snsapi_userinfo", "timeout", "request", "MicroMessenger",
};

static const uint64_t TIMES[] = {NOW, NOW + 7200, NOW + 2592000, 0, UINT64_MAX};
static const int32_t STATUSES[] = {200, 200, 200, 302, 502, -1, INT32_MAX};

typedef enum { AN_APP, A_CODE, A_FLOW } kind;

/* What was opened lately, and whether it is freed. A program that goes wrong uses both. */
static struct {
    wxo_handle number;
    kind kind;
    int is_open;
} handles[24];

/* A text that ends where its memory does, or before. */
typedef struct {
    char *data;
    size_t len;
} input;

static wxo_handle latest;

static uint64_t seed = 1;

/* splitmix64 */
static uint64_t any(void)
{
    uint64_t mixed = seed += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static size_t below(size_t end)
{
    return (size_t)(any() % end);
}

/* Mostly the text that belongs there: else another, a part of it, a changed one, noise, or none at all. */
static input text(const char *fitting)
{
    size_t kind = below(24);
    const char *from = kind == 0 ? TEXTS[below(COUNT(TEXTS))] : fitting;
    input text = {NULL, kind == 1 ? below(300) : strlen(from)};
    if (kind == 2) return (input){NULL, 0};
    if (kind == 3) return (input){NULL, (size_t)any()};
    if (kind == 4) text.len = below(text.len + 1);
    text.data = malloc(text.len + (text.len == 0));
    CHECK(text.data != NULL, "memory");
    if (kind != 1) memcpy(text.data, from, text.len);
    for (size_t at = 0; at < text.len; at++)
        if (kind == 1 || (kind == 5 && below(text.len) < 2)) text.data[at] = (char)any();
    if (kind == 6) text.len = below(text.len + 1);
    return text;
}

/* Mostly one that is open and of this kind: else any that was given out, or one that was not. */
static wxo_handle handle(kind kind)
{
    size_t at = below(COUNT(handles));
    switch (below(16)) {
    case 0: return 0;
    case 1: return any();
    case 2: return handles[at].number;
    default:
        for (size_t tries = 0; tries < 40 && !(handles[at].is_open && handles[at].kind == kind); tries++)
            at = below(COUNT(handles));
        return handles[at].number;
    }
}

static void free_one(size_t place)
{
    wxo_status expected = handles[place].is_open ? WXO_OK : WXO_ERROR;
    CHECK(wxo_handle_free(handles[place].number) == expected, "a handle is freed once");
    handles[place].is_open = 0;
}

/* The texts that fit each function: first those that open a handle. */
static const struct {
    const char *one, *two;
} FITTING[] = {
    {APP, NULL}, {PENDING, "code=C0DE&state=S1"}, {"C0DE", "snsapi_userinfo"}, {"{\"lang\":\"en\"}", NULL},
    {NULL, NULL}, {STORED, NULL}, {STORED, NULL}, {STORED, NULL}, {STORED, "{\"lang\":\"en\"}"},
#define OPENING 9
    {LOGIN, NULL}, {NULL, NULL}, {NULL, NULL}, {"timeout", "request"}, {NULL, NULL}, {NULL, NULL}, {STORED, NULL},
    {STORED, STORED}, {"{\"operation\":\"exchange\",\"status\":200}", GRANT},
    {"{\"url\":\"https://open.weixin.qq.com/connect/qrconnect?appid=wx1\"}", NULL}, {NULL, NULL},
    {"MicroMessenger", NULL}, {NULL, NULL},
};

static unsigned long good[COUNT(FITTING)], bad[COUNT(FITTING)];

static const char *const ANSWERS[] = {GRANT, GRANT, PROFILE, VALID, "{\"errcode\":-1}", "{\"errcode\":40001}"};

static void call(void)
{
    size_t which = below(COUNT(FITTING));
    const char *fitting = which == 11 ? ANSWERS[below(COUNT(ANSWERS))] : FITTING[which].one;
    input one = fitting ? text(fitting) : (input){NULL, 0};
    input two = FITTING[which].two ? text(FITTING[which].two) : (input){NULL, 0};
    wxo_handle app = handle(AN_APP), code = handle(A_CODE), flow = handle(A_FLOW), opened = any();
    wxo_handle *place = below(16) ? &opened : NULL;
    wxo_text document = {NULL, 0}, *out = below(8) ? &document : NULL;
    uint64_t when = TIMES[below(COUNT(TIMES))];
    int32_t http = STATUSES[below(COUNT(STATUSES))];
    wxo_status status = WXO_OK;
    switch (which) {
    case 0: status = wxo_app_new(one.data, one.len, place, out); break;
    case 1: status = wxo_accept(one.data, one.len, two.data, two.len, place, out); break;
    case 2: status = wxo_code_received_without_state(one.data, one.len, two.data, two.len, place, out); break;
    case 3: status = wxo_sign_in(app, code, one.data, one.len, place, out); break;
    case 4: status = wxo_exchange(app, code, place, out); break;
    case 5: status = wxo_renew(app, one.data, one.len, place, out); break;
    case 6: status = wxo_refresh(app, one.data, one.len, place, out); break;
    case 7: status = wxo_check(app, one.data, one.len, place, out); break;
    case 8: status = wxo_profile(app, one.data, one.len, two.data, two.len, place, out); break;
    case 9: status = wxo_begin(app, one.data, one.len, out); break;
    case 10: status = wxo_flow_step(flow, out); break;
    case 11: status = wxo_flow_answer(flow, http, one.data, one.len, when, out); break;
    case 12: status = wxo_flow_lost(flow, one.data, one.len, two.data, two.len, out); break;
    case 13: status = wxo_flow_waited(flow, out); break;
    case 14: status = wxo_flow_finish(flow, out); break;
    case 15: status = wxo_grant_at(one.data, one.len, when, out); break;
    case 16: status = wxo_grant_replaces(one.data, one.len, two.data, two.len, when, out); break;
    case 17: status = wxo_read(one.data, one.len, two.data, two.len, out); break;
    case 18: status = wxo_lint(one.data, one.len, out); break;
    case 19: status = wxo_explain((int64_t)any() >> below(64), out); break;
    case 20: status = wxo_browser_kind(one.data, one.len, out); break;
    default: free_one(below(COUNT(handles))); out = NULL;
    }
    if (which < OPENING && status == WXO_OK) {
        size_t at = below(COUNT(handles));
        CHECK(place != NULL && opened > latest, "a number is given out once");
        latest = opened;
        if (handles[at].is_open) free_one(at);
        handles[at].number = opened;
        handles[at].kind = which == 0 ? AN_APP : which < 3 ? A_CODE : A_FLOW;
        handles[at].is_open = 1;
    } else if (which < OPENING && place != NULL) {
        CHECK(opened == 0, "the place is empty after an error");
    }
    if (out != NULL) {
        CHECK(is_document(out), out->data);
        CHECK(status == WXO_OK || strncmp(out->data, "{\"error\":{\"kind\":\"", 18) == 0, out->data);
        CHECK(strstr(out->data, "panicked") == NULL, out->data);
    }
    (status == WXO_OK ? good : bad)[which]++;
    wxo_text_free(out);
    wxo_text_free(out);
    free(one.data);
    free(two.data);
}

int main(int argc, char **argv)
{
    unsigned long calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    if (argc > 1) seed = strtoull(argv[1], NULL, 10);
    for (unsigned long done = 0; done < calls; done++) call();
    for (size_t at = 0; at < COUNT(handles); at++) free_one(at);
    for (wxo_handle number = 1; number <= latest; number++)
        CHECK(wxo_handle_free(number) == WXO_ERROR, "nothing is open that nobody was told of");
    unsigned long went_well = 0;
    for (size_t which = 0; which < COUNT(FITTING); which++) {
        CHECK(calls < 10000 || good[which] > 0, "each function is used as it should be, too");
        went_well += good[which];
    }
    printf("random: ok, %lu of %lu calls went well\n", went_well, calls);
    return 0;
}
