/* Every way to call the library wrongly that C allows and memory survives: each is an error's document, never a crash. */
#include <pthread.h>

#include "test.h"

static wxo_handle app;

/* One text of one function; the others of its texts are good. What it opens is freed again. */
typedef wxo_status given(const char *text, size_t len, wxo_text *out);

static wxo_status freed(wxo_status status, wxo_handle handle)
{
    CHECK((status == WXO_OK) == (handle != 0), "there is a handle if it went well, and none if not");
    if (handle != 0) CHECK(wxo_handle_free(handle) == WXO_OK, "what was opened is freed");
    return status;
}

#define OPENS(name, call)                                                                          \
    static wxo_status name(const char *text, size_t len, wxo_text *out)                            \
    {                                                                                              \
        wxo_handle handle = 99;                                                                    \
        wxo_status status = call;                                                                  \
        return freed(status, handle);                                                              \
    }
#define ANSWERS(name, call)                                                                        \
    static wxo_status name(const char *text, size_t len, wxo_text *out) { return call; }

OPENS(app_new, wxo_app_new(text, len, &handle, out))
ANSWERS(begin, wxo_begin(app, text, len, out))
OPENS(accept_pending, wxo_accept(text, len, TEXT("code=C1&state=S1"), &handle, out))
OPENS(accept_callback, wxo_accept(TEXT(PENDING), text, len, &handle, out))
OPENS(code_text, wxo_code_received_without_state(text, len, NULL, 0, &handle, out))
OPENS(code_scope, wxo_code_received_without_state(TEXT("C1"), text, len, &handle, out))
OPENS(renew, wxo_renew(app, text, len, &handle, out))
OPENS(refresh, wxo_refresh(app, text, len, &handle, out))
OPENS(check, wxo_check(app, text, len, &handle, out))
OPENS(profile_stored, wxo_profile(app, text, len, NULL, 0, &handle, out))
OPENS(profile_options, wxo_profile(app, TEXT(STORED), text, len, &handle, out))
ANSWERS(grant_at, wxo_grant_at(text, len, NOW, out))
ANSWERS(replaces_grant, wxo_grant_replaces(text, len, TEXT(STORED), NOW, out))
ANSWERS(replaces_stored, wxo_grant_replaces(TEXT(STORED), text, len, NOW, out))
ANSWERS(read_request, wxo_read(text, len, TEXT(VALID), out))
ANSWERS(read_body, wxo_read(TEXT("{\"operation\":\"check\",\"status\":200}"), text, len, out))
ANSWERS(lint, wxo_lint(text, len, out))
ANSWERS(browser_kind, wxo_browser_kind(text, len, out))

static wxo_status sign_in_options(const char *text, size_t len, wxo_text *out)
{
    wxo_handle code = new_code(), handle = 99;
    wxo_status status = wxo_sign_in(app, code, text, len, &handle, out);
    freed(status, handle);
    CHECK(wxo_handle_free(code) == WXO_OK, "the code is freed");
    return status;
}

static wxo_status flow_body(const char *text, size_t len, wxo_text *out)
{
    wxo_handle flow = new_check(app);
    wxo_status status = wxo_flow_answer(flow, 200, text, len, NOW, out);
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
    return status;
}

static wxo_status lost_reason(const char *text, size_t len, wxo_text *out)
{
    wxo_handle flow = new_check(app);
    wxo_status status = wxo_flow_lost(flow, text, len, TEXT("body"), out);
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
    return status;
}

static wxo_status lost_phase(const char *text, size_t len, wxo_text *out)
{
    wxo_handle flow = new_check(app);
    wxo_status status = wxo_flow_lost(flow, TEXT("timeout"), text, len, out);
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
    return status;
}

/* What a text has to be: then a cut or broken one is told by the function itself, or by what it reads. */
enum form { JSON, NAME, ANY, BYTES };

