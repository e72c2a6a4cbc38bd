/* A program that frees nothing. At its end all of that must still be in the library's tables, so valgrind and the
 * sanitizers find it reachable: what is forgotten is never lost. */
#include "test.h"

int main(void)
{
    wxo_handle app = new_app(), code = new_code(), flow = 0;
    wxo_text out = {0};
    for (int i = 0; i < 100; i++) {
        new_code();
        new_check(app);
        CHECK(wxo_begin(app, TEXT(LOGIN), &out) == WXO_OK, out.data);
        CHECK(wxo_explain(40029, &out) == WXO_OK, out.data);
    }
    CHECK(wxo_sign_in(app, code, NULL, 0, &flow, &out) == WXO_OK, out.data);
    CHECK(wxo_flow_answer(flow, 200, TEXT(GRANT), NOW, &out) == WXO_OK, out.data);
    puts("forget: ok");
    return 0;
}
