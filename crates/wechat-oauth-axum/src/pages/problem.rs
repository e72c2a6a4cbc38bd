//! What can go wrong in a login, in words for the person whose login it was.

use axum::http::StatusCode;

use super::lang::Lang;
use crate::outcome::DeclinedReason;

/// What the person reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) title: &'static str,
    /// What happened.
    pub(super) what: &'static str,
    /// What they can do.
    pub(super) remedy: &'static str,
    /// What is on the button.
    pub(super) again: &'static str,
}

impl DeclinedReason {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            // A page of its own kind, and no failure of anybody's.
            Self::Snapshot => StatusCode::OK,
            Self::CookiesLost | Self::Expired | Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Denied | Self::TurnedAway => StatusCode::FORBIDDEN,
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::Unavailable | Self::Lost => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether nothing failed, and there is just something to do or to wait for.
    pub(super) const fn is_calm(self) -> bool {
        matches!(self, Self::Denied | Self::Snapshot)
    }

    pub(super) const fn words(self, lang: Lang) -> Words {
        match lang {
            Lang::Zh => self.in_chinese(),
            Lang::En => self.in_english(),
        }
    }

    const fn in_chinese(self) -> Words {
        match self {
            Self::Denied => Words {
                title: "你没有同意登录",
                what: "你没有在微信里同意授权，所以没有登录，微信也没有把你的任何信息提供给本站。",
                remedy: "想登录的话，再来一次，在微信里点“允许”就可以了。",
                again: "重新登录",
            },
            Self::Snapshot => Words {
                title: "还差一步才能登录",
                what: "你现在看到的是微信的「快照页」：微信给了本站一个临时的虚拟身份，而不是你本人的，所以没有登录。",
                remedy: "请先点屏幕底部微信的「使用完整服务」，再重新登录，就是你本人的微信了。",
                again: "重新登录",
            },
            Self::CookiesLost => Words {
                title: "没能认出这个浏览器",
                what: "可能是浏览器没有保存本站的 Cookie，也可能这个链接本来是在另一个浏览器里用的，或者是别人转发给你的。为了你的安全，没有登录。",
                remedy: "请在这个浏览器里重新登录，中途不要换浏览器。如果还是看到这个页面，请退出无痕模式，并允许本站使用 Cookie。",
                again: "重新登录",
            },
            Self::Expired => Words {
                title: "登录超时了",
                what: "从开始登录到现在隔得太久，这次登录已经失效，没有登录。",
                remedy: "重新登录一次就可以了。",
                again: "重新登录",
            },
            Self::TurnedAway => Words {
                title: "微信没有让这个账号登录",
                what: "微信拒绝了这次登录，可能是这个微信号受到了限制。具体原因只有微信知道，本站看不到。",
                remedy: "请在微信里查看账号是否正常，或者换一个微信号再试。",
                again: "重新登录",
            },
            Self::Busy => Words {
                title: "微信现在有点忙",
                what: "微信暂时没有给出答复，这次登录没有完成。",
                remedy: "请稍等片刻，再试一次。",
                again: "再试一次",
            },
            Self::Unavailable => Words {
                title: "暂时无法登录",
                what: "本站的登录服务暂时不可用，这次登录没有完成。不是你操作的问题。",
                remedy: "请过几分钟再试。",
                again: "再试一次",
            },
            Self::Misconfigured => Words {
                title: "本站的微信登录还没有设置好",
                what: "这是网站的问题，不是你的问题。这次没有登录。",
                remedy: "请把这个情况告诉网站的管理员，或者过一段时间再来。",
                again: "再试一次",
            },
            Self::BadRequest => Words {
                title: "这个登录链接不能用",
                what: "链接不完整，或者被改动过，所以没有登录。",
                remedy: "请不要使用收藏的或别人转发的登录链接，直接在本站重新登录。",
                again: "重新登录",
            },
            Self::Lost => Words {
                title: "登录没有完成",
                what: "微信的答复没有送到本站，或者这次授权已经用过了，所以没有登录。",
                remedy: "再登录一次就可以了。",
                again: "重新登录",
            },
        }
    }

    const fn in_english(self) -> Words {
        match self {
            Self::Denied => Words {
                title: "You chose not to sign in",
                what: "You did not give your consent in WeChat. You are not signed in, and WeChat told this site nothing about you.",
                remedy: "If you would like to sign in after all, try again and tap Allow in WeChat.",
                again: "Sign in again",
            },
            Self::Snapshot => Words {
                title: "One more step to sign in",
                what: "WeChat is showing you a snapshot of this page: it gave this site a made-up identity in place of yours. So nobody is signed in.",
                remedy: "First tap 使用完整服务 (“Use full service”) in WeChat's bar at the bottom of the screen. Then sign in again, as yourself.",
                again: "Sign in again",
            },
            Self::CookiesLost => Words {
                title: "This browser was not recognised",
                what: "It may not have kept this site's cookie, or the link was meant for another browser, or for somebody else. To keep you safe, nobody was signed in.",
                remedy: "Sign in again and stay in this browser until you are done. If you see this page once more, leave private browsing and allow this site to use cookies.",
                again: "Sign in again",
            },
            Self::Expired => Words {
                title: "That took too long",
                what: "You began to sign in too long ago, and this attempt is no longer good. You are not signed in.",
                remedy: "Just sign in again.",
                again: "Sign in again",
            },
            Self::TurnedAway => Words {
                title: "WeChat did not let this account sign in",
                what: "WeChat turned this sign-in down; the account may be restricted. Only WeChat knows the reason, and this site does not see it.",
                remedy: "Look in WeChat whether your account is in good standing, or try with another WeChat account.",
                again: "Sign in again",
            },
            Self::Busy => Words {
                title: "WeChat is busy",
                what: "WeChat gave no answer for now, so you could not be signed in.",
                remedy: "Wait a moment, then try again.",
                again: "Try again",
            },
            Self::Unavailable => Words {
                title: "Signing in does not work right now",
                what: "Something that this site needs for signing in is out of reach, so you could not be signed in. It is nothing you did.",
                remedy: "Please try again in a few minutes.",
                again: "Try again",
            },
            Self::Misconfigured => Words {
                title: "WeChat sign-in is not set up properly here",
                what: "The fault is this site's, not yours. You are not signed in.",
                remedy: "Please tell the people who run this site, or come back later.",
                again: "Try again",
            },
            Self::BadRequest => Words {
                title: "This sign-in link does not work",
                what: "The link is incomplete, or somebody has changed it. You are not signed in.",
                remedy: "Do not use a sign-in link that you saved or that somebody sent you. Sign in from this site instead.",
                again: "Sign in again",
            },
            Self::Lost => Words {
                title: "The sign-in was not completed",
                what: "WeChat's answer did not reach this site, or this authorization had been used before. You are not signed in.",
                remedy: "Just sign in again.",
                again: "Sign in again",
            },
        }
    }
}
