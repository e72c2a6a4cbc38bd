//! A list of scopes keeps what was sent, and grants nothing that was not.

use wechat_oauth_core::{Scope, Scopes};

/// Takes WeChat's comma list.
///
/// # Panics
/// When an item is lost, made up or granted wrongly, when storage changes the list, or when showing it could break a
/// line.
pub fn scopes(data: &[u8]) {
    let list = String::from_utf8_lossy(data);
    let scopes = Scopes::parse(&list);
    let names: Vec<&str> = scopes.iter().collect();
    assert_eq!(names, list.split(',').filter(|item| !item.is_empty()).collect::<Vec<_>>());
    assert_eq!(Scopes::parse(&names.join(",")), scopes, "the empty items mean nothing");
    assert_eq!(scopes.is_empty(), names.is_empty());
    for scope in Scope::ALL {
        assert_eq!(scopes.contains(scope), names.contains(&scope.as_str()));
    }
    let reads_profile = names.iter().any(|name| matches!(*name, "snsapi_userinfo" | "snsapi_login"));
    assert_eq!(scopes.reads_profile(), reads_profile);
    for name in names {
        assert_eq!(name.parse().ok(), Scope::ALL.into_iter().find(|scope| scope.as_str() == name));
    }
    let stored = serde_json::to_string(&scopes).expect("texts");
    assert_eq!(serde_json::from_str::<Scopes>(&stored).expect("what was stored"), scopes);
    for shown in [scopes.to_string(), format!("{scopes:?}")] {
        assert!(!shown.contains(char::is_control), "{shown:?}");
    }
}
