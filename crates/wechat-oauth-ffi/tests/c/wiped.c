/* Once everything is freed, no memory of the process holds the secret, the code or the tokens any more. Reads
 * /proc/self/mem, so it is for Linux; and it is for no sanitizer, whose memory is the process's too. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

enum { SECRET, COMPONENT_TOKEN, CODE, ACCESS_TOKEN, REFRESH_TOKEN, SECRETS };
static const char *const names[SECRETS] = {"secret", "component token", "code", "access token", "refresh token"};

#define LENGTH 32
/* free() writes over the first bytes of what it is given, so the rest is looked for. */
#define HALF (LENGTH / 2)

/* Every secret is made when it is needed, so that this program holds none. */
static char letter(int secret, int place)
{
    unsigned mixed = (unsigned)(secret * LENGTH + place + 1) * 2654435761u;
    return (char)('A' + (mixed >> 16) % 26);
}

/* A text in which $0 to $4 are the secrets. */
static char *made(const char *form)
{
    char *text = malloc(strlen(form) * LENGTH + 1), *end = text;
    CHECK(text != NULL, "memory");
    for (; *form != '\0'; form++) {
        if (*form != '$') {
            *end++ = *form;
            continue;
        }
        int secret = *++form - '0';
        for (int place = 0; place < LENGTH; place++) *end++ = letter(secret, place);
    }
    *end = '\0';
    return text;
}

static void gone(char *text)
{
    for (volatile char *each = text; *each != '\0'; each++) *each = '.';
    free(text);
}

#define WITH(text, form, call)                                                                     \
    do {                                                                                           \
        char *text = made(form);                                                                   \
        size_t len = strlen(text);                                                                 \
        call;                                                                                      \
        gone(text);                                                                                \
    } while (0)

#define TOKENS "\"access_token\":\"$3\",\"expires_in\":7200,\"refresh_token\":\"$4\",\"openid\":\"o1\""
#define SCOPE "\"scope\":\"snsapi_userinfo\""
#define KEPT                                                                                       \
    "{\"appid\":\"wx1\",\"openid\":\"o1\",\"unionid\":null,\"access_token\":\"$3\","               \
    "\"refresh_token\":\"$4\",\"scopes\":[\"snsapi_userinfo\"],\"scopes_assumed\":false,"          \
    "\"asked\":null,\"issued_at\":1790000000,\"expires_in\":7200,"                                 \
    "\"refresh_token_issued_at\":1790000000}"
#define READ_EXCHANGE "{\"operation\":\"exchange\",\"status\":200}"

static void answered(wxo_handle flow, const char *form, const char *start)
{
    wxo_text out = {0};
    WITH(body, form, GOOD(wxo_flow_answer(flow, 200, body, len, NOW, &out), out, start));
}

static void finished(wxo_handle flow, const char *start)
{
    wxo_text out = {0};
    GOOD(wxo_flow_finish(flow, &out), out, start);
    CHECK(wxo_handle_free(flow) == WXO_OK, "the flow is freed");
}

static void a_login_and_what_follows(void)
{
    wxo_text out = {0};
    wxo_handle app = 0, code = 0, flow = 0;
    WITH(options, "{\"account\":\"official_account\",\"appid\":\"wx1\",\"secret\":\"$0\"}",
         GOOD(wxo_app_new(options, len, &app, &out), out, "{}"));
    WITH(callback, "https://example.com/cb?code=$2&state=S1",
         GOOD(wxo_accept(TEXT(PENDING), callback, len, &code, &out), out, "{\"code\":"));
    GOOD(wxo_sign_in(app, code, NULL, 0, &flow, &out), out, "{\"step\":\"send\"");
    answered(flow, "{" TOKENS "," SCOPE "}", "{\"step\":\"send\"");
    answered(flow, PROFILE, "{\"step\":\"done\"");
    finished(flow, "{\"signed_in\":\"person\"");
    WITH(stored, KEPT, GOOD(wxo_renew(app, stored, len, &flow, &out), out, "{\"step\":\"send\""));
    answered(flow, "{" TOKENS "," SCOPE "}", "{\"step\":\"done\"");
    finished(flow, "{\"grant\":");
    WITH(stored, KEPT, GOOD(wxo_check(app, stored, len, &flow, &out), out, "{\"step\":\"send\""));
    answered(flow, "{\"errcode\":40001,\"errmsg\":\"invalid credential $3\"}", "{\"step\":\"done\"");
    finished(flow, "{\"valid\":false");
    /* And a flow that is given up. */
    WITH(stored, KEPT, GOOD(wxo_profile(app, stored, len, NULL, 0, &flow, &out), out, "{\"step\":\"send\""));
    CHECK(wxo_handle_free(flow) == WXO_OK && wxo_handle_free(code) == WXO_OK, "both are freed");
    CHECK(wxo_handle_free(app) == WXO_OK, "the app is freed");
}