static const struct {
    given *call;
    enum form form;
    const char *good;
} TEXTS[] = {
    {app_new, JSON, APP},
    {begin, JSON, LOGIN},
    {accept_pending, JSON, PENDING},
    {accept_callback, ANY, "code=C1&state=S1"},
    {code_text, NAME, "C1"},
    {code_scope, NAME, "snsapi_base"},
    {renew, JSON, STORED},
    {refresh, JSON, STORED},
    {check, JSON, STORED},
    {profile_stored, JSON, STORED},
    {profile_options, JSON, "{\"lang\":\"en\"}"},
    {grant_at, JSON, STORED},
    {replaces_grant, JSON, STORED},
    {replaces_stored, JSON, STORED},
    {read_request, JSON, "{\"operation\":\"check\",\"status\":200}"},
    {read_body, BYTES, VALID},
    {lint, JSON, "{\"url\":\"https://example.com\"}"},
    {browser_kind, ANY, "Mozilla/5.0"},
    {sign_in_options, JSON, "{\"lang\":\"en\"}"},
    {flow_body, BYTES, VALID},
    {lost_reason, NAME, "timeout"},
    {lost_phase, NAME, "body"},
};
#define EVERY_TEXT (sizeof TEXTS / sizeof TEXTS[0])

static void null_texts(void)
{
    wxo_text out = {0};
    for (size_t i = 0; i < EVERY_TEXT; i++) {
        given *call = TEXTS[i].call;
        MISUSE(call(NULL, 1, &out), out, "null_pointer");
        MISUSE(call(NULL, WXO_MAX_INPUT, &out), out, "null_pointer");
        /* NULL with 0 is the empty text: whatever that means here, it is a document. */
        call(NULL, 0, &out);
        CHECK(is_document(&out), TEXTS[i].good);
        wxo_text_free(&out);
        /* And nobody has to take the document. */
        CHECK(call(NULL, 1, NULL) == WXO_ERROR, TEXTS[i].good);
        CHECK(call(TEXTS[i].good, strlen(TEXTS[i].good), NULL) == WXO_OK, TEXTS[i].good);
    }
}

static void huge_texts(void)
{
    wxo_text out = {0};
    char *large = malloc(WXO_MAX_INPUT);
    CHECK(large != NULL, "memory");
    memset(large, '[', WXO_MAX_INPUT);
    for (size_t i = 0; i < EVERY_TEXT; i++) {
        given *call = TEXTS[i].call;
        /* A wrong length: the text is not read, or the sanitizers would tell. */
        const size_t lies[] = {(size_t)WXO_MAX_INPUT + 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX};
        for (size_t lie = 0; lie < sizeof lies / sizeof lies[0]; lie++) {
            if (TEXTS[i].form != BYTES) {
                MISUSE(call(TEXTS[i].good, lies[lie], &out), out, "too_large");
            } else {
                /* A body that is too long is the answer's fault, which the flow tells when it is done. */
                call(TEXTS[i].good, lies[lie], &out);
                CHECK(is_document(&out), TEXTS[i].good);
                CHECK(strstr(out.data, "\"reason\":\"too_large\"") || strcmp(out.data, "{\"step\":\"done\"}") == 0,
                      out.data);
                wxo_text_free(&out);
            }
        }
        MISUSE(call(NULL, SIZE_MAX, &out), out, "too_large");
        /* As large as may be: read, to whatever end. */
        call(large, WXO_MAX_INPUT, &out);
        CHECK(is_document(&out), TEXTS[i].good);
        wxo_text_free(&out);
    }
    free(large);
}

