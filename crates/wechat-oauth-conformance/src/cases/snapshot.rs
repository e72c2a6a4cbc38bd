//! Snapshot visitors (快照页), whose ids are made up by WeChat and change.

use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::Snapshot;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{MING, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Snapshot,
        "snapshot-visitor",
        "the made-up openid of a snapshot visitor becomes an account",
        "快照页虚拟账号的 openid 被当作真实账号",
        |stage| visits(stage, Misbehaviour::Snapshot),
    )
    .official(),
    case(
        Snapshot,
        "snapshot-flag-as-text",
        "the snapshot flag comes as \"1\" and is not seen",
        "is_snapshotuser 是字符串 \"1\"，没有识别出来",
        |stage| visits(stage, Misbehaviour::SnapshotText),
    )
    .official(),
    case(
        Snapshot,
        "snapshot-flag-true",
        "the snapshot flag comes as true and is not seen",
        "is_snapshotuser 是 true，没有识别出来",
        |stage| visits(stage, Misbehaviour::SnapshotTrue),
    )
    .official(),
    case(
        Snapshot,
        "snapshot-flag-of-tomorrow",
        "the snapshot flag has a value that nobody knows yet and is taken for no",
        "is_snapshotuser 是尚未定义的值，被当作否",
        |stage| visits(stage, Misbehaviour::SnapshotTwo),
    )
    .official(),
    case(
        Snapshot,
        "snapshot-visitor-base",
        "in a silent login nothing but the flag tells a snapshot visitor, and it is not looked at",
        "静默授权时只有 is_snapshotuser 能识别快照页访客，却没有检查",
        |stage| visits_at_all(stage, Misbehaviour::Snapshot),
    )
    .base(),
];

fn visits(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    visits_at_all(stage, misbehaviour)?;
    check::still_works(stage)
}

fn visits_at_all(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    // Also where the client sends the visitor to WeChat again, which opens the same page.
    stage.misbehave(misbehaviour, Endpoint::Exchange, 10);
    let outcome = stage.login("a", MING)?;
    check::nobody(
        &outcome,
        "takes a snapshot visitor's made-up ids for an account",
        "把快照页虚拟账号当作真实账号",
    )
}
