//! Consent: what each person has granted each account.

use std::collections::BTreeMap;

use wechat_oauth_core::{AppId, Scope};

/// The widest scope that each person ever granted each account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Consents(BTreeMap<(AppId, String), Scope>);

impl Consents {
    pub(crate) fn remember(&mut self, appid: &AppId, user: &str, scope: Scope) {
        let widest = self.0.entry((appid.clone(), user.to_owned())).or_insert(scope);
        *widest = scope.max(*widest);
    }

    pub(crate) fn widest(&self, appid: &AppId, user: &str) -> Option<Scope> {
        self.0.get(&(appid.clone(), user.to_owned())).copied()
    }

    pub(crate) fn forget_all(&mut self) {
        self.0.clear();
    }
}
