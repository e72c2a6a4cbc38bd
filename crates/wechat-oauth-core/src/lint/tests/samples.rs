//! URLs as they are found in the wild.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// URLs of the shapes that documentation, other libraries and forum questions show, each under the name of its sample.
const SAMPLES: &[(&str, &str, &[&str])] = &[
    (
        "u-doc-base",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa2222bbbb&redirect_uri=https%3A%2F%2Fshop.example.com%2Fa%2Findex.php%3Fd%3D%26c%3Dauth%26tag%3D4_20_5&response_type=code&scope=snsapi_base&state=123#wechat_redirect",
        &[],
    ),
    (
        "u-doc-userinfo",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa2222bbbb&redirect_uri=http%3A%2F%2Fshop.example.com%2Foauth.php&response_type=code&scope=snsapi_userinfo&state=STATE#wechat_redirect",
        &["redirect_http"],
    ),
    (
        "u-doc-website",
        "https://open.weixin.qq.com/connect/qrconnect?appid=wx1111aaaa2222bbbb&redirect_uri=https%3A%2F%2Fshop.example.com%2Fback.do&response_type=code&scope=snsapi_login&state=3d6be0a4035d839573b04816624a415e#wechat_redirect",
        &["well_known_state"],
    ),
    (
        "u-doc-component",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=code&scope=MYSCOPE&state=STATE&component_appid=my_component#wechat_redirect",
        &["appid_shape", "appid_shape", "redirect_invalid", "scope_unknown"],
    ),
    (
        "u-node-3",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=myapp&redirect_uri=http%3A%2F%2Fblog.example.org%2F&response_type=code&scope=snsapi_userinfo&state=hi#wechat_redirect",
        &["appid_shape", "redirect_http"],
    ),
    (
        "u-node-5",
        "https://open.weixin.qq.com/connect/qrconnect?appid=myapp&redirect_uri=http%3A%2F%2Fblog.example.org%2F&response_type=code&scope=snsapi_login&state=hi#wechat_redirect",
        &["appid_shape", "redirect_http"],
    ),
    (
        "u-wechatpy-1",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=654321&redirect_uri=http%3A%2F%2Flocalhost&response_type=code&scope=snsapi_base#wechat_redirect",
        &["appid_shape", "state_missing"],
    ),
    (
        "u-wxjava",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=http%3A%2F%2Fwww.example.com&response_type=code&scope=sample&state=ODD&connect_redirect=1#wechat_redirect",
        &["appid_shape", "redirect_http", "scope_unknown"],
    ),
    (
        "u-senparc-2",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&forcePopup=true#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-senparc-3",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&forcePopup=false#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-senparc-4",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&connect_redirect=1#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-senparc-5",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYAPPID&redirect_uri=MY_URI&response_type=CODE&scope=snsapi_userinfo&state=STATE&forcePopup=true&connect_redirect=1#wechat_redirect",
        &["appid_shape", "redirect_invalid", "response_type"],
    ),
    (
        "u-nsoc-1",
        "https://open.weixin.qq.com/connect/qrconnect?appid=my-app&redirect_uri=http%3A%2F%2Fwww.example.com%2Fback&scope=snsapi_login&response_type=code&connect_redirect=1#wechat_redirect",
        &["unknown_parameter", "order", "appid_shape", "redirect_http", "state_missing"],
    ),
    (
        "u-wecom-overtrue",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=MYCORP&redirect_uri=MY_URI&response_type=code&scope=snsapi_base#wechat_redirect",
        &["appid_shape", "redirect_invalid", "state_missing"],
    ),
    (
        "u-wecom-doc-lowerhex",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxMyCorp&redirect_uri=http%3a%2f%2fapi.example.com%2fquery%3faction%3dget&response_type=code&scope=snsapi_base&state=#wechat_redirect",
        &["appid_shape", "redirect_http", "state_empty"],
    ),
    (
        "u-bad-param-after-fragment",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa****&redirect_uri=http%3A%2F%2Fwww.example.com%2Flogin.do%3Fid%3D2%26appId%3D200&response_type=code&scope=snsapi_userinfo&connect_redirect=1&state=wx1111_35b6****#wechat_redirect&forcePopup=true",
        &["order", "appid_shape", "redirect_http", "state_alphabet", "after_fragment"],
    ),
    (
        "u-bad-partial-encoding",
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1111aaaa2222bbbb&redirect_uri=https%3A//www.example.com/back.aspx%3F&response_type=code&scope=snsapi_userinfo&state=1#wechat_redirect&connect_redirect = 1",
        &["partly_encoded", "after_fragment"],
    ),
];

#[test]
fn urls_as_they_are_found_in_the_wild_get_what_they_deserve() {
    for (name, url, expected) in SAMPLES {
        assert_eq!(codes(url), *expected, "{name}");
    }
}

/// The collection of observed bodies and URLs lies beside the repository on machines that have it; the shapes of its
/// URLs are all in [`SAMPLES`].
#[test]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads a file, and says when it cannot"
)]
fn the_collected_urls_get_the_same() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/wire/samples.jsonl");
    let Ok(records) = std::fs::read_to_string(file) else {
        eprintln!("no collection here: its URLs were not read");
        return;
    };
    let mut read = BTreeSet::new();
    for record in records.lines() {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        let (id, body) = (record["id"].as_str().unwrap(), record["body"].as_str().unwrap_or_default());
        if !id.starts_with("u-") {
            continue;
        }
        let (_, _, expected) = SAMPLES.iter().find(|(name, ..)| *name == id).expect(id);
        assert_eq!(codes(body), *expected, "{id}");
        read.insert(id.to_owned());
    }
    assert_eq!(read.len(), SAMPLES.len());
}
