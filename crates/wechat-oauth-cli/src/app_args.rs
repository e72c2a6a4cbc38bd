//! The arguments that say which application, and where WeChat is: shared by the commands.

use clap::Args;
use wechat_oauth::{Account, AccountKind, App, AppId, Endpoints, Scope};

use crate::failure::Failure;

/// Which application.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// The appid that the openids belong to (for a component: the official account's)
    #[arg(long, value_name = "APPID")]
    pub(crate) appid: String,

    /// The appid of the third-party platform that acts for the account
    #[arg(long, value_name = "APPID")]
    pub(crate) component_appid: Option<String>,
}

impl AccountArgs {
    /// The account. Without a component, the scope tells of what kind it is.
    pub(crate) fn account(&self, scope: Option<Scope>) -> Result<Account, Failure> {
        let appid = AppId::new(&self.appid)?;
        Ok(match &self.component_appid {
            Some(component) => Account::Component { appid, component_appid: AppId::new(component)? },
            None if scope.is_some_and(|scope| AccountKind::WebsiteApp.permits(scope)) => {
                Account::WebsiteApp { appid }
            }
            None => Account::OfficialAccount { appid },
        })
    }
}

/// Where WeChat is.
#[derive(Debug, Args)]
pub(crate) struct EndpointArgs {
    /// An emulator on this machine (http://127.0.0.1:PORT), or another of WeChat's own API hosts
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

impl EndpointArgs {
    pub(crate) fn endpoints(&self) -> Result<Endpoints, Failure> {
        Ok(self.base_url.as_deref().map(Endpoints::parse).transpose()?.unwrap_or_default())
    }

    /// The application there.
    pub(crate) fn app(&self, account: Account) -> Result<App, Failure> {
        Ok(App::new(account).at(self.endpoints()?))
    }
}
