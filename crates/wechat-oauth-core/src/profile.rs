//! Profile: nickname, avatar and the rest. `GET /sns/userinfo`, for components too.
//!
//! Official page: <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsuserinfo>

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::advice::Operation;
use crate::app::App;
use crate::avatar::Avatar;
use crate::body::Body;
use crate::call::{Call, Request, sealed};
use crate::error::{ConfigError, Error, MalformedReason};
use crate::grant::Grant;
use crate::id::{OpenId, UnionId};
use crate::json::Value;
use crate::name::read_by_name;
use crate::text::UntrustedText;
use crate::tokens::is_snapshot;

/// The language of place names in a profile. WeChat's pages disagree about its default, so it is always sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProfileLang {
    /// `zh_CN`: simplified Chinese.
    #[default]
    SimplifiedChinese,
    /// `zh_TW`: traditional Chinese.
    TraditionalChinese,
    /// `en`: English.
    English,
}

read_by_name!(ProfileLang, 3, "lang");

impl ProfileLang {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::SimplifiedChinese, Self::TraditionalChinese, Self::English];

    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "zh_CN",
            Self::TraditionalChinese => "zh_TW",
            Self::English => "en",
        }
    }
}

pub(crate) fn call(app: &App, grant: &Grant, lang: ProfileLang) -> Result<Call<Profile>, ConfigError> {
    app.check_owner(grant.identity().appid())?;
    if !grant.reads_profile() {
        return Err(ConfigError::ProfileNotGranted);
    }
    let api = app.endpoints().api();
    let parameters = [
        ("access_token", grant.access_token().expose()),
        ("openid", grant.openid().as_str()),
        ("lang", lang.as_str()),
    ];
    let request = Request::new(Operation::Profile, api, &parameters);
    let rule = ProfileRule {
        openid: Some(grant.openid().clone()),
        unionid: grant.unionid().cloned(),
        emulator: app.endpoints().is_loopback().then(|| api.into()),
    };
    Ok(Call { request, rule })
}

crate::secret::deserialized_without_quoting! {
    "a stored profile",
    /// Somebody's profile. The texts are theirs: shown escaped, kept exactly.
    ///
    /// It can be stored: no secret is in it, but it is personal data, so keep it as one keeps an address. What cannot be
    /// read back is an error that quotes nothing of it.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    pub struct Profile {
        openid: OpenId,
        unionid: Option<UnionId>,
        nickname: UntrustedText,
        sex: Sex,
        language: UntrustedText,
        province: UntrustedText,
        city: UntrustedText,
        country: UntrustedText,
        avatar: Option<Avatar>,
        privileges: Vec<UntrustedText>,
        extra: Vec<(String, String)>,
    }
}

/// What a profile says about sex. Since 2021-10-20 WeChat says [`Unknown`](Self::Unknown) of everybody. It is stored as its
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum Sex {
    /// 0, or anything unheard of.
    #[default]
    Unknown,
    /// 1
    Male,
    /// 2
    Female,
}

impl Sex {
    /// The number on the wire.
    #[must_use]
    pub const fn as_number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Male => 1,
            Self::Female => 2,
        }
    }
}

/// What is not 1 or 2 is unknown.
impl From<u8> for Sex {
    fn from(number: u8) -> Self {
        match number {
            1 => Self::Male,
            2 => Self::Female,
            _ => Self::Unknown,
        }
    }
}

impl From<Sex> for u8 {
    fn from(sex: Sex) -> Self {
        sex.as_number()
    }
}

impl Profile {
    /// The person, the same as the grant's.
    #[must_use]
    pub const fn openid(&self) -> &OpenId {
        &self.openid
    }

    /// The person across the applications of one open-platform account, if WeChat told it.
    #[must_use]
    pub const fn unionid(&self) -> Option<&UnionId> {
        self.unionid.as_ref()
    }

    /// The name that the person goes by.
    #[must_use]
    pub const fn nickname(&self) -> &UntrustedText {
        &self.nickname
    }

    /// The sex; see [`Sex`].
    #[must_use]
    pub const fn sex(&self) -> Sex {
        self.sex
    }

    /// The language of the person's WeChat (`zh_CN`); empty since 2021-10-20.
    #[must_use]
    pub const fn language(&self) -> &UntrustedText {
        &self.language
    }

    /// The province; empty since 2021-10-20.
    #[must_use]
    pub const fn province(&self) -> &UntrustedText {
        &self.province
    }

    /// The city; empty since 2021-10-20.
    #[must_use]
    pub const fn city(&self) -> &UntrustedText {
        &self.city
    }

    /// The country; empty since 2021-10-20.
    #[must_use]
    pub const fn country(&self) -> &UntrustedText {
        &self.country
    }

