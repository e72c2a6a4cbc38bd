// The header declares what a C++ program can link to.
#include <cstdio>
#include <string>

#include "wechat_oauth.h"

int main()
{
    const std::string user_agent = "Mozilla/5.0 MicroMessenger/8.0.40";
    wxo_text out{};
    const bool good = wxo_browser_kind(user_agent.data(), user_agent.size(), &out) == WXO_OK &&
                      std::string(out.data, out.len) == "{\"browser\":\"wechat\"}";
    wxo_text_free(&out);
    std::puts(good ? "link: ok" : "link: failed");
    return good ? 0 : 1;
}
