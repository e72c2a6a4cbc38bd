//! Users: the people who sign in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::mint::Mint;

/// A person, as a world file writes one. Only `id` and `nickname` are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The emulator's own id of the person: 1 to 64 of `A-Za-z0-9_-`. WeChat never shows one.
    pub id: String,
    /// The nickname: any text at all.
    pub nickname: String,
    /// 1 for a man, 2 for a woman; 0, as for everybody since 2021, when it is not told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sex: u8,
    /// The language of the person's WeChat; empty since 2021.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The province; empty since 2021.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub province: String,
    /// The city; empty since 2021.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub city: String,
    /// The country; empty since 2021.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// Whether the person has an avatar, which the emulator draws.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub avatar: bool,
    /// The privileges, `chinaunicom` for instance; almost always none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub privilege: Vec<String>,
    /// Whether the person only ever is a snapshot visitor (快照页).
    #[serde(default, skip_serializing_if = "is_false")]
    pub snapshot: bool,
    /// The person's openids, by the appids of this world; one that is not here is made from the seed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub openids: BTreeMap<String, String>,
    /// The person's unionids, by the open-platform accounts of this world; one that is not here is made from the seed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unionids: BTreeMap<String, String>,
}

impl User {
    /// A person with an avatar, and nothing else told.
    #[must_use]
    pub fn new(id: impl Into<String>, nickname: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            nickname: nickname.into(),
            sex: 0,
            language: String::new(),
            province: String::new(),
            city: String::new(),
            country: String::new(),
            avatar: true,
            privilege: Vec::new(),
            snapshot: false,
            openids: BTreeMap::new(),
            unionids: BTreeMap::new(),
        }
    }

    /// Who the person is to this account.
    pub(crate) fn openid(&self, account: &Account, mint: &Mint) -> String {
        let appid = account.appid.as_str();
        let fixed = self.openids.get(appid).cloned();
        fixed.unwrap_or_else(|| mint.person(&["openid", appid, &self.id]))
    }

    /// Who the person is across the accounts of an open-platform account; none for an account that is not bound.
    pub(crate) fn unionid(&self, account: &Account, mint: &Mint) -> Option<String> {
        let platform = account.platform.as_deref()?;
        let fixed = self.unionids.get(platform).cloned();
        Some(fixed.unwrap_or_else(|| mint.person(&["unionid", platform, &self.id])))
    }

    /// The path of the avatar on the emulator, in the size WeChat names by default; none without one.
    pub(crate) fn avatar_path(&self) -> Option<String> {
        self.avatar.then(|| format!("/_emulator/avatar/{}/132", self.id))
    }

    /// The people of the default world: an ordinary one, those whose nicknames have broken other programs, one who
    /// tells nothing, and a snapshot visitor.
    pub(crate) fn default_people() -> Vec<Self> {
        let mut silent = Self::new("silent", "");
        silent.avatar = false;
        let mut visitor = Self::new("visitor", "快照访客");
        visitor.snapshot = true;
        vec![
            Self::new("xiaoming", "王小明"),
            Self::new("family", "一家人 👨\u{200d}👩\u{200d}👧\u{200d}👦 🎉"),
            Self::new("quotes", "\"O'Neil\" <script>alert('hi')</script> & Co."),
            Self::new("control", "\u{14}琦娅\u{202e}gnp.exe\u{2066}\u{7}"),
            silent,
            visitor,
        ]
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

const fn yes() -> bool {
    true
}
