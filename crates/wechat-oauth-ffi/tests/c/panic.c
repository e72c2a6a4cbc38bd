/* A panic inside the library is a document, and costs no more than the flow that it happened in. Needs a library that
 * was built with the feature panic-for-tests. */
#include "test.h"

wxo_status wxo_panic_for_tests(wxo_handle flow, wxo_text *out);

int main(void)
{
    wxo_handle app = new_app(), broken = new_check(app), other = new_check(app);
    wxo_text out = {0};

    /* With the table of handles locked: the table goes on. */
    CHECK(wxo_panic_for_tests(0, &out) == WXO_ERROR, out.data);
    CHECK(strstr(out.data, "canary") == NULL, out.data);
    wxo_text copy = out;
    MISUSE(WXO_ERROR, out, "panicked");
    wxo_text_free(&copy);
    GOOD(wxo_begin(app, TEXT(LOGIN), &out), out, "{\"url\":");

    /* With a flow locked: that flow is over, and others are not. */
    MISUSE(wxo_panic_for_tests(broken, &out), out, "panicked");
    MISUSE(wxo_flow_step(broken, &out), out, "panicked");
    MISUSE(wxo_flow_finish(broken, &out), out, "panicked");
    MISUSE(wxo_panic_for_tests(app, &out), out, "wrong_handle");
    GOOD(wxo_flow_answer(other, 200, TEXT(VALID), NOW, &out), out, "{\"step\":\"done\"}");
    GOOD(wxo_flow_finish(other, &out), out, "{\"valid\":true}");

    CHECK(wxo_panic_for_tests(0, NULL) == WXO_ERROR, "nobody has to take the document");
    CHECK(wxo_handle_free(broken) == WXO_OK && wxo_handle_free(other) == WXO_OK, "both are freed");
    CHECK(wxo_handle_free(app) == WXO_OK, "the app is freed");
    puts("panic: ok");
    return 0;
}
