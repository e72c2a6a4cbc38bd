//! Why an authorize page shows an error. The person sees it and the app never learns of it.

use wechat_oauth_core::{Bilingual, explain};

/// A text in both languages; the page picks one.
pub(crate) type Words = &'static Bilingual;

/// An error page: a number of WeChat's table, or a text without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageError {
    pub(crate) code: Option<i64>,
    pub(crate) title: Words,
    pub(crate) meaning: Words,
    pub(crate) remedy: Words,
    /// What was compared, for the developer.
    pub(crate) facts: Vec<(Words, String)>,
}

const NOTHING: Words = &Bilingual { en: "", zh: "" };

impl PageError {
    /// The title says what 10003 means, so the text below says why it is so here.
    pub(crate) fn domain(why: Words, facts: Vec<(Words, String)>) -> Self {
        let title = &Bilingual {
            zh: "redirect_uri 域名与后台配置不一致",
            en: "The redirect_uri domain differs from the one that is configured",
        };
        Self { meaning: why, facts, ..Self::numbered(10003, title) }
    }

    pub(crate) fn scope_permission(facts: Vec<(Words, String)>) -> Self {
        let title = &Bilingual {
            zh: "该公众号没有这个 scope 的权限",
            en: "This account has no permission for the scope",
        };
        Self { facts, ..Self::numbered(10005, title) }
    }

    pub(crate) fn missing(code: i64) -> Self {
        let title = match code {
            10010 => &Bilingual { zh: "scope 不能为空", en: "scope must not be empty" },
            10011 => &Bilingual { zh: "redirect_uri 不能为空", en: "redirect_uri must not be empty" },
            10012 => &Bilingual { zh: "appid 不能为空", en: "appid must not be empty" },
            _ => &Bilingual { zh: "state 不能为空", en: "state must not be empty" },
        };
        Self::numbered(code, title)
    }

    pub(crate) fn component_not_authorized(component_appid: &str) -> Self {
        let title = &Bilingual {
            zh: "公众号未授权第三方平台，请检查授权状态",
            en: "The account has not authorized this third-party platform",
        };
        let label = &Bilingual { zh: "链接中的 component_appid", en: "component_appid in the link" };
        Self { facts: vec![(label, component_appid.to_owned())], ..Self::numbered(10015, title) }
    }

    pub(crate) fn open_platform_appid() -> Self {
        let title = &Bilingual {
            zh: "不支持微信开放平台的 AppID，请使用公众号 AppID",
            en: "An open-platform appid does not work here: use the official account's",
        };
        Self::numbered(10016, title)
    }

    pub(crate) fn too_frequent() -> Self {
        let title =
            &Bilingual { zh: "操作太频繁，请稍候再试", en: "Too frequent: try again later" };
        Self::numbered(10009, title)
    }

    pub(crate) fn account_banned() -> Self {
        let title = &Bilingual { zh: "该公众号被封禁", en: "This account is banned" };
        Self::numbered(10004, title)
    }

    pub(crate) fn unknown_appid(appid: &str) -> Self {
        Self {
            title: &Bilingual { zh: "AppID 参数错误", en: "The appid is wrong" },
            meaning: &Bilingual {
                zh: "没有这个 AppID 对应的应用。",
                en: "There is no application with this appid.",
            },
            remedy: &Bilingual {
                zh: "请使用模拟器启动时打印的 appid，或在控制台页面查看。",
                en: "Use an appid that the emulator printed when it started; its control page lists them.",
            },
            facts: vec![(&Bilingual { zh: "链接中的 appid", en: "appid in the link" }, appid.to_owned())],
            code: None,
        }
    }

    /// WeChat's own text for a link that it cannot match, and for a scope it does not know.
    pub(crate) fn order(expected: &str, found: String) -> Self {
        Self {
            title: Self::SCOPE_TITLE,
            meaning: &Bilingual {
                zh: "链接的参数顺序（区分大小写）与官方文档不一致，或有参数重复。微信按固定格式匹配授权链接。",
                en: "The parameters are not in the documented order (case counts), or one is repeated. \
                     WeChat matches the link against a fixed format.",
            },
            remedy: &Bilingual {
                zh: "请按官方文档的顺序排列参数；仅在测试其他 SDK 时才让模拟器接受任意顺序。",
                en: "Put the parameters in the documented order; the emulator can be told to take any order.",
            },
            facts: vec![
                (&Bilingual { zh: "要求的顺序", en: "Wanted" }, expected.to_owned()),
                (&Bilingual { zh: "链接中的顺序", en: "Found" }, found),
            ],
            code: None,
        }
    }