static void broken_texts(void)
{
    wxo_text out = {0};
    for (size_t i = 0; i < EVERY_TEXT; i++) {
        given *call = TEXTS[i].call;
        const size_t whole = strlen(TEXTS[i].good);
        /* Copies of the exact size, so that a byte too many is seen by valgrind and the sanitizers. */
        for (size_t len = 1; len < whole; len++) {
            char *cut = malloc(len);
            CHECK(cut != NULL, "memory");
            memcpy(cut, TEXTS[i].good, len);
            wxo_status status = call(cut, len, &out);
            CHECK(is_document(&out), TEXTS[i].good);
            if (TEXTS[i].form == JSON) CHECK(status == WXO_ERROR && strstr(out.data, "\"not_readable\""), out.data);
            wxo_text_free(&out);
            for (int byte = 0; byte < 256; byte += 51) {
                cut[len - 1] = (char)byte;
                call(cut, len, &out);
                CHECK(is_document(&out), TEXTS[i].good);
                wxo_text_free(&out);
            }
            free(cut);
        }
        /* A NUL, at the end and in the middle. */
        char *longer = malloc(whole + 1);
        CHECK(longer != NULL, "memory");
        memcpy(longer, TEXTS[i].good, whole);
        longer[whole] = '\0';
        wxo_status status = call(longer, whole + 1, &out);
        CHECK(is_document(&out), TEXTS[i].good);
        if (TEXTS[i].form == JSON || TEXTS[i].form == NAME) CHECK(status == WXO_ERROR, out.data);
        wxo_text_free(&out);
        longer[whole / 2] = '\0';
        call(longer, whole, &out);
        CHECK(is_document(&out), TEXTS[i].good);
        wxo_text_free(&out);
        free(longer);
        if (TEXTS[i].form != BYTES) {
            MISUSE(call("\xff\xfe", 2, &out), out, "not_utf8");
            MISUSE(call("\xc0\x80", 2, &out), out, "not_utf8");
            MISUSE(call("\xed\xa0\x80", 3, &out), out, "not_utf8");
        }
    }
}

/* Lists in lists in lists, read on a small stack: depth is an error, or is passed over, and costs no stack. */
static void *nested_texts(void *nothing)
{
    enum { DEPTH = 60000 };
    static const char *const starts[] = {"", "{\"x\":", "{\"openid\":\"o1\",\"x\":", "{\"scopes\":", "{\"wx_login\":"};
    wxo_text out = {0};
    for (size_t start = 0; start < sizeof starts / sizeof starts[0]; start++) {
        size_t len = strlen(starts[start]) + DEPTH;
        char *nested = malloc(len + 1);
        CHECK(nested != NULL, "memory");
        memset(nested, '[', len);
        memcpy(nested, starts[start], strlen(starts[start]));
        nested[len] = '\0';
        for (size_t i = 0; i < EVERY_TEXT; i++) {
            wxo_status status = TEXTS[i].call(nested, len, &out);
            CHECK(is_document(&out), TEXTS[i].good);
            CHECK(status == WXO_ERROR || TEXTS[i].form == ANY || TEXTS[i].form == BYTES, out.data);
            wxo_text_free(&out);
        }
        free(nested);
    }
    return nothing;
}

