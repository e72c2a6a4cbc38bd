//! Scopes: what a login asks for ([`Scope`]), and what WeChat says it granted ([`Scopes`]).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::read_by_name;

/// What a login asks for.
///
/// | scope | page | the person sees | the profile |
/// |---|---|---|---|
/// | [`Base`](Self::Base) | official page, inside WeChat | nothing | refused (48001) |
/// | [`UserInfo`](Self::UserInfo) | official page, inside WeChat | a consent page | readable |
/// | [`Login`](Self::Login) | QR page, on a desktop | a QR code | readable |
///
/// Official page: <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// `snsapi_base`: silent, only the openid.
    #[serde(rename = "snsapi_base")]
    Base,
    /// `snsapi_userinfo`: with consent, the profile too.
    #[serde(rename = "snsapi_userinfo")]
    UserInfo,
    /// `snsapi_login`: a website app's login by QR code.
    #[serde(rename = "snsapi_login")]
    Login,
}

impl Scope {
    /// Every scope that can be asked for.
    pub const ALL: [Self; 3] = [Self::Base, Self::UserInfo, Self::Login];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
            Self::Login => "snsapi_login",
        }
    }

    /// Whether a token of this scope reads the profile.
    #[must_use]
    pub const fn reads_profile(self) -> bool {
        !matches!(self, Self::Base)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

read_by_name!(Scope, 3, "scope");

/// The scopes that WeChat says it granted: a list as it was really sent, empty items (a trailing comma) dropped and
/// unknown names kept.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Scopes(Vec<Box<str>>);

impl Scopes {
    /// Reads WeChat's comma list. Nothing is refused: unknown names are kept as they are.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        Self(list.split(',').filter(|item| !item.is_empty()).map(Box::from).collect())
    }

    /// Whether the scope was granted.
    #[must_use]
    pub fn contains(&self, scope: Scope) -> bool {
        self.iter().any(|name| name == scope.as_str())
    }

    /// Whether any of them reads the profile.
    #[must_use]
    pub fn reads_profile(&self) -> bool {
        Scope::ALL.into_iter().any(|scope| scope.reads_profile() && self.contains(scope))
    }

    /// The names in the order sent. Unknown ones are text from the wire: untrusted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether the list names no scope at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<String>> for Scopes {
    fn from(names: Vec<String>) -> Self {
        Self::parse(&names.join(","))
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(vec![scope.as_str().into()])
    }
}

/// WeChat's own form, a comma list, with what could disturb a log escaped.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{}", crate::text::Escaped(name))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_trailing_comma_adds_no_scope() {
        let scopes = Scopes::parse("snsapi_base,snsapi_userinfo,");
        assert_eq!(scopes.iter().collect::<Vec<_>>(), ["snsapi_base", "snsapi_userinfo"]);
        assert!(scopes.reads_profile());
        assert!(Scopes::parse(",").is_empty());
    }

    #[test]
    fn unknown_names_are_kept_and_grant_nothing() {
        let scopes = Scopes::parse("snsapi_privateinfo,SNSAPI_USERINFO, snsapi_userinfo");
        assert_eq!(scopes.iter().count(), 3);
        assert!(!scopes.reads_profile());
    }

    #[test]
    fn only_the_three_names_are_scopes() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert!("snsapi_userinfo,".parse::<Scope>().is_err());
    }

    #[test]
    fn a_hostile_name_is_shown_escaped_and_debug_shows_the_list() {
        let scopes = Scopes::parse("snsapi_base,a\nb");
        assert_eq!(scopes.to_string(), "snsapi_base,a\\u{a}b");
        assert_eq!(format!("{scopes:?}"), "Scopes(snsapi_base,a\\u{a}b)");
    }

    proptest! {
        #[test]
        fn printing_and_parsing_a_list_changes_nothing(names in prop::collection::vec("[a-z_]{1,12}", 0..6)) {
            let list = names.join(",");
            let scopes = Scopes::parse(&list);
            prop_assert_eq!(scopes.to_string(), list);
            prop_assert_eq!(scopes.iter().collect::<Vec<_>>(), names);
        }
    }
}
