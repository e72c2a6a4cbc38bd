//! What lives between two calls: apps, codes and flows, each behind a number that is given out once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wechat_oauth_bindings::{Failure, Misuse, Task};
use wechat_oauth_core::{App, Code};

use crate::exports::WXO_MAX_OPEN;

/// The handles of this process.
pub(crate) static HANDLES: Handles = Handles::new(WXO_MAX_OPEN);

/// What the numbers stand for.
///
/// The lock is held to look something up, not to work with it, so that threads wait only for others with the same flow.
/// Every change under it is whole or not made, so a panic that leaves it poisoned leaves nothing half done.
pub(crate) struct Handles {
    max: usize,
    open: Mutex<Open>,
}

struct Open {
    /// The next number to give out. At a million a second, it lasts for half a million years.
    next: u64,
    held: BTreeMap<u64, Held>,
}

enum Held {
    App(Arc<App>),
    /// Empty once it was spent: so a second use is told from a handle that never was.
    Code(Option<Code>),
    Flow(Arc<Mutex<Task>>),
}

impl Handles {
    pub(crate) const fn new(max: usize) -> Self {
        Self { max, open: Mutex::new(Open { next: 1, held: BTreeMap::new() }) }
    }

    pub(crate) fn open_app(&self, app: App) -> Result<u64, Misuse> {
        self.lock().insert(Held::App(Arc::new(app)), self.max)
    }

    pub(crate) fn open_code(&self, code: Code) -> Result<u64, Misuse> {
        self.lock().insert(Held::Code(Some(code)), self.max)
    }

    pub(crate) fn open_flow(&self, task: Task) -> Result<u64, Misuse> {
        self.lock().insert(Held::Flow(Arc::new(Mutex::new(task))), self.max)
    }

    pub(crate) fn app(&self, handle: u64) -> Result<Arc<App>, Misuse> {
        match self.lock().held.get(&handle) {
            Some(Held::App(app)) => Ok(Arc::clone(app)),
            other => Err(not_a("app", other)),
        }
    }

    pub(crate) fn flow(&self, handle: u64) -> Result<Arc<Mutex<Task>>, Misuse> {
        match self.lock().held.get(&handle) {
            Some(Held::Flow(task)) => Ok(Arc::clone(task)),
            other => Err(not_a("flow", other)),
        }
    }

    /// Takes a code and opens the flow that spends it, or leaves the code where it is when there is no room for the flow.
    pub(crate) fn spend(
        &self,
        code: u64,
        start: impl FnOnce(Code) -> Result<Task, Failure>,
    ) -> Result<u64, Failure> {
        let mut open = self.lock();
        open.check_room(self.max)?;
        let code = match open.held.get_mut(&code) {
            Some(Held::Code(code)) => code.take().ok_or(Misuse::CodeUsed)?,
            other => return Err(not_a("code", other.as_deref()).into()),
        };
        let task = start(code)?;
        Ok(open.insert(Held::Flow(Arc::new(Mutex::new(task))), self.max)?)
    }

    pub(crate) fn free(&self, handle: u64) -> Result<(), Misuse> {
        let held = self.lock().held.remove(&handle);
        // It is wiped after the lock was given back.
        held.map(drop).ok_or(Misuse::UnknownHandle)
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().held.len()
    }

