/* Lies about a length, so that the library reads behind the end: to see that the sanitizer watches the library too. */
#include "test.h"

int main(void)
{
    wxo_text out = {0};
    char *text = malloc(8);
    CHECK(text != NULL, "memory");
    memset(text, ' ', 8);
    wxo_status status = wxo_browser_kind(text, 64, &out);
    wxo_text_free(&out);
    free(text);
    printf("overrun: status %d\n", (int)status);
    return 0;
}
