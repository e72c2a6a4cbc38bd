//! What to do about a refusal: [`Advice`], decided by the code and the operation, never by the message.

use std::fmt;

use serde::Serialize;

use crate::name::read_by_name;

/// The calls that WeChat's API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Trades the code for a grant: `/sns/oauth2/access_token`.
    Exchange,
    /// Gets a new access token: `/sns/oauth2/refresh_token`.
    Refresh,
    /// Asks whether an access token is valid: `/sns/auth`.
    Check,
    /// Reads the profile: `/sns/userinfo`.
    Profile,
    /// The exchange of a third-party platform: `/sns/oauth2/component/access_token`.
    ComponentExchange,
    /// The refresh of a third-party platform: `/sns/oauth2/component/refresh_token`.
    ComponentRefresh,
}

read_by_name!(Operation, 6, "operation");

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 6] = [
        Self::Exchange,
        Self::Refresh,
        Self::Check,
        Self::Profile,
        Self::ComponentExchange,
        Self::ComponentRefresh,
    ];

    /// A short name for programs: `component_exchange`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Check => "check",
            Self::Profile => "profile",
            Self::ComponentExchange => "component_exchange",
            Self::ComponentRefresh => "component_refresh",
        }
    }

    /// The path of its endpoint.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Exchange => "/sns/oauth2/access_token",
            Self::Refresh => "/sns/oauth2/refresh_token",
            Self::Check => "/sns/auth",
            Self::Profile => "/sns/userinfo",
            Self::ComponentExchange => "/sns/oauth2/component/access_token",
            Self::ComponentRefresh => "/sns/oauth2/component/refresh_token",
        }
    }

    /// Whether a third-party platform's own token authorizes the call.
    #[must_use]
    pub const fn is_component(self) -> bool {
        matches!(self, Self::ComponentExchange | Self::ComponentRefresh)
    }

    /// Whether the request spends a code, so that it must not be sent again blindly.
    #[must_use]
    pub const fn spends_code(self) -> bool {
        matches!(self, Self::Exchange | Self::ComponentExchange)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Check => "check",
            Self::Profile => "profile",
            Self::ComponentExchange => "component exchange",
            Self::ComponentRefresh => "component refresh",
        })
    }
}

/// What a program should do next. The set is closed: match on all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// WeChat is busy, over quota or out of reach: the same request may succeed later.
    RetryLater,
    /// The access token is stale: refresh the grant, then repeat the request.
    Refresh,
    /// This login cannot go on: its code or grant is spent, its callback is no good, or an answer was about somebody
    /// else. Send the browser to a new authorize URL.
    RestartAuthorization,
    /// The scope does not cover the profile: authorize again with `snsapi_userinfo`.
    AskUserinfoConsent,
    /// The third-party platform's own token is stale: get a new `component_access_token`.
    RenewComponentToken,
    /// A programmer or an administrator has to change something; repeating will not help.
    FixConfiguration,
    /// WeChat has limited or blocked this person, or the person refused: show a page, and send them nowhere by yourself.
    TurnAway,
}

impl Advice {
    /// Every advice.
    pub const ALL: [Self; 7] = [
        Self::RetryLater,
        Self::Refresh,
        Self::RestartAuthorization,
        Self::AskUserinfoConsent,
        Self::RenewComponentToken,
        Self::FixConfiguration,
        Self::TurnAway,
    ];

    /// What to do when WeChat refuses `operation` with `errcode`.
    #[must_use]
    pub const fn for_refusal(errcode: i64, operation: Operation) -> Self {
        match errcode {
            -1 | 45009 | 45011 | 61005 | 61006 => Self::RetryLater,
            // On a component call these may concern the component's own token, and that is the one to renew first.
            40001 | 40014 | 42001 | 42006 if operation.is_component() => Self::RenewComponentToken,
            40001 | 40014 | 42001 => match operation {
                Operation::Check | Operation::Profile => Self::Refresh,
                Operation::Refresh => Self::RestartAuthorization,
                _ => Self::FixConfiguration,
            },
            40003 | 40029 | 40030 | 40163 | 42002 | 42003 | 42007 | 50001 | 61009 | 61010 => {
                Self::RestartAuthorization
            }
            48001 => Self::AskUserinfoConsent,
            40226 | 50002..=50006 => Self::TurnAway,
            _ => Self::FixConfiguration,
        }
    }

    /// The advice when an answer was lost or cannot be read: a code may be spent, anything else may be asked again.
    #[must_use]
    pub(crate) const fn for_lost_answer(operation: Operation) -> Self {
        if operation.spends_code() { Self::RestartAuthorization } else { Self::RetryLater }
    }

    /// Its name in JSON: `restart_authorization`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RetryLater => "retry_later",
            Self::Refresh => "refresh",
            Self::RestartAuthorization => "restart_authorization",
            Self::AskUserinfoConsent => "ask_userinfo_consent",
            Self::RenewComponentToken => "renew_component_token",
            Self::FixConfiguration => "fix_configuration",
            Self::TurnAway => "turn_away",
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Advice::*;

    #[test]
    fn every_decided_code_has_its_advice() {
        let everywhere: &[(&[i64], Advice)] = &[
            (&[-1, 45009, 45011, 61005, 61006], RetryLater),
            (&[40003, 40029, 40030, 40163, 42002, 42003, 42007, 50001, 61009, 61010], RestartAuthorization),
            (&[48001], AskUserinfoConsent),
            (&[40226, 50002, 50003, 50004, 50005, 50006], TurnAway),
            (&[40013, 40125, 41008, 48004, 61003, 1, -2, i64::MAX, i64::MIN], FixConfiguration),
        ];
        for (codes, advice) in everywhere {
            for code in *codes {
                for operation in Operation::ALL {
                    assert_eq!(Advice::for_refusal(*code, operation), *advice, "{code} on {operation}");
                }
            }
        }
    }

    #[test]
    fn a_stale_token_is_advised_by_whose_token_it_is() {
        for code in [40001, 40014, 42001] {
            assert_eq!(Advice::for_refusal(code, Operation::Profile), Refresh);
            assert_eq!(Advice::for_refusal(code, Operation::Check), Refresh);
            assert_eq!(Advice::for_refusal(code, Operation::Refresh), RestartAuthorization);
            assert_eq!(Advice::for_refusal(code, Operation::Exchange), FixConfiguration);
            assert_eq!(Advice::for_refusal(code, Operation::ComponentExchange), RenewComponentToken);
            assert_eq!(Advice::for_refusal(code, Operation::ComponentRefresh), RenewComponentToken);
        }
        assert_eq!(Advice::for_refusal(42006, Operation::ComponentExchange), RenewComponentToken);
        assert_eq!(Advice::for_refusal(42006, Operation::Exchange), FixConfiguration);
    }

    #[test]
    fn json_and_display_use_one_name() {
        for advice in Advice::ALL {
            assert_eq!(serde_json::to_string(&advice).unwrap(), format!("\"{advice}\""));
        }
    }

    #[test]
    fn each_operation_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Operation::ALL.iter().map(Operation::to_string).collect();
        assert_eq!(names.len(), Operation::ALL.len());
        assert_eq!(Operation::ComponentExchange.to_string(), "component exchange");
        assert_eq!(Operation::ComponentRefresh.to_string(), "component refresh");
    }
}
