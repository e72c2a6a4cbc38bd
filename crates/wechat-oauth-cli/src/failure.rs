//! Why a command did not do what was asked: once as a document, once as a sentence for people.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use wechat_oauth::{
    CallbackError, CallbackReason, ConfigError, EndpointError, Error, ErrorDocument, ErrorReport,
    InvalidValue, RedirectUriError, UnknownName,
};

use crate::exit::Exit;

#[derive(Debug)]
pub(crate) struct Failure {
    document: String,
    exit: Exit,
    sentence: String,
}

impl Failure {
    fn new(error: ErrorReport, sentence: String) -> Self {
        let exit = Exit::of(&error);
        // It holds text and numbers only, so there is nothing that could not be written.
        let document = serde_json::to_string(&ErrorDocument { error }).unwrap_or_default();
        Self { document, exit, sentence }
    }

    /// Something about how the command was called or set up.
    pub(crate) fn configuration(reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(ErrorReport::Configuration { reason, message: message.clone() }, message)
    }

    /// The error of the command before this one in a pipeline; `None` when it is none of ours.
    pub(crate) fn handed_on(error: &RawValue) -> Option<Self> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            kind: &'a str,
        }
        let Kind { kind } = serde_json::from_str(error.get()).ok()?;
        Some(Self {
            exit: Exit::of_kind(kind)?,
            document: format!(r#"{{"error":{error}}}"#),
            sentence: "the command before this one failed: its error follows".to_owned(),
        })
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// `{"error":{…}}`
    pub(crate) fn document(&self) -> &str {
        &self.document
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Config(error) => error.into(),
            Error::Refused(refusal) => {
                let hint = match refusal.name() {
                    Some(_) => format!("\nhint: wechat-oauth explain {}", refusal.errcode()),
                    None => String::new(),
                };
                Self::new(ErrorReport::from(&refusal), format!("{refusal}{hint}"))
            }
            other => Self::new(ErrorReport::from(&other), other.to_string()),
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
            ConfigError::Endpoint(EndpointError::NotOfficial) => {
                "the base URL is neither on this machine (http://127.0.0.1:PORT) nor one of WeChat's own API hosts \
                 (https://api.weixin.qq.com, api2, sh.api, sz.api, hk.api)"
                    .to_owned()
            }
            _ => error.to_string(),
        };
        Self::configuration(error.reason(), message)
    }
}

impl From<CallbackReason> for Failure {
    fn from(reason: CallbackReason) -> Self {
        Self::new(ErrorReport::Callback { reason: reason.as_str() }, reason.to_string())
    }
}

impl From<CallbackError> for Failure {
    fn from(error: CallbackError) -> Self {
        error.reason().into()
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

impl From<UnknownName> for Failure {
    fn from(error: UnknownName) -> Self {
        ConfigError::from(error).into()
    }
}
