// Signs a person in with WeChat, and renews the grant. `wechat-oauth emulator --auto-consent` says what to give it:
//
//	WECHAT_APP_SECRET=... go run . http://127.0.0.1:8787 wx...
package main

// #cgo pkg-config: wechat-oauth-c
// #include <wechat_oauth.h>
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: WECHAT_APP_SECRET=... login BASE_URL APPID")
		os.Exit(2)
	}
	ctx, baseURL, appid, secret := context.Background(), os.Args[1], os.Args[2], os.Getenv("WECHAT_APP_SECRET")
	var app, code, flow, renewal C.wxo_handle
	var out C.wxo_text

	// Once, at the start. Without "base_url" it is WeChat itself that people sign in with.
	options := fmt.Sprintf(`{"account":"official_account","appid":%q,"secret":%q,"base_url":%q}`, appid, secret, baseURL)
	must(read(C.wxo_app_new(text(options), size(options), &app, &out), &out, nil))
	defer C.wxo_handle_free(app)

	// Out: the browser goes to the URL, and Pending stays in its session.
	var begun struct {
		URL     string
		Pending json.RawMessage
	}
	login := `{"scope":"snsapi_userinfo","redirect_uri":"http://localhost:3000/callback"}`
	must(read(C.wxo_begin(app, text(login), size(login), &out), &out, &begun))

	// What the browser does: WeChat sends it back to the site.
	response, err := get(ctx, begun.URL)
	must(err)
	response.Body.Close()
	callback := response.Header.Get("Location")

	// Back: the callback, and what stayed in the session of the browser that brings it.
	pending := string(begun.Pending)
	must(read(C.wxo_accept(text(pending), size(pending), text(callback), size(callback), &code, &out), &out, nil))
	defer C.wxo_handle_free(code)
	must(read(C.wxo_sign_in(app, code, nil, 0, &flow, &out), &out, nil))
	defer C.wxo_handle_free(flow)
	var person struct {
		Openid      string
		Profile     struct{ Nickname string }
		StoredGrant json.RawMessage `json:"stored_grant"`
	}
	must(drive(ctx, flow, &person))
	if person.Openid == "" {
		fmt.Println("a visitor of a snapshot page: nobody")
		return
	}
	fmt.Printf("signed in: %s, %s\n", person.Openid, person.Profile.Nickname)

	// Hours later: what was stored, renewed.
	stored := string(person.StoredGrant)
	must(read(C.wxo_renew(app, text(stored), size(stored), &renewal, &out), &out, nil))
	defer C.wxo_handle_free(renewal)
	must(drive(ctx, renewal, nil))
	fmt.Println("renewed")
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
