// Drives a flow with libcurl.
#ifndef DRIVE_H
#define DRIVE_H

#include <wechat_oauth.h>

// Sends what the flow says, and waits where it says so: a sign-in, a renewal or a single call. It blocks until that is
// done. As every function of the library it gives a document: the outcome, or why there is none. The flow is not freed.
wxo_status drive(wxo_handle flow, wxo_text *out);

#endif
