//! Whole flows over every transport, against the emulator.
#![allow(clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use conformance::{Memory, Over, Player, Reqwest, Ureq, flows};

fn play(name: &str, player: &mut dyn Player) {
    let flow = flows().into_iter().find(|flow| flow.name == name);
    flow.unwrap_or_else(|| panic!("{name} is not in the list")).play(player);
}

/// Every flow over every transport: a test for each pair.
macro_rules! over_every_transport {
    ($($flow:ident)*) => {
        mod over_memory { $(#[test] fn $flow() { super::play(stringify!($flow), &mut super::Over::<super::Memory>::new()); })* }
        mod over_ureq { $(#[test] fn $flow() { super::play(stringify!($flow), &mut super::Over::<super::Ureq>::new()); })* }
        mod over_reqwest { $(#[test] fn $flow() { super::play(stringify!($flow), &mut super::Over::<super::Reqwest>::new()); })* }

        #[test]
        fn every_flow_is_played() {
            let listed: Vec<_> = flows().iter().map(|flow| flow.name).collect();
            assert_eq!(listed, [$(stringify!($flow)),*]);
        }
    };
}

over_every_transport! {
    a_base_sign_in_knows_the_person_and_no_profile
    each_kind_of_account_reads_the_profile
    a_grant_is_renewed_and_checked
    a_snapshot_visitor_is_nobody
    a_busy_answer_is_asked_for_again
    a_lost_exchange_restarts_and_its_code_is_not_sent_again
    a_lost_profile_is_asked_for_again
    a_stale_token_is_renewed_once
    a_hostile_nickname_is_shown_on_one_line
    another_persons_profile_signs_nobody_in
    a_spent_code_is_refused
}
