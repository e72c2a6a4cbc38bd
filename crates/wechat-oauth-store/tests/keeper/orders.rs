//! Any number of things at the same time, in any order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::task::JoinSet;
use wechat_oauth_core::{Grant, Identity, ProfileLang, Scope};
use wechat_oauth_emulator::Misbehaviour;
use wechat_oauth_store::{
    Key, MemoryStore, Record, Reply, Slot, Standing, Store, StoreError, Swapped, Vault,
};

use crate::site::{EXPIRED, Site, aged, now, slot, vault};

/// A store whose every answer takes some turns, in which others come first; it writes down each state it was in.
#[derive(Debug)]
struct Watched {
    inner: MemoryStore,
    opened: Vault,
    slot: Slot,
    /// How many turns each answer takes, over and over.
    turns: Vec<u8>,
    operations: Mutex<usize>,
    states: Mutex<Vec<State>>,
}

/// What a record says, as far as it must not go back.
#[derive(Debug, Clone, PartialEq)]
struct State {
    issued_at: u64,
    reads_profile: bool,
    over: bool,
    renewing: bool,
}

impl Watched {
    async fn turns(&self) {
        let turns = {
            let mut operations = self.operations.lock().unwrap();
            *operations += 1;
            self.turns[*operations % self.turns.len()]
        };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    /// The store in memory answers at once, so nothing comes between a swap and this look.
    async fn look(&self) -> Result<(), StoreError> {
        if let Some(entry) = self.opened.read(&self.slot).await? {
            let record: serde_json::Value = serde_json::from_slice(entry.plain()?).unwrap();
            let scopes = record["grant"]["scopes"].as_array().unwrap();
            self.states.lock().unwrap().push(State {
                issued_at: record["grant"]["issued_at"].as_u64().unwrap(),
                reads_profile: scopes.iter().any(|scope| scope == "snsapi_userinfo"),
                over: record["over"].as_bool().unwrap(),
                renewing: !record["renewing"].is_null(),
            });
        }
        Ok(())
    }
}

impl Store for Watched {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            self.turns().await;
            let found = self.inner.get(key).await;
            self.turns().await;
            found
        })
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            self.turns().await;
            self.inner.take(key).await
        })
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(async move {
            self.turns().await;
            let swapped = self.inner.swap(key, expected, new, lifetime).await;
            if swapped == Ok(Swapped::Done) {
                self.look().await?;
            }
            self.turns().await;
            swapped
        })
    }
}

/// One thing that somebody does.
#[derive(Debug, Clone)]
enum Act {
    /// Somebody signed in so many seconds ago, with consent or silently, and it is kept only now.
    Keep {
        seconds_ago: u64,
        scope: Scope,
    },
    Fresh,
    /// WeChat refused the grant of so long ago.
    Renew {
        seconds_ago: u64,
    },
    Profile,
}

fn act() -> impl Strategy<Value = Act> {
    let ago = prop_oneof![0..5_u64, 60..120_u64, EXPIRED..EXPIRED + 60];
    let scope = prop_oneof![Just(Scope::UserInfo), Just(Scope::Base)];
    prop_oneof![
        3 => (ago.clone(), scope).prop_map(|(seconds_ago, scope)| Act::Keep { seconds_ago, scope }),
        3 => Just(Act::Fresh),
        1 => ago.prop_map(|seconds_ago| Act::Renew { seconds_ago }),
        1 => Just(Act::Profile),
    ]
}

async fn in_any_order(acts: Vec<Act>, turns: Vec<u8>, first: u64, refuses: bool) {
    let site = Site::new();
    let pattern = site.sign_in(Scope::UserInfo).await;
    let silent = site.sign_in(Scope::Base).await;
    let identity: Identity = pattern.identity().clone();
    let grant_of = |seconds_ago: u64, scope: Scope| -> Grant {
        aged(if scope == Scope::Base { &silent } else { &pattern }, seconds_ago)
    };
    if refuses {
        site.misbehave(&[Misbehaviour::RefreshInvalid]);
    }
    let store = Arc::new(Watched {
        inner: site.store.clone(),
        opened: vault(site.store.clone()),
        slot: slot(&identity),
        turns,
        operations: Mutex::default(),
        states: Mutex::default(),
    });
    let keepers = [site.keeper_over(store.clone()), site.keeper_over(store.clone())];
    keepers[0].keep(&grant_of(first, Scope::UserInfo)).await.unwrap();

    let mut tasks = JoinSet::new();
    for (number, act) in acts.iter().cloned().enumerate() {
        let (keeper, identity) = (keepers[number % 2].clone(), identity.clone());
        let grant = match act {
            Act::Keep { seconds_ago, scope } => grant_of(seconds_ago, scope),
            Act::Renew { seconds_ago } => grant_of(seconds_ago, Scope::UserInfo),
            Act::Fresh | Act::Profile => pattern.clone(),
        };
        tasks.spawn(async move {
            match act {
                Act::Keep { .. } => keeper.keep(&grant).await.unwrap(),
                Act::Fresh => match keeper.fresh(&identity).await.unwrap() {
                    Standing::Usable(fresh) => assert!(fresh.expires_at() > now()),
                    other => assert!(refuses, "{other:?}"),
                },
                Act::Renew { .. } => drop(keeper.renew(&grant).await.unwrap()),
                Act::Profile => drop(keeper.profile(&identity, ProfileLang::English).await.unwrap()),
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }

    let states = store.states.lock().unwrap().clone();
    for pair in states.windows(2) {
        let [before, after] = pair else { unreachable!() };
        if !before.over {
            assert!(after.issued_at >= before.issued_at, "an older over a newer: {states:?}");
            assert!(after.reads_profile || !before.reads_profile, "the consent was lost: {states:?}");
        }
        assert!(refuses || !after.over, "{states:?}");
    }
    let last = states.last().unwrap();
    assert!(!last.renewing, "a claim was left behind: {states:?}");
    let newest = acts.iter().filter_map(|act| match act {
        Act::Keep { seconds_ago, scope: Scope::UserInfo } => Some(*seconds_ago),
        _ => None,
    });
    let newest = newest.chain([first]).min().unwrap();
    let newest = aged(&pattern, newest).expires_at().as_secs() - 7200;
    // Once one was over, any other could follow.
    assert!(refuses || last.issued_at >= newest, "a sign-in was lost: {states:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn in_any_order_an_older_grant_never_stands_over_a_newer(
        acts in proptest::collection::vec(act(), 1..12),
        turns in proptest::collection::vec(0..8_u8, 1..12),
        first in prop_oneof![0..5_u64, EXPIRED..EXPIRED + 60],
        refuses in proptest::bool::weighted(0.25),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(in_any_order(acts, turns, first, refuses));
    }
}
