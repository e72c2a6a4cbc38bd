//! What JavaScript holds, by number.

use std::cell::RefCell;

use napi::Env;
use napi_derive::napi;
use rustc_hash::FxHashMap;
use wechat_oauth_bindings::{Failure, Misuse, Task};
use wechat_oauth_core::{App, Code, Grant, Login, Person, Profile, Snapshot, Validity};

use crate::failure::answered;

/// How many numbers a copy of the JavaScript half gets at a time: few enough to waste, and enough to ask seldom.
const LOT: i64 = 128;

/// What JavaScript is told that a value weighs, in bytes, so that it looks for garbage in time: about what a grant or a
/// profile takes.
const WEIGHT: i64 = 2048;

/// One value that JavaScript holds.
pub(crate) enum Kept {
    App(Box<App>),
    Login(Box<Login>),
    Code(Box<Code>),
    Task(Task),
    Grant(Box<Grant>),
    Snapshot(Box<Snapshot>),
    Person(Box<Person>),
    Profile(Box<Profile>),
    Validity(Box<Validity>),
}

/// Everything that this thread's JavaScript holds. A worker has its own.
#[derive(Default)]
pub(crate) struct Table {
    kept: FxHashMap<i64, Kept>,
    lots: i64,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// Works on the table.
pub(crate) fn work<T>(work: impl FnOnce(&mut Table) -> Result<T, Failure>) -> Result<T, Failure> {
    TABLE.with_borrow_mut(work)
}

/// Works on the table, for an answer that needs no more.
pub(crate) fn with<T>(work: impl FnOnce(&mut Table) -> Result<T, Failure>) -> Option<T> {
    answered(|| self::work(work))
}

impl Table {
    /// Keeps the value in place of what the number stood for.
    pub(crate) fn keep(&mut self, number: i64, value: Kept) {
        self.kept.insert(number, value);
    }

    /// Takes the code out: it is good once.
    pub(crate) fn take_code(&mut self, number: i64) -> Result<Code, Misuse> {
        match self.kept.remove(&number) {
            Some(Kept::Code(code)) => Ok(*code),
            // What the code has become goes on.
            Some(other) => {
                self.keep(number, other);
                Err(Misuse::CodeUsed)
            }
            None => Err(Misuse::CodeUsed),
        }
    }

    /// The task, which is finished where something else has taken its place.
    pub(crate) fn task(&mut self, number: i64) -> Result<&mut Task, Misuse> {
        match self.kept.get_mut(&number) {
            Some(Kept::Task(task)) => Ok(task),
            _ => Err(Misuse::Finished),
        }
    }
}

macro_rules! getters {
    ($($name:ident: $kind:ident)*) => {
        impl Table {
            $(pub(crate) fn $name(&self, number: i64) -> Result<&$kind, Misuse> {
                match self.kept.get(&number) {
                    Some(Kept::$kind(value)) => Ok(value),
                    _ => Err(Misuse::UnknownHandle),
                }
            })*
        }
    };
}

getters! {
    app: App
    login: Login
    code: Code
    grant: Grant
    snapshot: Snapshot
    person: Person
    profile: Profile
    validity: Validity
}

/// Gives a lot of numbers that nothing in this thread has had, whichever copy of the JavaScript half asks, as the first
/// and the one after the last.
#[napi]
pub fn numbers(env: &Env) -> Option<[i64; 2]> {
    weigh(env, LOT);
    with(|table| {
        let first = table.lots * LOT;
        table.lots += 1;
        Ok([first, first + LOT])
    })
}

/// JavaScript has forgotten the value: so do we.
#[napi]
pub fn forget(env: &Env, number: i64) {
    with(|table| {
        table.kept.remove(&number);
        Ok(())
    });
    weigh(env, -1);
}

/// So many values more are kept, or will soon be.
fn weigh(env: &Env, values: i64) {
    // Only a hint: a Node that does not take it looks for garbage later.
    let _hint = env.adjust_external_memory(values * WEIGHT);
}

/// How many values are kept in this thread.
#[napi]
pub fn kept() -> Option<i64> {
    with(|table| Ok(i64::try_from(table.kept.len()).unwrap_or(i64::MAX)))
}
