//! Real calls: sent over the blocking transport, or only shown.

use clap::Args;
use serde::Serialize;
use wechat_oauth::{Answer as Answers, App, Call, ureq};

use crate::app_args::EndpointArgs;
use crate::commands::Answer;
use crate::failure::Failure;

/// Where a call goes, and whether it goes at all.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,

    /// Print the request with its secrets hidden, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl CallArgs {
    /// Sends the call and makes a document of the answer.
    pub(crate) fn make<T: Answers>(
        &self,
        app: &App,
        call: Call<T>,
        answer: impl FnOnce(&T) -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        if self.dry_run {
            let request = call.request();
            return Answer::ok(&DryRun { method: request.method(), url: request.redacted_url() });
        }
        let client = ureq::Client::for_app(app)?;
        answer(&client.send(call)?)
    }
}

#[derive(Serialize)]
struct DryRun {
    method: &'static str,
    url: String,
}
