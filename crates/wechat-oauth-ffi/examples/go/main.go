// WECHAT_APP_SECRET=... go run . BASE_URL APPID: the last two are what `wechat-oauth emulator --auto-consent` says.
package main

// #cgo pkg-config: wechat-oauth-c
// #include <wechat_oauth.h>
import "C"
import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
	"unsafe"
)

// No connection is kept: when one turns out closed, net/http sends its request again, and a code works once.
var transport = http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
var client = http.Client{Transport: &transport, CheckRedirect: stay, Timeout: 5 * time.Second}
var out C.wxo_text

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
func text(s string) *C.char                     { return (*C.char)(unsafe.Pointer(&append([]byte(s), 0)[0])) }
func size(s string) C.size_t                    { return C.size_t(len(s)) }

// must reads a document. An error ends the program: "error" and "advice" are for logs, the rest of it may hold tokens.
func must(status C.wxo_status) (said struct {
	URL, Step, Openid, Advice string
	Pending, Error            json.RawMessage
	Milliseconds              time.Duration
}) {
	said.Openid = "nobody" // unless it names somebody: the visitor of a snapshot page has no openid
	json.Unmarshal(C.GoBytes(unsafe.Pointer(out.data), C.int(out.len)), &said)
	C.wxo_text_free(&out)
	if status != C.WXO_OK {
		fmt.Fprintf(os.Stderr, "%s\n%s\n", said.Error, said.Advice)
		os.Exit(1)
	}
	return said
}

// get gives the status, the body and the redirect of an answer. An error of net/http is not for logs: it names the URL.
func get(url string) (status C.int32_t, body, location string, err error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, "", "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, C.WXO_MAX_BODY+1))
	return C.int32_t(response.StatusCode), string(read), response.Header.Get("Location"), err
}

func main() {
	var app, code, flow C.wxo_handle
	base, appid, secret := os.Args[1], os.Args[2], os.Getenv("WECHAT_APP_SECRET")
	options := fmt.Sprintf(`{"account":"official_account","appid":%q,"secret":%q,"base_url":%q}`, appid, secret, base)
	must(C.wxo_app_new(text(options), size(options), &app, &out))
	login := `{"scope":"snsapi_userinfo","redirect_uri":"http://localhost:3000/callback"}`
	begun := must(C.wxo_begin(app, text(login), size(login), &out))
	_, _, callback, _ := get(begun.URL) // as the browser does
	pending := string(begun.Pending)    // from the session of the browser that brings the callback
	must(C.wxo_accept(text(pending), size(pending), text(callback), size(callback), &code, &out))
	for step := must(C.wxo_sign_in(app, code, nil, 0, &flow, &out)); step.Step != "done"; {
		sentAt := C.uint64_t(time.Now().Unix())
		if step.Step == "wait" {
			time.Sleep(step.Milliseconds * time.Millisecond)
			step = must(C.wxo_flow_waited(flow, &out))
		} else if status, body, _, err := get(step.URL); err == nil {
			step = must(C.wxo_flow_answer(flow, status, text(body), size(body), sentAt, &out))
		} else {
			reason := map[bool]string{true: "timeout", false: "other"}[os.IsTimeout(err)]
			step = must(C.wxo_flow_lost(flow, text(reason), size(reason), text("request"), size("request"), &out))
		}
	}
	fmt.Println("signed in:", must(C.wxo_flow_finish(flow, &out)).Openid)
	C.wxo_handle_free(flow)
	C.wxo_handle_free(code)
	C.wxo_handle_free(app)
}
