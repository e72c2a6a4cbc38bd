//! Authorize URLs as they are found in other people's code.

use serde_json::{Value, json};

use super::{Asked, ask, with};

const GOOD: &str = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&redirect_uri=https%3A%2F%2Fexample.com%2Fcb&response_type=code&scope=snsapi_base&state=S7ate#wechat_redirect";
const QR: &str = "https://open.weixin.qq.com/connect/qrconnect?appid=wxfedcba9876543210&redirect_uri=https%3A%2F%2Fexample.com%2Fcb&response_type=code&scope=snsapi_login&state=S7ate#wechat_redirect";

fn lint(name: &str, url: &str) -> Asked {
    ask(name, "lint", json!({"url": url}))
}

/// The good one with a part replaced.
fn changed(name: &str, from: &str, to: &str) -> Asked {
    lint(name, &GOOD.replace(from, to))
}

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = vec![
        lint("nothing is wrong with a good URL", GOOD),
        lint("spaces around a URL are nothing", &format!(" {GOOD}\n")),
        lint(
            "an emulator's page is read like WeChat's",
            &GOOD.replace("https://open.weixin.qq.com", "http://127.0.0.1:8080"),
        ),
        lint("another site's page", "https://example.com/connect/oauth2/authorize?appid=wx1"),
        lint("another page of WeChat", "https://open.weixin.qq.com/connect/confirm?uuid=1"),
        lint("nothing to lint", ""),
        lint(
            "a URL of control characters",
            "https://open.weixin.qq.com/connect/oauth2/authorize?a\u{0}=\u{1b}&\u{202e}",
        ),
        changed("no appid", "appid=wx0123456789abcdef&", ""),
        changed("an empty appid", "wx0123456789abcdef", ""),
        changed("no redirect URI", "redirect_uri=https%3A%2F%2Fexample.com%2Fcb&", ""),
        changed("an unknown scope", "snsapi_base", "snsapi_privateinfo"),
        changed("two scopes", "snsapi_base", "snsapi_base,snsapi_userinfo"),
        changed("a scope that is misspelt", "snsapi_base", "snsapi_userInfo"),
        changed("a scope of the other page", "snsapi_base", "snsapi_login"),
        changed("no state", "&state=S7ate", ""),
        changed("an empty state", "S7ate", ""),
        changed("a state of 129 characters", "S7ate", &"a".repeat(129)),
        changed("a state of other characters", "S7ate", "a-b%20c"),
        changed("the state of the documentation", "S7ate", "3d6be0a4035d839573b04816624a415e"),
        changed("no fragment", "#wechat_redirect", ""),
        changed("a parameter behind the fragment", "#wechat_redirect", "#wechat_redirect&forcePopup=true"),
        changed("a repeated parameter", "&scope", "&appid=wx0123456789abcdef&scope"),
        changed("an unknown parameter", "&scope", "&redirectUri=1&scope"),
        changed("a parameter in other letters", "response_type", "Response_Type"),
        lint(
            "the wrong order",
            "https://open.weixin.qq.com/connect/oauth2/authorize?scope=snsapi_base&appid=wx0123456789abcdef&response_type=code&redirect_uri=https%3A%2F%2Fexample.com%2Fcb&state=S7ate#wechat_redirect",
        ),
        lint("the QR page without its fragment", &QR.replace("#wechat_redirect", "")),
        lint("the QR page with a scope of the other page", &QR.replace("snsapi_login", "snsapi_userinfo")),
        lint(
            "the QR page as wxLogin.js asks for it",
            "https://open.weixin.qq.com/connect/qrconnect?appid=wxfedcba9876543210&scope=snsapi_login&redirect_uri=https%3A%2F%2Fexample.com%2Fcb&state=S7ate&login_type=jssdk&self_redirect=default",
        ),
        lint("a component's URL", &GOOD.replace("#", "&component_appid=wxc0000000000000000#")),
        lint(
            "everything wrong at once",
            "https://open.weixin.qq.com/connect/oauth2/authorize?state=&scope=snsapi_login,x&response_type=&redirect_uri=http://1.2.3.4:80/?code=1&appid=wx#wechat_redirect&a=1",
        ),
    ];
    let redirect = |name, redirect_uri: &str| changed(name, "https%3A%2F%2Fexample.com%2Fcb", redirect_uri);
    asked.extend([
        redirect("a redirect URI that is not encoded", "https://example.com/cb?a=1"),
        redirect("a redirect URI that is encoded in part", "https%3A//example.com/cb"),
        redirect("a redirect URI that is encoded twice", "https%253A%252F%252Fexample.com%252Fcb"),
        redirect("a redirect URI that is badly encoded", "https%3A%2F%2Fexample.com%2F%zz"),
        redirect("a redirect URI over http", "http%3A%2F%2Fexample.com%2Fcb"),
        redirect("a redirect URI with a port", "https%3A%2F%2Fexample.com%3A8443%2Fcb"),
        redirect("a redirect URI with a fragment", "https%3A%2F%2Fexample.com%2F%23%2Froute"),
        redirect("a redirect URI with a code of its own", "https%3A%2F%2Fexample.com%2F%3Fcode%3D1"),
    ]);
    let domain = |name, domain: &str, more: Value| {
        ask(name, "lint", with(json!({"url": GOOD, "domain": domain}), more))
    };
    asked.extend([
        domain("the domain in the console fits", "example.com", json!({})),
        domain("the domain in the console is another", "www.example.com", json!({})),
        domain("the domain in the console was written with a scheme", "https://example.com", json!({})),
        domain("the domain in the console was written in capital letters", "Example.COM", json!({})),
        domain("the domain in the console has a path", "example.com/cb", json!({})),
        domain("the domain in the console is an IP address", "192.0.2.7", json!({})),
        domain("the domain in the console is Chinese", "例子.测试", json!({})),
        domain("the domain in the console is empty", "", json!({})),
        domain("the domain of a website app", "example.com", json!({"url": QR})),
    ]);
    asked
}