    pub(crate) fn unknown_scope(scope: &str) -> Self {
        Self {
            title: Self::SCOPE_TITLE,
            meaning: &Bilingual { zh: "没有这个 scope。", en: "There is no such scope." },
            remedy: &Bilingual {
                zh: "服务号使用 snsapi_base 或 snsapi_userinfo，网站应用使用 snsapi_login。",
                en: "Official accounts use snsapi_base or snsapi_userinfo, website apps snsapi_login.",
            },
            facts: vec![(&Bilingual { zh: "链接中的 scope", en: "scope in the link" }, scope.to_owned())],
            code: None,
        }
    }

    const SCOPE_TITLE: Words = &Bilingual {
        zh: "Scope 参数错误或没有 Scope 权限",
        en: "The scope is wrong, or there is no permission for it",
    };

    pub(crate) fn state_too_long(bytes: usize) -> Self {
        Self {
            title: &Bilingual { zh: "state 参数过长", en: "The state is too long" },
            meaning: &Bilingual { zh: "state 最多 128 字节。", en: "A state has at most 128 bytes." },
            remedy: &Bilingual {
                zh: "state 中只放随机值，其余数据保存在自己的会话里。",
                en: "Put nothing but a random value into the state; keep the rest in your own session.",
            },
            facts: vec![(
                &Bilingual { zh: "链接中 state 的字节数", en: "Bytes in the link" },
                bytes.to_string(),
            )],
            code: None,
        }
    }

    pub(crate) fn response_type(found: &str) -> Self {
        Self {
            meaning: &Bilingual { zh: "response_type 必须是 code。", en: "response_type must be code." },
            remedy: &Bilingual {
                zh: "在 redirect_uri 之后加上 response_type=code。",
                en: "Put response_type=code after redirect_uri.",
            },
            facts: vec![(
                &Bilingual { zh: "链接中的 response_type", en: "response_type in the link" },
                found.to_owned(),
            )],
            ..Self::not_accessible()
        }
    }

    pub(crate) fn missing_fragment() -> Self {
        Self {
            meaning: &Bilingual {
                zh: "授权链接必须以 #wechat_redirect 结尾。",
                en: "An authorize URL must end in #wechat_redirect.",
            },
            remedy: &Bilingual {
                zh: "请把 #wechat_redirect 放在所有参数之后，其后不要再有任何内容。",
                en: "Put #wechat_redirect after all parameters, and nothing after it.",
            },
            ..Self::not_accessible()
        }
    }

    pub(crate) fn redirect_invalid(found: &str) -> Self {
        Self {
            title: &Bilingual { zh: "redirect_uri 参数错误", en: "The redirect_uri is wrong" },
            meaning: &Bilingual {
                zh: "redirect_uri 不是完整的 http 或 https 地址。",
                en: "The redirect_uri is not a whole http or https address.",
            },
            remedy: &Bilingual {
                zh: "使用完整的地址，并对整个地址做一次 URL 编码。",
                en: "Give a whole address, percent-encoded once as a whole.",
            },
            facts: vec![(
                &Bilingual { zh: "解码后的 redirect_uri", en: "redirect_uri, decoded" },
                found.to_owned(),
            )],
            code: None,
        }
    }

    /// The transaction of a page is over, or never was.
    pub(crate) fn expired() -> Self {
        Self {
            title: &Bilingual { zh: "页面已过期", en: "This page has expired" },
            meaning: &Bilingual {
                zh: "这次授权已完成或已超时。",
                en: "This authorization is over, or it took too long.",
            },
            remedy: &Bilingual { zh: "请从应用重新发起登录。", en: "Start again from the app." },
            facts: Vec::new(),
            code: None,
        }
    }

    const fn not_accessible() -> Self {
        Self {
            title: &Bilingual { zh: "该链接无法访问", en: "This link cannot be opened" },
            meaning: NOTHING,
            remedy: NOTHING,
            facts: Vec::new(),
            code: None,
        }
    }

    fn numbered(code: i64, title: Words) -> Self {
        let (meaning, remedy) = explain(code).map_or((NOTHING, NOTHING), |row| (&row.meaning, &row.remedy));
        Self { code: Some(code), title, meaning, remedy, facts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_numbered_page_is_explained() {
        for error in [
            PageError::domain(&Bilingual { en: "why", zh: "原因" }, Vec::new()),
            PageError::scope_permission(Vec::new()),
            PageError::missing(10010),
            PageError::missing(10011),
            PageError::missing(10012),
            PageError::missing(10013),
            PageError::component_not_authorized("wx1"),
            PageError::open_platform_appid(),
            PageError::too_frequent(),
            PageError::account_banned(),
        ] {
            for text in [error.title, error.meaning, error.remedy] {
                assert!(!text.zh.is_empty() && !text.en.is_empty(), "{:?}", error.code);
            }
        }
    }
}
