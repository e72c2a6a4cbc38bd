//! The refusals of the API: the codes, and their texts as they were seen on the wire.

/// A refusal, before its request id is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: i64,
    pub(crate) text: &'static str,
}

impl ApiError {
    pub(crate) const BUSY: Self = Self::new(-1, "system error");
    pub(crate) const INVALID_ACCESS_TOKEN: Self =
        Self::new(40001, "invalid credential, access_token is invalid or not latest");
    pub(crate) const INVALID_GRANT_TYPE: Self = Self::new(40002, "invalid grant_type");
    pub(crate) const INVALID_OPENID: Self = Self::new(40003, "invalid openid");
    pub(crate) const INVALID_APPID: Self = Self::new(40013, "invalid appid");
    pub(crate) const MALFORMED_ACCESS_TOKEN: Self = Self::new(40014, "invalid access_token");
    pub(crate) const INVALID_CODE: Self = Self::new(40029, "invalid code");
    pub(crate) const INVALID_REFRESH_TOKEN: Self = Self::new(40030, "invalid refresh_token");
    pub(crate) const INVALID_SECRET: Self = Self::new(40125, "invalid appsecret");
    pub(crate) const CODE_USED: Self = Self::new(40163, "code been used");
    pub(crate) const ACCESS_TOKEN_MISSING: Self = Self::new(41001, "access_token missing");
    pub(crate) const APPID_MISSING: Self = Self::new(41002, "appid missing");
    pub(crate) const REFRESH_TOKEN_MISSING: Self = Self::new(41003, "refresh_token missing");
    pub(crate) const SECRET_MISSING: Self = Self::new(41004, "appsecret missing");
    pub(crate) const CODE_MISSING: Self = Self::new(41008, "missing code");
    pub(crate) const OPENID_MISSING: Self = Self::new(41009, "missing openid");
    pub(crate) const ACCESS_TOKEN_EXPIRED: Self = Self::new(42001, "access_token expired");
    pub(crate) const REQUIRES_GET: Self = Self::new(43001, "require GET method");
    pub(crate) const MINUTE_QUOTA: Self =
        Self::new(45011, "api minute-quota reach limit, must slower, retry next minute");
    pub(crate) const UNAUTHORIZED: Self = Self::new(48001, "api unauthorized");
    pub(crate) const NOT_AUTHORIZED_TO_COMPONENT: Self =
        Self::new(61003, "component is not authorized by this account");
    pub(crate) const INVALID_COMPONENT: Self = Self::new(61011, "invalid component");
    pub(crate) const COMPONENT_TOKEN_WANTED: Self =
        Self::new(61014, "must use component token for component api");

    const fn new(code: i64, text: &'static str) -> Self {
        Self { code, text }
    }
}
