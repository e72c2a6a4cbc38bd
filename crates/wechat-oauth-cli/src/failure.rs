//! Why a command did not do what was asked: once as a document, once as a sentence for people.

use std::fmt;

use wechat_oauth::{
    CallbackError, CallbackReason, ConfigError, EndpointError, Error, ErrorDocument, ErrorReport,
    InvalidValue, RedirectUriError, UnknownScope,
};

use crate::exit::Exit;

#[derive(Debug)]
pub(crate) struct Failure {
    report: ErrorReport,
    sentence: String,
}

impl Failure {
    /// Something about how the command was called or set up.
    pub(crate) fn configuration(reason: &'static str, message: impl Into<String>) -> Self {
        let sentence = message.into();
        Self { report: ErrorReport::Configuration { reason, message: sentence.clone() }, sentence }
    }

    pub(crate) const fn exit(&self) -> Exit {
        Exit::of(&self.report)
    }

    pub(crate) fn document(self) -> ErrorDocument {
        ErrorDocument { error: self.report }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        match &self.report {
            ErrorReport::Refused { errcode, name: Some(_), .. } => {
                write!(f, "\nhint: wechat-oauth explain {errcode}")
            }
            _ => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Config(error) => error.into(),
            other => Self { report: ErrorReport::from(&other), sentence: other.to_string() },
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let message = match error {
            // The core speaks to programmers; here the way out is another one.
            ConfigError::SecretMissing => {
                "the exchange needs the app secret: set WECHAT_APP_SECRET, or name a file with --secret-file"
                    .to_owned()
            }
            ConfigError::ComponentTokenMissing => {
                "a component's exchange and refresh need its current component_access_token: set \
                 WECHAT_COMPONENT_ACCESS_TOKEN"
                    .to_owned()
            }
            _ => error.to_string(),
        };
        Self::configuration(error.reason(), message)
    }
}

impl From<CallbackError> for Failure {
    fn from(error: CallbackError) -> Self {
        error.reason().into()
    }
}

impl From<CallbackReason> for Failure {
    fn from(reason: CallbackReason) -> Self {
        Self { report: ErrorReport::Callback { reason: reason.as_str() }, sentence: reason.to_string() }
    }
}

impl From<InvalidValue> for Failure {
    fn from(error: InvalidValue) -> Self {
        ConfigError::from(error).into()
    }
}

impl From<RedirectUriError> for Failure {
    fn from(error: RedirectUriError) -> Self {
        ConfigError::from(error).into()
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        ConfigError::from(error).into()
    }
}

impl From<UnknownScope> for Failure {
    fn from(error: UnknownScope) -> Self {
        Self::configuration("scope", error.to_string())
    }
}