    /// The picture, if there is one. Its URL dies when the person changes it.
    #[must_use]
    pub const fn avatar(&self) -> Option<&Avatar> {
        self.avatar.as_ref()
    }

    /// Privileges of the person's carrier (`chinaunicom`), nearly always none.
    #[must_use]
    pub fn privileges(&self) -> &[UntrustedText] {
        &self.privileges
    }

    /// The fields that this crate does not know, each as its JSON text on one line, in the order sent.
    pub fn extra(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extra.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("openid", &self.openid)
            .field("unionid", &self.unionid)
            .field("nickname", &self.nickname)
            .field("avatar", &self.avatar)
            .finish_non_exhaustive()
    }
}

/// What reading a profile depends on.
pub struct ProfileRule {
    pub(crate) openid: Option<OpenId>,
    pub(crate) unionid: Option<UnionId>,
    pub(crate) emulator: Option<Box<str>>,
}

impl sealed::Answer for Profile {
    type Rule = ProfileRule;
    const KEYS: &'static [&'static str] = &[
        "openid",
        "nickname",
        "sex",
        "language",
        "city",
        "province",
        "country",
        "headimgurl",
        "privilege",
        "unionid",
        "is_snapshotuser",
        "errcode",
        "errmsg",
    ];

    fn read(rule: &ProfileRule, body: &Body<'_>) -> Result<Self, Error> {
        let openid = body.openid_of(rule.openid.as_ref())?;
        let unionid = body.unionid_of(rule.unionid.as_ref())?;
        if is_snapshot(body) {
            return Err(body.malformed(MalformedReason::Snapshot));
        }
        // It would pass for a profile without a name, and its tokens would be shown as unknown fields.
        if body.extra().any(|(key, _)| key == "access_token" || key == "refresh_token") {
            return Err(body.malformed(MalformedReason::NotAProfile));
        }
        let avatar = body.value("headimgurl").as_text();
        let avatar = avatar.and_then(|url| Avatar::read(url, rule.emulator.as_deref()));
        Ok(Self {
            openid,
            unionid,
            nickname: body.display_text("nickname"),
            sex: sex(body),
            language: body.display_text("language"),
            province: body.display_text("province"),
            city: body.display_text("city"),
            country: body.display_text("country"),
            avatar,
            privileges: privileges(body),
            extra: body.extra().map(|(key, value)| (key.to_owned(), on_one_line(&value))).collect(),
        })
    }
}

/// A JSON value without line breaks: they are between its parts only, for inside a text they are escaped.
fn on_one_line(json: &str) -> String {
    json.replace(['\n', '\r'], "")
}

/// Nobody is kept out over this field: what is no number is unknown.
fn sex(body: &Body<'_>) -> Sex {
    let number = body.integer("sex").ok().flatten();
    number.and_then(|number| u8::try_from(number).ok()).map(Sex::from).unwrap_or_default()
}

