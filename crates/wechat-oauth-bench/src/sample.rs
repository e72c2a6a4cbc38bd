//! What both sides work on: values in the shape and length of real ones, and nobody's.

use std::hint::black_box;

/// The configuration and the wire of one login.
#[derive(Debug)]
pub struct Sample {
    /// The appid.
    pub appid: String,
    /// The app secret.
    pub secret: String,
    /// The redirect URI.
    pub redirect_uri: String,
    /// The state.
    pub state: String,
    /// The code.
    pub code: String,
    /// The URL that the browser comes back to.
    pub callback: String,
    /// The answer to the exchange.
    pub tokens: Vec<u8>,
    /// The same answer with the `token_type` that `oauth2` cannot do without, and WeChat does not send.
    pub tokens_with_type: Vec<u8>,
    /// The answer with the profile.
    pub profile: Vec<u8>,
    /// Where [a server](crate::server) answers with `tokens`, for the transports.
    pub server: String,
}

/// Where people consent.
pub const AUTHORIZE_PAGE: &str = "https://open.weixin.qq.com/connect/oauth2/authorize";

/// Where the code is exchanged.
pub const EXCHANGE: &str = "https://api.weixin.qq.com/sns/oauth2/access_token";

/// Where the profile is read.
pub const PROFILE: &str = "https://api.weixin.qq.com/sns/userinfo";

impl Sample {
    /// The same values each time, hidden from the optimiser, with a server at this origin.
    #[must_use]
    pub fn new(server: &str) -> Self {
        let state = "0123456789abcdef".repeat(4);
        let code = "041a1b2c3d4e5f6g7h8i9j0k1l2m3n4o".to_owned();
        let token = |kind: &str| format!("77_{kind}{}", "-Abc_123".repeat(11));
        let tokens = format!(
            r#"{{"access_token":"{}","expires_in":7200,"refresh_token":"{}","openid":"oBenchBenchBenchBenchBench00","scope":"snsapi_userinfo","unionid":"oUnionUnionUnionUnionUnion00"}}"#,
            token("a"),
            token("r")
        );
        let profile = r#"{"openid":"oBenchBenchBenchBenchBench00","nickname":"测试用户","sex":0,"language":"","city":"","province":"","country":"","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKl\/132","privilege":[],"unionid":"oUnionUnionUnionUnionUnion00"}"#;
        black_box(Self {
            appid: "wx0123456789abcdef".to_owned(),
            secret: "0123456789abcdef0123456789abcdef".to_owned(),
            redirect_uri: "https://www.example.com/login/wechat/callback?next=%2Faccount".to_owned(),
            callback: format!(
                "https://www.example.com/login/wechat/callback?next=%2Faccount&code={code}&state={state}"
            ),
            state,
            code,
            tokens_with_type: tokens.replace('}', r#","token_type":"bearer"}"#).into_bytes(),
            tokens: tokens.into_bytes(),
            profile: profile.as_bytes().to_vec(),
            server: server.to_owned(),
        })
    }
}
