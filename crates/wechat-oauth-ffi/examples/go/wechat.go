// Texts and documents between Go and the library: a file to copy.
package main

// #cgo pkg-config: wechat-oauth-c
// #include <wechat_oauth.h>
import "C"

import (
	"encoding/json"
	"unsafe"
)

// Failure is why there is no document. Error gives what is for logs; Document may hold tokens.
type Failure struct {
	Report   json.RawMessage `json:"error"`
	Advice   string          `json:"advice"`
	Document []byte          `json:"-"`
}

func (f *Failure) Error() string { return string(f.Report) + "\n" + f.Advice }

// A text takes two arguments, text(s) and size(s). The library keeps neither.
func text(s string) *C.char  { return (*C.char)(unsafe.Pointer(&append([]byte(s), 0)[0])) }
func size(s string) C.size_t { return C.size_t(len(s)) }

// read reads the document that a function gave out, unless it is nil, and frees it there.
func read(status C.wxo_status, out *C.wxo_text, document any) error {
	defer C.wxo_text_free(out)
	given := C.GoBytes(unsafe.Pointer(out.data), C.int(out.len))
	if status == C.WXO_OK && document == nil {
		return nil
	} else if status == C.WXO_OK {
		return json.Unmarshal(given, document)
	}
	failure := Failure{Document: given}
	if err := json.Unmarshal(given, &failure); err != nil {
		return err
	}
	return &failure
}
