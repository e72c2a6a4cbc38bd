// Drives a flow with net/http: a file to copy.
package main

// #cgo pkg-config: wechat-oauth-c
// #include <wechat_oauth.h>
import "C"

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// No connection is kept: when one turns out closed, net/http sends its request again, and a code works once.
var client = http.Client{
	Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// drive drives a sign-in, a renewal or a single call, and reads its outcome.
func drive(ctx context.Context, flow C.wxo_handle, outcome any) error {
	var out C.wxo_text
	for status := C.wxo_flow_step(flow, &out); ; {
		var step struct {
			Step, URL    string
			Milliseconds time.Duration
		}
		if err := read(status, &out, &step); err != nil {
			return err
		}
		switch step.Step {
		case "send":
			status = send(ctx, flow, step.URL, &out)
		case "wait":
			time.Sleep(step.Milliseconds * time.Millisecond)
			status = C.wxo_flow_waited(flow, &out)
		case "done":
			return read(C.wxo_flow_finish(flow, &out), &out, outcome)
		}
	}
}

// send sends a request, and tells the flow what came of it. An error of net/http names the URL: it is not for logs.
func send(ctx context.Context, flow C.wxo_handle, url string, out *C.wxo_text) C.wxo_status {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	sentAt, reason, phase := time.Now().Unix(), "connect", "connect"
	trace := httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reason, phase = "closed", "request" }}
	response, err := get(httptrace.WithClientTrace(ctx, &trace), url)
	if err == nil {
		defer response.Body.Close()
		var body []byte
		body, err = io.ReadAll(io.LimitReader(response.Body, C.WXO_MAX_BODY+1))
		if err == nil {
			body, status := string(body), C.int32_t(response.StatusCode)
			return C.wxo_flow_answer(flow, status, text(body), size(body), C.uint64_t(sentAt), out)
		}
		phase = "body"
	}
	if ctx.Err() != nil {
		reason = "timeout"
	}
	return C.wxo_flow_lost(flow, text(reason), size(reason), text(phase), size(phase), out)
}

func get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(request)
}
