//! What a case is.

use std::fmt;

use serde::{Deserialize, Serialize};
use wechat_oauth_emulator::AccountKind;

use crate::judge::Stop;
use crate::stage::Stage;

/// A text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bilingual {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

macro_rules! areas {
    ($($variant:ident, $name:literal, $en:literal, $zh:literal;)*) => {
        /// What a case is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Area {
            $(
                #[doc = concat!($en, ".")]
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl Area {
            /// Every area, in the order of the report.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in JSON: `double-delivery`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What people read.
            #[must_use]
            pub const fn title(self) -> Bilingual {
                match self { $(Self::$variant => Bilingual { en: $en, zh: $zh },)* }
            }
        }
    };
}

areas! {
    Identity, "identity", "Identity", "身份";
    Snapshot, "snapshot", "Snapshot visitors", "快照页";
    State, "state", "State", "state 校验";
    AuthorizeUrl, "authorize-url", "Authorize URL", "授权链接";
    Callback, "callback", "Callback", "授权回调";
    DoubleDelivery, "double-delivery", "Double delivery", "重复回调与重复请求";
    Errors, "errors", "Errors", "错误应答";
    Tokens, "tokens", "Tokens", "凭证与刷新";
    Encodings, "encodings", "Encodings", "编码与转义";
    Sizes, "sizes", "Sizes", "应答大小";
    Time, "time", "Time", "超时与时间";
    Redirects, "redirects", "Redirects", "重定向";
    Leaks, "leaks", "Leaks", "泄露";
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which account the client signs people in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// The official account; the website where a client has no login for official accounts.
    Any,
    /// Only this kind: the case makes no sense elsewhere.
    Only(AccountKind),
}

/// One thing that goes wrong, and what a safe client does then.
#[derive(Clone, Copy)]
pub struct Case {
    pub(crate) name: &'static str,
    pub(crate) area: Area,
    pub(crate) threat: Bilingual,
    pub(crate) account: Account,
    /// Whether an official account's login asks for `snsapi_base` alone.
    pub(crate) base: bool,
    pub(crate) script: fn(&mut Stage) -> Result<(), Stop>,
}

impl Case {
    /// Its name: `openid-swapped-in-profile`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it is about.
    #[must_use]
    pub const fn area(&self) -> Area {
        self.area
    }

    /// What happens to a client that is not safe, in one sentence.
    #[must_use]
    pub const fn threat(&self) -> Bilingual {
        self.threat
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("area", &self.area).finish_non_exhaustive()
    }
}

/// A case of the lists: everything but the script is plain data.
pub(crate) const fn case(
    area: Area,
    name: &'static str,
    en: &'static str,
    zh: &'static str,
    script: fn(&mut Stage) -> Result<(), Stop>,
) -> Case {
    Case { name, area, threat: Bilingual { en, zh }, account: Account::Any, base: false, script }
}

impl Case {
    pub(crate) const fn official(mut self) -> Self {
        self.account = Account::Only(AccountKind::OfficialAccount);
        self
    }

    pub(crate) const fn website(mut self) -> Self {
        self.account = Account::Only(AccountKind::Website);
        self
    }

    pub(crate) const fn base(mut self) -> Self {
        self.base = true;
        self.official()
    }
}
