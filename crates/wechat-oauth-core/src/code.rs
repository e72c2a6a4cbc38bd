//! [`Code`]: what the callback brings, good for one exchange.

use std::fmt;

use crate::account::Account;
use crate::callback::CallbackReason;
use crate::id::AppId;
use crate::scope::Scope;
use crate::secret::{REDACTED, Wiped};
use crate::value::{self, BrokenRule};

/// An authorization code: 1 to 512 of `A-Za-z0-9_-`, good for one exchange within five minutes (a website app's: ten).
///
/// It comes out of [`Pending::accept`](crate::Pending::accept), which has compared the state, and goes into
/// [`App::exchange`](crate::App::exchange) or [`App::sign_in`](crate::App::sign_in), by value. It cannot be cloned:
/// ```compile_fail
/// # fn twice(code: wechat_oauth_core::Code) {
/// code.clone();
/// # }
/// ```
pub struct Code {
    text: Wiped,
    origin: Option<Origin>,
    scope: Option<Scope>,
}

/// Whose login brought a code.
struct Origin {
    appid: AppId,
    component_appid: Option<AppId>,
}

impl Code {
    /// The longest code that is accepted, in bytes; real ones have 32.
    pub const MAX_LEN: usize = 512;

    /// A code that came on another way than a web callback: from an app's SDK, or by hand into a tool.
    ///
    /// **In a web callback this opens the login to forgery**: whoever can make a browser visit a URL can sign it in as
    /// somebody else. Use [`Pending::accept`](crate::Pending::accept) there.
    ///
    /// # Errors
    /// [`CallbackReason`] `code_empty`, `code_too_long` or `code_alphabet`.
    pub fn received_without_state(text: &str) -> Result<Self, CallbackReason> {
        Self::read(text).map(|text| Self { text, origin: None, scope: None })
    }

    /// Says what scope was asked for, where no [`Pending`](crate::Pending) remembers it.
    #[must_use]
    pub fn asked_for(mut self, scope: Scope) -> Self {
        self.scope.get_or_insert(scope);
        self
    }

    pub(crate) fn accepted(
        text: &str,
        appid: AppId,
        component_appid: Option<AppId>,
        scope: Scope,
    ) -> Result<Self, CallbackReason> {
        let origin = Some(Origin { appid, component_appid });
        Self::read(text).map(|text| Self { text, origin, scope: Some(scope) })
    }

    fn read(text: &str) -> Result<Wiped, CallbackReason> {
        match value::check(text, Self::MAX_LEN, value::ID) {
            Ok(()) => Ok(Wiped::new(text.to_owned())),
            Err(BrokenRule::Empty) => Err(CallbackReason::CodeEmpty),
            Err(BrokenRule::TooLong { .. }) => Err(CallbackReason::CodeTooLong),
            Err(BrokenRule::Alphabet { .. }) => Err(CallbackReason::CodeAlphabet),
        }
    }

    /// The code itself: to show it in a tool. An exchange takes the `Code`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether this account may spend it: the one whose login brought it, through the same third-party platform.
    pub(crate) fn belongs_to(&self, account: &Account) -> bool {
        self.origin.as_ref().is_none_or(|origin| {
            origin.appid == *account.appid() && origin.component_appid.as_ref() == account.component_appid()
        })
    }

    pub(crate) const fn scope(&self) -> Option<Scope> {
        self.scope
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({REDACTED})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn debug_hides_it() {
        assert_eq!(format!("{:?}", testing::code(Scope::Base)), "Code([redacted])");
    }

    #[test]
    fn a_scope_said_later_does_not_replace_the_logins() {
        let asked = |code: Code| code.asked_for(Scope::UserInfo).scope();
        assert_eq!(asked(testing::code(Scope::Base)), Some(Scope::Base));
        assert_eq!(asked(Code::received_without_state("C0DE").unwrap()), Some(Scope::UserInfo));
    }
}