fn privileges(body: &Body<'_>) -> Vec<UntrustedText> {
    match body.value("privilege") {
        Value::List(items) => items.iter().flatten().cloned().map(UntrustedText::from).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Response;
    use crate::endpoints::Endpoints;
    use crate::testing;
    use proptest::prelude::*;

    #[test]
    fn unknown_fields_are_kept_on_one_line_and_as_text_that_every_language_has() {
        let extra = |fields: &str| {
            let profile = read(fields).unwrap();
            profile.extra().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            extra(",\"x\" : [ 1 ,\r\n\t2 , \"a \\\" b\\\\\" , 3 ]"),
            "x=[ 1 ,\t2 , \"a \\\" b\\\\\" , 3 ]"
        );
        assert_eq!(extra(r#","x":"a\ud83cb","y":["\uDF31"]"#), "x=\"a\u{fffd}b\" y=[\"\u{fffd}\"]");
        assert_eq!(extra(r#","x":"\ud83c\udf31","y":"\\ud83c""#), r#"x="\ud83c\udf31" y="\\ud83c""#);
    }

    fn read(fields: &str) -> Result<Profile, Error> {
        let body = format!(r#"{{"openid":"{}"{fields}}}"#, testing::OPENID);
        let call = testing::official().profile(&testing::grant(), ProfileLang::default()).unwrap();
        call.read(&Response::new(200, body.as_bytes(), testing::NOW))
    }

    #[test]
    fn the_request_always_says_the_language() {
        let call = testing::official().profile(&testing::grant(), ProfileLang::default()).unwrap();
        assert_eq!(
            call.request().url().expose(),
            format!(
                "https://api.weixin.qq.com/sns/userinfo?access_token={}&openid={}&lang=zh_CN",
                testing::ACCESS_TOKEN,
                testing::OPENID
            )
        );
        let call = testing::official().profile(&testing::grant(), ProfileLang::English).unwrap();
        assert!(call.request().url().expose().ends_with("&lang=en"));
    }

    #[test]
    fn a_base_grant_has_no_profile() {
        let mut grant = testing::grant();
        grant.scopes = crate::Scope::Base.into();
        let error = testing::official().profile(&grant, ProfileLang::default()).unwrap_err();
        assert_eq!(error, ConfigError::ProfileNotGranted);
    }

    #[test]
    fn missing_display_fields_are_empty() {
        let profile = read("").unwrap();
        assert!(profile.nickname().is_empty() && profile.city().is_empty() && profile.avatar().is_none());
        assert_eq!(
            (profile.sex(), profile.privileges().len(), profile.extra().count()),
            (Sex::Unknown, 0, 0)
        );
        let nulls =
            read(r#","nickname":null,"sex":null,"headimgurl":null,"privilege":null,"unionid":null"#).unwrap();
        assert_eq!(nulls, profile);
    }

    #[test]
    fn sex_is_a_number_or_digits_and_otherwise_unknown() {
        for (value, sex) in [
            ("1", Sex::Male),
            ("\"2\"", Sex::Female),
            ("0", Sex::Unknown),
            ("3", Sex::Unknown),
            ("-1", Sex::Unknown),
            ("\"Male\"", Sex::Unknown),
            ("[]", Sex::Unknown),
        ] {
            assert_eq!(read(&format!(",\"sex\":{value}")).unwrap().sex(), sex, "{value}");
        }
    }

    #[test]
    fn the_profile_is_the_grants_person_or_none() {
        for body in
            [r#"{"openid":"o2"}"#, r#"{"nickname":"n"}"#, "{}", r#"{"openid":""}"#, r#"{"openid":null}"#]
        {
            let call = testing::official().profile(&testing::grant(), ProfileLang::default()).unwrap();
            assert!(call.read(&Response::new(200, body.as_bytes(), testing::NOW)).is_err(), "{body}");
        }
        let same = read(r#","unionid":"uTests""#).unwrap();
        assert_eq!(same.unionid(), testing::grant().unionid());
        let swapped = read(r#","unionid":"somebody-else""#).unwrap_err();
        assert!(matches!(swapped, Error::Malformed(m) if m.reason() == MalformedReason::UnionIdMismatch));
    }

    #[test]
    fn a_refused_avatar_is_none_and_no_error() {
        assert!(read(r#","headimgurl":"https://evil.example/a""#).unwrap().avatar().is_none());
        let url = r#","headimgurl":"http:\/\/wx.qlogo.cn\/mmopen\/A\/0""#;
        assert_eq!(read(url).unwrap().avatar().unwrap().as_str(), "https://wx.qlogo.cn/mmopen/A/0");
    }

    #[test]
    fn an_emulators_avatar_is_taken_from_that_emulator_only() {
        let avatar = |app: &App| {
            let body = format!(r#"{{"openid":"{}","headimgurl":"http://127.0.0.1:9/a"}}"#, testing::OPENID);
            let call = app.profile(&testing::grant(), ProfileLang::default()).unwrap();
            call.read(&Response::new(200, body.as_bytes(), testing::NOW)).unwrap().avatar().is_some()
        };
        let at = |base: &str| testing::official().at(Endpoints::emulator(base).unwrap());
        assert!(avatar(&at("http://127.0.0.1:9")));
        assert!(!avatar(&at("http://127.0.0.1:8")));
        assert!(!avatar(&testing::official()));
    }

    #[test]
    fn a_hostile_nickname_is_kept_exactly_and_shown_on_one_line() {
        let profile = read(",\"nickname\":\"a\u{202e}b\\nFAKE\u{1}<script>\"").unwrap();
        assert_eq!(profile.nickname().as_untrusted_str(), "a\u{202e}b\nFAKE\u{1}<script>");
        assert_eq!(profile.nickname().to_string(), "a\\u{202e}b\\u{a}FAKE\\u{1}<script>");
        assert!(!format!("{profile:?}").contains('\n'));
    }

    #[test]
    fn privileges_are_the_texts_of_the_list() {
        let profile = read(r#","privilege":["chinaunicom",1,null]"#).unwrap();
        assert_eq!(profile.privileges().iter().map(ToString::to_string).collect::<Vec<_>>(), ["chinaunicom"]);
        for other in ["\"\"", "{}", "false", "1"] {
            assert!(read(&format!(",\"privilege\":{other}")).unwrap().privileges().is_empty(), "{other}");
        }
    }

    #[test]
    fn a_display_field_of_another_type_keeps_nobody_out() {
        for other in ["0", "false", "[]", "{}", "123.5"] {
            let profile =
                read(&format!(",\"headimgurl\":{other},\"nickname\":{other},\"city\":{other}")).unwrap();
            assert!(
                profile.avatar().is_none() && profile.nickname().is_empty() && profile.city().is_empty(),
                "{other}"
            );
        }
    }

    #[test]
    fn a_token_answer_and_a_snapshots_are_no_profiles() {
        let reason = |fields: &str| match read(fields).unwrap_err() {
            Error::Malformed(malformed) => malformed.reason(),
            other => panic!("{other}"),
        };
        assert_eq!(reason(r#","access_token":"A""#), MalformedReason::NotAProfile);
        assert_eq!(reason(r#","refresh_token":null"#), MalformedReason::NotAProfile);
        assert_eq!(reason(r#","is_snapshotuser":1"#), MalformedReason::Snapshot);
        assert!(read(r#","is_snapshotuser":0"#).is_ok());
    }

    #[test]
    fn every_text_is_its_own_field() {
        let profile =
            read(r#","nickname":"n","language":"l","province":"p","city":"c","country":"y""#).unwrap();
        let texts =
            [profile.nickname(), profile.language(), profile.province(), profile.city(), profile.country()];
        assert_eq!(texts.map(ToString::to_string), ["n", "l", "p", "c", "y"]);
        assert!(format!("{profile:?}").contains(testing::OPENID));
    }

    #[test]
    fn fields_that_are_not_known_are_kept_in_order() {
        let profile = read(r#","z":[1],"a":"b""#).unwrap();
        assert_eq!(profile.extra().collect::<Vec<_>>(), [("z", "[1]"), ("a", "\"b\"")]);
    }

    #[test]
    fn languages_and_sexes_are_written_as_on_the_wire() {
        assert_eq!(ProfileLang::ALL.map(ProfileLang::as_str), ["zh_CN", "zh_TW", "en"]);
        assert_eq!([Sex::Unknown, Sex::Male, Sex::Female].map(Sex::as_number), [0, 1, 2]);
    }

    #[test]
    fn a_profile_is_stored_under_readable_names() {
        let profile = read(
            r#","unionid":"uTests","nickname":"企鹅","sex":1,"language":"zh_CN","province":"p","city":"c","country":"y","headimgurl":"http:\/\/wx.qlogo.cn\/mmopen\/A\/0","privilege":["chinaunicom"],"later":[1]"#,
        );
        let profile = profile.unwrap();
        let json = serde_json::to_string(&profile).unwrap();
        assert_eq!(
            json,
            r#"{"openid":"oTestsTestsTestsTestsTests00","unionid":"uTests","nickname":"企鹅","sex":1,"language":"zh_CN","province":"p","city":"c","country":"y","avatar":"https://wx.qlogo.cn/mmopen/A/0","privileges":["chinaunicom"],"extra":[["later","[1]"]]}"#
        );
        assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), profile);
        let later = json.replacen('{', "{\"later\":1,", 1);
        assert_eq!(serde_json::from_str::<Profile>(&later).unwrap(), profile);
    }

    #[test]
    fn no_error_about_a_stored_profile_quotes_it() {
        let json = serde_json::to_string(&read(r#","nickname":"canary""#).unwrap()).unwrap();
        let twice_encoded = serde_json::to_string(&json).unwrap();
        let wrong_column = json.replace(r#""sex":0"#, r#""sex":"canary""#);
        let wrong_place = json.replace(r#""avatar":null"#, r#""avatar":"https://canary.example/a""#);
        assert!(wrong_column != json && wrong_place != json);
        for broken in [twice_encoded, wrong_column, wrong_place, r#"["canary"]"#.to_owned()] {
            let error = serde_json::from_str::<Profile>(&broken).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_was_stored_is_read_back_equal(
            texts in proptest::array::uniform5(".*"),
            unionid in proptest::option::of("[A-Za-z0-9_-]{1,128}"),
            sex: u8,
            avatar in "(http://wx\\.qlogo\\.cn/[a-z]{0,9}/132|https://a\\.qpic\\.cn/[a-z]{0,9}|http://127\\.0\\.0\\.1:9/\\PC{0,9}|.*)",
            privileges in proptest::collection::vec(".*", 0..3),
            extra in proptest::collection::vec((".*", "[0-9]{1,5}"), 0..3),
        ) {
            let [nickname, language, province, city, country] = texts.map(UntrustedText::from);
            let profile = Profile {
                openid: testing::OPENID.parse().unwrap(),
                unionid: unionid.map(|unionid| unionid.parse().unwrap()),
                nickname,
                sex: Sex::from(sex),
                language,
                province,
                city,
                country,
                avatar: Avatar::read(&avatar, Some("http://127.0.0.1:9")),
                privileges: privileges.into_iter().map(UntrustedText::from).collect(),
                extra,
            };
            let json = serde_json::to_string(&profile).unwrap();
            prop_assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), profile);
        }
    }
}