    #[cfg(feature = "panic-for-tests")]
    #[allow(clippy::panic, reason = "it is what the tests ask for")]
    pub(crate) fn panic_while_locked(&self) -> ! {
        let _held = self.lock();
        panic!("{}", crate::door::PANIC_CANARY)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn check_room(&self, max: usize) -> Result<(), Misuse> {
        if self.held.len() < max { Ok(()) } else { Err(Misuse::TooManyHandles(max)) }
    }

    fn insert(&mut self, held: Held, max: usize) -> Result<u64, Misuse> {
        self.check_room(max)?;
        let handle = self.next;
        self.next += 1;
        self.held.insert(handle, held);
        Ok(handle)
    }
}

fn not_a(expected: &'static str, found: Option<&Held>) -> Misuse {
    match found {
        Some(_) => Misuse::WrongHandle(expected),
        None => Misuse::UnknownHandle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use wechat_oauth_core::{AppSecret, ProfileLang};

    fn app() -> App {
        App::official_account("wx0123456789abcdef".parse().unwrap(), AppSecret::new("s3cret").unwrap())
    }

    fn code() -> Code {
        Code::received_without_state("C0DE").unwrap()
    }

    fn sign_in(code: Code) -> Result<Task, Failure> {
        Ok(Task::sign_in(&app(), code, ProfileLang::default())?)
    }

    fn misuse(error: &Failure) -> &'static str {
        assert_eq!(error.kind(), "misuse");
        error.reason()
    }

    #[test]
    fn a_number_is_given_out_once() {
        let handles = Handles::new(2);
        let first = handles.open_app(app()).unwrap();
        assert_eq!(handles.count(), 1);
        handles.free(first).unwrap();
        assert_eq!(handles.count(), 0);
        let second = handles.open_app(app()).unwrap();
        assert!(first != second && first != 0 && second != 0);
        assert_eq!(handles.app(first).unwrap_err(), Misuse::UnknownHandle);
        assert_eq!(handles.free(first), Err(Misuse::UnknownHandle));
        assert!(handles.app(second).is_ok());
    }

    #[test]
    fn a_handle_is_only_what_it_was_opened_for() {
        let handles = Handles::new(3);
        let app = handles.open_app(app()).unwrap();
        let code = handles.open_code(code()).unwrap();
        let flow = handles.spend(code, sign_in).unwrap();
        for wrong in [code, flow] {
            assert_eq!(handles.app(wrong).unwrap_err(), Misuse::WrongHandle("app"));
        }
        for wrong in [app, code] {
            assert_eq!(handles.flow(wrong).err(), Some(Misuse::WrongHandle("flow")));
        }
        handles.free(code).unwrap();
        for wrong in [app, flow] {
            assert_eq!(misuse(&handles.spend(wrong, sign_in).unwrap_err()), "wrong_handle");
        }
        for unknown in [0, code, u64::MAX] {
            assert_eq!(misuse(&handles.spend(unknown, sign_in).unwrap_err()), "unknown_handle");
        }
    }

    #[test]
    fn a_code_is_spent_once_even_when_nothing_could_be_started() {
        let handles = Handles::new(3);
        let first = handles.open_code(code()).unwrap();
        handles.spend(first, sign_in).unwrap();
        let second = handles.open_code(code()).unwrap();
        handles.spend(first, sign_in).unwrap_err();
        handles.free(first).unwrap();
        assert_eq!(
            misuse(&handles.spend(second, |_| Err(Misuse::NoEntropy.into())).unwrap_err()),
            "no_entropy"
        );
        assert_eq!(misuse(&handles.spend(second, sign_in).unwrap_err()), "code_used");
    }

    #[test]
    fn too_many_open_handles_are_refused_and_cost_no_code() {
        let handles = Handles::new(2);
        let first = handles.open_app(app()).unwrap();
        let code = handles.open_code(code()).unwrap();
        assert_eq!(handles.open_app(app()), Err(Misuse::TooManyHandles(2)));
        assert_eq!(misuse(&handles.spend(code, sign_in).unwrap_err()), "too_many_handles");
        handles.free(first).unwrap();
        assert!(handles.spend(code, sign_in).is_ok());
    }

    #[test]
    fn a_panic_under_the_lock_costs_what_it_was_about_and_nothing_else() {
        let handles = Handles::new(9);
        let app = handles.open_app(app()).unwrap();
        let lost = handles.open_code(code()).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| handles.spend(lost, |_| panic!("on purpose"))));
        assert!(panicked.is_err() && handles.open.is_poisoned());
        assert!(handles.app(app).is_ok());
        assert_eq!(misuse(&handles.spend(lost, sign_in).unwrap_err()), "code_used");
        let code = handles.open_code(code()).unwrap();
        assert!(handles.spend(code, sign_in).is_ok());
    }
}
