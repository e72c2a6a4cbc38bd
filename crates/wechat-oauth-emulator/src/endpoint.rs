//! The eight endpoints of WeChat web authorization.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::message::Method;

/// One of WeChat's endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The page inside WeChat: `/connect/oauth2/authorize`.
    Authorize,
    /// The page with a QR code: `/connect/qrconnect`.
    Qrconnect,
    /// `/sns/oauth2/access_token`.
    Exchange,
    /// `/sns/oauth2/refresh_token`.
    Refresh,
    /// `/sns/auth`.
    Check,
    /// `/sns/userinfo`.
    Profile,
    /// `/sns/oauth2/component/access_token`.
    ComponentExchange,
    /// `/sns/oauth2/component/refresh_token`.
    ComponentRefresh,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 8] = [
        Self::Authorize,
        Self::Qrconnect,
        Self::Exchange,
        Self::Refresh,
        Self::Check,
        Self::Profile,
        Self::ComponentExchange,
        Self::ComponentRefresh,
    ];

    /// Its path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Authorize => "/connect/oauth2/authorize",
            Self::Qrconnect => "/connect/qrconnect",
            Self::Exchange => "/sns/oauth2/access_token",
            Self::Refresh => "/sns/oauth2/refresh_token",
            Self::Check => "/sns/auth",
            Self::Profile => "/sns/userinfo",
            Self::ComponentExchange => "/sns/oauth2/component/access_token",
            Self::ComponentRefresh => "/sns/oauth2/component/refresh_token",
        }
    }

    /// The endpoint at this path.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// Its name in JSON: `component_exchange`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Qrconnect => "qrconnect",
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Check => "check",
            Self::Profile => "profile",
            Self::ComponentExchange => "component_exchange",
            Self::ComponentRefresh => "component_refresh",
        }
    }

    /// Whether a browser opens it, and not the app's server.
    #[must_use]
    pub const fn is_page(self) -> bool {
        matches!(self, Self::Authorize | Self::Qrconnect)
    }

    /// `POST` of a form works where somebody saw it work: the plain exchange and refresh.
    pub(crate) const fn accepts(self, method: Method) -> bool {
        match method {
            Method::Get => true,
            Method::Post => matches!(self, Self::Exchange | Self::Refresh),
            Method::Head | Method::Delete | Method::Other => false,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