/* A document that outgrows its room, in a heap whose holes leave it no room to grow where it is. */
static void a_long_document(void)
{
    enum { HOLES = 64, LONG = 30000 };
    static const char before[] = "{" TOKENS ",\"scope\":\"";
    char *form = malloc(sizeof before + LONG + 3);
    CHECK(form != NULL, "memory");
    strcpy(form, before);
    memset(form + sizeof before - 1, 's', LONG);
    strcpy(form + sizeof before - 1 + LONG, "\"}");
    for (size_t room = 1024; room < LONG; room *= 2) {
        void *holes[HOLES], *walls[HOLES];
        wxo_text out = {0};
        char *body = made(form);
        for (int i = 0; i < HOLES; i++) {
            holes[i] = malloc(room);
            walls[i] = malloc(64);
        }
        for (int i = 0; i < HOLES; i++) free(holes[i]);
        GOOD(wxo_read(TEXT(READ_EXCHANGE), TEXT(body), &out), out, "{\"access_token\":");
        for (int i = 0; i < HOLES; i++) free(walls[i]);
        gone(body);
    }
    free(form);
}

/* Options whose secret was read before something in them was found wrong. */
static void options_that_are_refused(void)
{
    wxo_handle app = 0;
    wxo_text out = {0};
    WITH(options, "{\"appid\":\"wx1\",\"secret\":\"$0\",\"component_access_token\":\"$1\",\"sekret\":1}",
         MISUSE(wxo_app_new(options, len, &app, &out), out, "not_readable"));
    WITH(options, "{\"account\":\"website\",\"appid\":\"wx1\",\"secret\":\"$0\",\"component_access_token\":\"$1\"}",
         BAD(wxo_app_new(options, len, &app, &out), out, "configuration", "options"));
}

/* A stored grant whose tokens were read before something in it was found wrong. */
static void a_stored_grant_that_is_refused(void)
{
    wxo_text out = {0};
    WITH(stored, "{\"appid\":\"wx1\",\"openid\":\"o1\",\"access_token\":\"$3\",\"refresh_token\":\"$4\",\"scopes\":7}",
         MISUSE(wxo_grant_at(stored, len, NOW, &out), out, "not_readable"));
}

/* Looks through everything that can be written to. It allocates nothing, which would write over what was freed. */
static int found(void)
{
    static char maps[1 << 18], window[1 << 20];
    int any = 0, file = open("/proc/self/maps", O_RDONLY), memory = open("/proc/self/mem", O_RDONLY);
    size_t size = 0;
    ssize_t got;
    CHECK(file >= 0 && memory >= 0, "/proc");
    while ((got = read(file, maps + size, sizeof maps - 1 - size)) > 0) size += (size_t)got;
    CHECK(size < sizeof maps - 1, "room for the list");
    for (char *line = strtok(maps, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *rest;
        unsigned long from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);
        if (rest[2] != 'w') continue;
        for (; from < to; from += sizeof window - LENGTH) {
            size_t part = to - from < sizeof window ? to - from : sizeof window;
            got = pread(memory, window, part, (off_t)from);
            for (ssize_t at = 0; at + HALF <= got; at++)
                for (int secret = 0; secret < SECRETS; secret++) {
                    int place = HALF;
                    while (place < LENGTH && window[at + place - HALF] == letter(secret, place)) place++;
                    if (place < LENGTH) continue;
                    fprintf(stderr, "the %s is left in %s\n", names[secret], line);
                    any = 1;
                    memset(window + at, 0, HALF);
                }
        }
    }
    close(file);
    close(memory);
    return any;
}

int main(void)
{
    static char buffer[BUFSIZ];
    setvbuf(stderr, buffer, _IOLBF, sizeof buffer);
    /* It does find what is there. */
    char *there = made("$2");
    CHECK(found(), "what is there is found");
    gone(there);
    CHECK(!found(), "nothing is there before");
    a_login_and_what_follows();
    CHECK(!found(), "a login");
    a_long_document();
    CHECK(!found(), "a long document");
    options_that_are_refused();
    CHECK(!found(), "options that are refused");
    a_stored_grant_that_is_refused();
    CHECK(!found(), "a stored grant that is refused");
    puts("wiped: ok");
    return 0;
}