static void on_a_small_stack(void *run(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(pthread_attr_init(&attributes) == 0, "attributes");
    CHECK(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0, "a stack");
    CHECK(pthread_create(&thread, &attributes, run, NULL) == 0, "a thread");
    CHECK(pthread_join(thread, NULL) == 0, "a thread ends");
    pthread_attr_destroy(&attributes);
}

static void no_place_for_a_handle(void)
{
    wxo_text out = {0};
    wxo_handle code = new_code(), flow = 0;
    MISUSE(wxo_app_new(TEXT(APP), NULL, &out), out, "null_pointer");
    MISUSE(wxo_accept(TEXT(PENDING), TEXT("code=C1&state=S1"), NULL, &out), out, "null_pointer");
    MISUSE(wxo_code_received_without_state(TEXT("C1"), NULL, 0, NULL, &out), out, "null_pointer");
    MISUSE(wxo_sign_in(app, code, NULL, 0, NULL, &out), out, "null_pointer");
    MISUSE(wxo_exchange(app, code, NULL, &out), out, "null_pointer");
    MISUSE(wxo_renew(app, TEXT(STORED), NULL, &out), out, "null_pointer");
    MISUSE(wxo_refresh(app, TEXT(STORED), NULL, &out), out, "null_pointer");
    MISUSE(wxo_check(app, TEXT(STORED), NULL, &out), out, "null_pointer");
    MISUSE(wxo_profile(app, TEXT(STORED), NULL, 0, NULL, &out), out, "null_pointer");
    CHECK(wxo_exchange(app, code, NULL, NULL) == WXO_ERROR, "neither place nor document");
    /* None of that cost the code. */
    GOOD(wxo_exchange(app, code, &flow, &out), out, "{\"step\":\"send\"");
    CHECK(wxo_handle_free(flow) == WXO_OK && wxo_handle_free(code) == WXO_OK, "both are freed");
}

static void all_with(wxo_handle handle, const char *reason)
{
    wxo_handle code = new_code(), opened = 99;
    wxo_text outs[11] = {{0}};
    wxo_status statuses[11] = {
        wxo_begin(handle, TEXT(LOGIN), &outs[0]),
        wxo_sign_in(handle, code, NULL, 0, &opened, &outs[1]),
        wxo_exchange(handle, code, &opened, &outs[2]),
        wxo_renew(handle, TEXT(STORED), &opened, &outs[3]),
        wxo_check(handle, TEXT(STORED), &opened, &outs[4]),
        wxo_profile(handle, TEXT(STORED), NULL, 0, &opened, &outs[5]),
        wxo_flow_step(handle, &outs[6]),
        wxo_flow_answer(handle, 200, TEXT(VALID), NOW, &outs[7]),
        wxo_flow_lost(handle, TEXT("timeout"), TEXT("body"), &outs[8]),
        wxo_flow_waited(handle, &outs[9]),
        wxo_flow_finish(handle, &outs[10]),
    };
    for (size_t i = 0; i < 11; i++) {
        CHECK(statuses[i] == WXO_ERROR && strstr(outs[i].data, reason), outs[i].data);
        wxo_text_free(&outs[i]);
    }
    CHECK(opened == 0, "a place for a handle is 0 after an error");
    CHECK(wxo_handle_free(code) == WXO_OK, "the code is freed");
}

static void wrong_handles(void)
{
    wxo_text out = {0};
    wxo_handle code = new_code(), flow = new_check(app), opened = 0;
    all_with(0, "\"unknown_handle\"");
    all_with(UINT64_MAX, "\"unknown_handle\"");
    all_with(code, "\"wrong_handle\"");
    MISUSE(wxo_sign_in(app, app, NULL, 0, &opened, &out), out, "wrong_handle");
    MISUSE(wxo_sign_in(app, flow, NULL, 0, &opened, &out), out, "wrong_handle");
    MISUSE(wxo_exchange(app, flow, &opened, &out), out, "wrong_handle");
    MISUSE(wxo_begin(flow, TEXT(LOGIN), &out), out, "wrong_handle");
    MISUSE(wxo_flow_step(app, &out), out, "wrong_handle");

    GOOD(wxo_exchange(app, code, &opened, &out), out, "{\"step\":\"send\"");
    CHECK(wxo_handle_free(opened) == WXO_OK, "the flow is freed");
    MISUSE(wxo_exchange(app, code, &opened, &out), out, "code_used");

    /* Freed, and freed again. */
    CHECK(wxo_handle_free(flow) == WXO_OK && wxo_handle_free(code) == WXO_OK, "both are freed");
    CHECK(wxo_handle_free(flow) == WXO_ERROR && wxo_handle_free(code) == WXO_ERROR, "both were freed");
    CHECK(wxo_handle_free(0) == WXO_ERROR && wxo_handle_free(UINT64_MAX) == WXO_ERROR, "there are no such handles");
    all_with(flow, "\"unknown_handle\"");
    MISUSE(wxo_exchange(app, code, &opened, &out), out, "unknown_handle");
    /* No number is given out again. */
    wxo_handle next = new_check(app);
    CHECK(next != flow && next != code && next != app, "a new number");
    CHECK(wxo_handle_free(next) == WXO_OK, "the flow is freed");
}

static void freed_texts(void)
{
    wxo_text out = {0};
    wxo_text_free(NULL);
    wxo_text_free(&out);
    CHECK(wxo_explain(40029, &out) == WXO_OK, out.data);
    wxo_text copy = out, inside = {out.data + 1, out.len - 1}, other = {"not ours", 8};
    /* A text that does not begin there is not ours, and a length that was changed is of no matter. */
    wxo_text_free(&inside);
    wxo_text_free(&other);
    CHECK(inside.data == NULL && other.data == NULL, "set to nothing all the same");
    CHECK(is_document(&out), "not freed yet");
    out.len = SIZE_MAX;
    wxo_text_free(&out);
    wxo_text_free(&out);
    wxo_text_free(&copy);
    CHECK(out.data == NULL && out.len == 0 && copy.data == NULL, "empty");
    wxo_text wild = {(const char *)(uintptr_t)0x10, SIZE_MAX};
    wxo_text_free(&wild);
}

/* Places in the middle of a packed buffer, as a careless binding would give them. */
static void unaligned_places(void)
{
    char buffer[64] = {0};
    wxo_text out;
    wxo_handle made;
    CHECK(wxo_app_new(TEXT(APP), (void *)(buffer + 1), (void *)(buffer + 11)) == WXO_OK, "unaligned places");
    memcpy(&made, buffer + 1, sizeof made);
    memcpy(&out, buffer + 11, sizeof out);
    CHECK(is_document(&out) && made != 0, out.data);
    wxo_text_free((void *)(buffer + 11));
    memcpy(&out, buffer + 11, sizeof out);
    CHECK(out.data == NULL && out.len == 0, "freed where it is");
    CHECK(wxo_handle_free(made) == WXO_OK, "the app is freed");
}

static void out_of_order(void)
{
    wxo_text out = {0};
    wxo_handle flow = new_check(app);
    MISUSE(wxo_flow_waited(flow, &out), out, "not_waiting");
    MISUSE(wxo_flow_finish(flow, &out), out, "not_done");
    MISUSE(wxo_flow_answer(flow, -1, TEXT(VALID), NOW, &out), out, "out_of_range");
    MISUSE(wxo_flow_answer(flow, 65536, TEXT(VALID), NOW, &out), out, "out_of_range");
    BAD(wxo_flow_lost(flow, TEXT("late"), TEXT("body"), &out), out, "configuration", "reason");
    MISUSE(wxo_flow_answer(flow, 200, TEXT(VALID), NOW * 1000ull, &out), out, "out_of_range");
    MISUSE(wxo_flow_answer(flow, 200, TEXT(VALID), UINT64_MAX, &out), out, "out_of_range");
    GOOD(wxo_flow_answer(flow, 200, TEXT(VALID), NOW, &out), out, "{\"step\":\"done\"}");
    MISUSE(wxo_flow_answer(flow, 200, TEXT(VALID), NOW, &out), out, "not_sending");
    MISUSE(wxo_flow_lost(flow, TEXT("timeout"), TEXT("body"), &out), out, "not_sending");
    GOOD(wxo_flow_finish(flow, &out), out, "{\"valid\":true}");
    MISUSE(wxo_flow_finish(flow, &out), out, "finished");
    MISUSE(wxo_flow_step(flow, &out), out, "finished");
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
}

/* Threads that drive one flow, spend one code, and free both, with nobody to arrange it. */
#define THREADS 8
#define ROUNDS 60

struct shared {
    pthread_barrier_t start;
    wxo_handle code, flow;
};

struct counts {
    unsigned started, answered, finished, freed;
};

static void *work(void *argument)
{
    struct shared *shared = argument;
    struct counts *counts = calloc(1, sizeof *counts);
    CHECK(counts != NULL, "memory");
    wxo_text out = {0};
    wxo_handle opened = 0;
    pthread_barrier_wait(&shared->start);
    if (wxo_exchange(app, shared->code, &opened, &out) == WXO_OK) {
        counts->started++;
        CHECK(wxo_handle_free(opened) == WXO_OK, "one's own flow is freed");
    } else {
        CHECK(strstr(out.data, "\"code_used\"") || strstr(out.data, "\"unknown_handle\""), out.data);
    }
    wxo_text_free(&out);
    wxo_flow_step(shared->flow, &out);
    CHECK(is_document(&out), "a step or a misuse");
    wxo_text_free(&out);
    if (wxo_flow_answer(shared->flow, 200, TEXT(VALID), NOW, &out) == WXO_OK) counts->answered++;
    else CHECK(strstr(out.data, "\"kind\":\"misuse\""), out.data);
    wxo_text_free(&out);
    if (wxo_flow_finish(shared->flow, &out) == WXO_OK) counts->finished++;
    else CHECK(strstr(out.data, "\"kind\":\"misuse\""), out.data);
    wxo_text_free(&out);
    counts->freed += wxo_handle_free(shared->flow) == WXO_OK;
    counts->freed += wxo_handle_free(shared->code) == WXO_OK;
    return counts;
}

static void threads_on_one_handle(unsigned threads)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct shared shared;
        pthread_t ids[THREADS];
        struct counts sum = {0};
        shared.code = new_code();
        shared.flow = new_check(app);
        CHECK(pthread_barrier_init(&shared.start, NULL, threads) == 0, "a barrier");
        for (unsigned i = 0; i < threads; i++)
            CHECK(pthread_create(&ids[i], NULL, work, &shared) == 0, "a thread");
        for (unsigned i = 0; i < threads; i++) {
            void *result = NULL;
            CHECK(pthread_join(ids[i], &result) == 0, "a thread ends");
            struct counts *counts = result;
            sum.started += counts->started;
            sum.answered += counts->answered;
            sum.finished += counts->finished;
            sum.freed += counts->freed;
            free(counts);
        }
        pthread_barrier_destroy(&shared.start);
        /* A thread frees only after it tried: so somebody spent the code, and somebody answered. */
        CHECK(sum.started == 1 && sum.answered == 1 && sum.freed == 2, "each once, whoever it was");
        CHECK(sum.finished <= 1, "one result");
    }
}

