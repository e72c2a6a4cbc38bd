// Drives a flow with libcurl: a file to copy. Documents are read with cJSON; any JSON library will do.
#include "drive.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define TEXT(text) (text), strlen(text)

struct body {
    size_t len;
    char bytes[WXO_MAX_BODY + 1];
};

static size_t keep(char *bytes, size_t one, size_t count, void *into)
{
    struct body *body = into;
    size_t room = sizeof body->bytes - body->len, len = one * count < room ? one * count : room;
    memcpy(body->bytes + body->len, bytes, len);
    body->len += len;
    return len; // curl stops when this is less than what came
}

static wxo_status lost(wxo_handle flow, CURLcode result, int sent, int answered, wxo_text *out)
{
    const char *reason = result == CURLE_COULDNT_RESOLVE_HOST ? "resolve"
                         : result == CURLE_OPERATION_TIMEDOUT ? "timeout"
                         : result == CURLE_COULDNT_CONNECT    ? "connect"
                         : sent                               ? "closed"
                                                              : "tls";
    return wxo_flow_lost(flow, TEXT(reason), TEXT(answered ? "body" : sent ? "request" : "connect"), out);
}

// A handle for each request: curl repeats one by itself when a kept connection turns out closed, and a code works once.
static wxo_status send_request(wxo_handle flow, const char *url, wxo_text *out)
{
    struct body body = {0};
    long status = 0;
    curl_off_t sent = 0;
    uint64_t sent_at = (uint64_t)time(NULL);
    CURL *curl = curl_easy_init(); // follows no redirect
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent); // 0: it never got to sending
    curl_easy_cleanup(curl);
    if (result != CURLE_OK && body.len <= WXO_MAX_BODY)
        return lost(flow, result, sent > 0, status > 0, out);
    return wxo_flow_answer(flow, (int32_t)status, body.bytes, body.len, sent_at, out);
}

wxo_status drive(wxo_handle flow, wxo_text *out)
{
    wxo_status status = wxo_flow_step(flow, out);
    while (status == WXO_OK) {
        cJSON *step = cJSON_Parse(out->data);
        const cJSON *url = cJSON_GetObjectItem(step, "url");
        const cJSON *wait = cJSON_GetObjectItem(step, "milliseconds");
        int done = url == NULL && wait == NULL;
        wxo_text_free(out);
        if (url != NULL) {
            status = send_request(flow, url->valuestring, out);
        } else if (wait != NULL) {
            poll(NULL, 0, wait->valueint);
            status = wxo_flow_waited(flow, out);
        }
        cJSON_Delete(step);
        if (done) return wxo_flow_finish(flow, out);
    }
    return status;
}