/* Forgotten frees end in an error, and go on after a free. Nothing else is open: this counts what everything above left. */
static void too_many(void)
{
    static wxo_handle apps[WXO_MAX_OPEN];
    static wxo_text texts[WXO_MAX_OPEN];
    wxo_text out = {0};
    wxo_handle code = new_code();
    for (size_t i = 0; i < WXO_MAX_OPEN - 2; i++)
        CHECK(wxo_app_new(TEXT(APP), &apps[i], NULL) == WXO_OK, "room for every one");
    wxo_handle more = 99;
    MISUSE(wxo_app_new(TEXT(APP), &more, &out), out, "too_many_handles");
    MISUSE(wxo_check(app, TEXT(STORED), &more, &out), out, "too_many_handles");
    MISUSE(wxo_exchange(app, code, &more, &out), out, "too_many_handles");
    CHECK(more == 0, "no handle");
    CHECK(wxo_handle_free(apps[0]) == WXO_OK, "room again");
    GOOD(wxo_exchange(app, code, &apps[0], &out), out, "{\"step\":\"send\"");
    for (size_t i = 0; i < WXO_MAX_OPEN - 2; i++) CHECK(wxo_handle_free(apps[i]) == WXO_OK, "freed");
    CHECK(wxo_handle_free(code) == WXO_OK, "freed");

    for (size_t i = 0; i < WXO_MAX_OPEN; i++)
        CHECK(wxo_browser_kind(NULL, 0, &texts[i]) == WXO_OK, "room for every one");
    wxo_text full = {0};
    CHECK(wxo_browser_kind(NULL, 0, &full) == WXO_ERROR && is_document(&full), full.data);
    CHECK(strstr(full.data, "\"reason\":\"too_many_texts\""), full.data);
    /* That one needs no room: freeing it changes nothing. */
    wxo_text_free(&full);
    more = 99;
    MISUSE(wxo_app_new(TEXT(APP), &more, &out), out, "too_many_texts");
    CHECK(more == 0, "nothing was begun");
    CHECK(wxo_browser_kind(NULL, 0, NULL) == WXO_OK, "who wants no text needs no room");
    wxo_text_free(&texts[0]);
    GOOD(wxo_browser_kind(NULL, 0, &out), out, "{\"browser\":");
    for (size_t i = 0; i < WXO_MAX_OPEN; i++) wxo_text_free(&texts[i]);
}

int main(void)
{
    app = new_app();
    null_texts();
    huge_texts();
    broken_texts();
    on_a_small_stack(nested_texts);
    no_place_for_a_handle();
    wrong_handles();
    freed_texts();
    unaligned_places();
    out_of_order();
    threads_on_one_handle(2);
    threads_on_one_handle(THREADS);
    too_many();
    CHECK(wxo_handle_free(app) == WXO_OK, "the app is freed");
    puts("abuse: ok");
    return 0;
}
