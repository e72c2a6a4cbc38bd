//! [`Keeper`]: grants kept fresh, by any number of programs that share a store.

mod kept;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;
use tokio::time::{Instant, timeout};
use wechat_oauth_core::{
    Advice, App, AppId, Error, Freshness, Grant, Identity, Phase, Profile, ProfileLang, TransportError,
    TransportErrorKind, UnixTime,
};
use wechat_oauth_reqwest::Client;

use self::kept::{Kept, Mark};
use crate::key::{Key, Kind};
use crate::store::StoreError;
use crate::vault::{Entry, Slot, Swap, Vault};
use crate::watch::Watch;

/// How long one renewal may take, all its repeats together: three requests of five seconds each, as long as a
/// [`Client`] waits unless told otherwise, and the three seconds between them, rounded up.
const RENEWAL_DEADLINE: Duration = Duration::from_secs(20);

/// How long a claim is respected by whoever waits for it: the renewal, and the writing of what it gave. Each waits for
/// so long itself before it takes a claim over, so no two machines' clocks are ever compared.
const LEASE: Duration = Duration::from_secs(30);

/// How long writing a claim may take: what is left of the lease is for the renewal. A claim whose answer came later may
/// have been taken over, and asks nothing of WeChat.
const CLAIM_DEADLINE: Duration = Duration::from_secs(5);

/// How many claims of others a program remembers to have seen, and since when: one for each person whose renewal it is
/// waiting for. Beyond it, each call waits for itself.
const CLAIMS_SEEN: usize = 1024;

/// How long a call waits for the renewals of others: for one whose holder is gone, and then for the one that took over.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a claim is written before it is given up.
const CLAIM_TRIES: u32 = 2;

/// How often the outcome of a renewal is written before it is given up: with the pauses in between, this takes four
/// seconds. It is worth it: the refresh token may be a new one, and the old one dead.
const OUTCOME_TRIES: u32 = 8;

/// How often a change is decided again because the record has changed meanwhile. Each time, somebody else's change was
/// made; nobody signs in that often.
const CHANGES: u32 = 32;

/// How often one call asks for a profile: once more with a renewed grant.
const PROFILE_TRIES: u32 = 2;

/// Keeps the grants of one application, and keeps them fresh: renewed at most once each time they expire, however many
/// programs share the store.
///
/// ```no_run
/// use wechat_oauth_core::{App, Identity, SignedIn};
/// use wechat_oauth_reqwest::Client;
/// use wechat_oauth_store::{KeepError, Keeper, Keyring, MemoryStore, Standing, Vault};
///
/// # async fn example(app: App, client: Client, keyring: Keyring, signed_in: SignedIn) -> Result<(), KeepError> {
/// let keeper = Keeper::new(app, client, Vault::new(MemoryStore::new(), keyring));
///
/// // After a sign-in:
/// # let SignedIn::Person(person) = signed_in else { return Ok(()) };
/// # let identity: &Identity = person.identity();
/// keeper.keep(person.grant()).await?;
///
/// // Any time later, in any process:
/// match keeper.fresh(identity).await? {
///     Standing::Usable(grant) => { /* its access token is good */ }
///     Standing::Over | Standing::Unknown => { /* send the browser to /login */ }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # How it is done
///
/// One record for each person, changed by compare-and-swap alone. Whoever finds the grant expired writes a claim into
/// that record; the others wait for what becomes of it. What the renewal gave is written in place of the claim, so a
/// sign-in that came meanwhile wins, and a renewal that was slow writes over nothing newer. A claim whose holder is gone
/// is taken over by somebody who has waited for it for 30 seconds.
///
/// The renewal is a task of its own: a caller that goes away ends nothing. It needs tokio.
///
/// When a store loses records, or brings old ones back (as one that replicates without waiting may), people have to sign
/// in again; nobody becomes somebody else, since each record is sealed for one person of one application. What a store
/// was asked to do when it did not answer may still happen. "Once" holds while clocks agree within five minutes.
///
/// # A third-party platform
///
/// The component's token changes every two hours, and a keeper holds on to the one in its `App`: make a keeper for each
/// use, from clones with the current token. That is cheap, and they all work together through the store.
#[derive(Clone)]
pub struct Keeper {
    app: App,
    client: Client,
    vault: Vault,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    /// The claims of others, and since when each was seen here: the waits of calls that went away count.
    claims: Arc<Mutex<HashMap<Mark, Instant>>>,
    /// The slots whose renewal is under way here.
    turns: Arc<Mutex<HashSet<Key>>>,
}

/// A renewal that is under way in this process; it ends when this is dropped.
struct Turn {
    keeper: Keeper,
    key: Key,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.keeper.turns().remove(&self.key);
    }
}

/// What there is of somebody's grant.
#[derive(Debug, Clone)]
#[must_use = "only a usable grant is one"]
#[allow(clippy::large_enum_variant)] // the larger variant is the usual one
pub enum Standing {
    /// A grant whose access token is good, as far as dates say.
    Usable(Grant),
    /// The grant has ended: after 30 days, or because WeChat refused it for good. The person has to sign in again.
    Over,
    /// No grant of this person is kept.
    Unknown,
}

/// What became of reading a profile again.
#[derive(Debug, Clone)]
#[must_use = "the profile is in it, if it could be read"]
#[allow(clippy::large_enum_variant)] // the larger variant is the usual one
pub enum ProfileRead {
    /// The profile as it is now.
    Profile(Profile),
    /// The grant does not cover the profile: sign in with `snsapi_userinfo`.
    NotGranted,
    /// As [`Standing::Over`].
    Over,
    /// As [`Standing::Unknown`].
    Unknown,
}

/// Why a keeper did not do what it was asked. Nothing kept is lost by it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The store did not answer, or with something that cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// WeChat did not renew the grant, or did not give the profile; the grant is as good as before.
    #[error(transparent)]
    WeChat(#[from] Error),
    /// The renewal that this call waited for failed, in another call or on another machine, which was told why. The
    /// grant is as good as before: ask again later.
    #[error("the renewal of this grant failed where it was made: ask again later")]
    RenewalFailed,
    /// Others are renewing this grant, and have not ended for a minute: ask again later.
    #[error("this grant is still being renewed: ask again later")]
    StillRenewing,
    /// The identity belongs to another application than the keeper's.
    #[error("the identity is of another appid: ask the keeper of that application")]
    OtherApp,
}

impl Keeper {
    /// Keeps the grants of this application in this vault, and sends with this client.
    #[must_use]
    pub fn new(app: App, client: Client, vault: Vault) -> Self {
        Self {
            app,
            client,
            vault,
            clock: Arc::new(system_clock),
            claims: Arc::default(),
            turns: Arc::default(),
        }
    }

    /// Asks this for the time, and not this machine's clock. What WeChat answers is dated by the machine's all the same,
    /// so this is for tests that look at a grant from later.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// The application whose grants these are.
    #[must_use]
    pub const fn appid(&self) -> &AppId {
        self.app.account().appid()
    }

    /// Keeps the grant of somebody who signed in, unless the one that is kept already is to stay: a newer one, or one
    /// that reads the profile where this one does not (see [`Grant::replaces`]). One that is over never stays, and
    /// neither does a record that cannot be read.
    ///
    /// # Errors
    /// [`KeepError::Store`]: the grant may or may not be kept, and keeping it again is right. [`KeepError::OtherApp`].
    pub async fn keep(&self, grant: &Grant) -> Result<(), KeepError> {
        let identity = grant.identity();
        let slot = self.slot(identity)?;
        let new = Kept::new(grant.clone())?;
        let mut found = self.vault.read(&slot).await?;
        for _ in 0..CHANGES {
            if let Some(entry) = &found
                && let Ok(kept) = Kept::read(entry, identity)
                && (kept.came_of(grant) || (!kept.over && !grant.replaces(&kept.grant, self.now())))
            {
                return Ok(());
            }
            match self.write(&slot, found.as_ref(), &new, 1).await? {
                Swap::Done(_) => return Ok(()),
                Swap::Found(other) => found = other,
            }
        }
        Err(CHANGES_TOO_OFTEN.into())
    }

    /// The person's grant, renewed if it has expired.
    ///
    /// It renews once, or waits for whoever is renewing: usually for some tenths of a second, for up to a minute when a
    /// machine failed in the middle of it.
    ///
    /// # Errors
    /// [`KeepError`] says whose problem it is. What is kept stays as it was.
    pub async fn fresh(&self, identity: &Identity) -> Result<Standing, KeepError> {
        self.standing(identity, None).await
    }

    /// Another grant in place of one whose access token WeChat refused (40001, 40014, 42001) before its time: renews it,
    /// unless that was done already.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn renew(&self, refused: &Grant) -> Result<Standing, KeepError> {
        self.standing(refused.identity(), Some(refused)).await
    }

    /// Reads the person's profile again, without asking for consent again: names change, and the URL of an avatar dies
    /// when the person changes it. Place names are in the language.
    ///
    /// # Errors
    /// As [`fresh`](Self::fresh).
    pub async fn profile(&self, identity: &Identity, lang: ProfileLang) -> Result<ProfileRead, KeepError> {
        let mut standing = self.fresh(identity).await?;
        let mut tries = PROFILE_TRIES;
        loop {
            let grant = match standing {
                Standing::Usable(grant) if grant.reads_profile() => grant,
                Standing::Usable(_) => return Ok(ProfileRead::NotGranted),
                Standing::Over => return Ok(ProfileRead::Over),
                Standing::Unknown => return Ok(ProfileRead::Unknown),
            };
            tries -= 1;
            let call = self.app.profile(&grant, lang).map_err(Error::from)?;
            let error = match self.client.send(call).await {
                Ok(profile) => return Ok(ProfileRead::Profile(profile)),
                Err(error) => error,
            };
            standing = match error.advice() {
                Advice::AskUserinfoConsent => return Ok(ProfileRead::NotGranted),
                Advice::Refresh if tries > 0 => self.renew(&grant).await?,
                Advice::RestartAuthorization => {
                    self.end(&grant).await?;
                    // A sign-in may have put a newer one in its place.
                    self.fresh(identity).await?
                }
                _ => return Err(error.into()),
            };
            if tries == 0 && matches!(standing, Standing::Usable(_)) {
                return Err(error.into());
            }
        }
    }

    /// Keeps nothing of this person any more. A renewal that is under way puts nothing back.
    ///
    /// # Errors
    /// [`KeepError::Store`]: the grant may or may not be kept still. [`KeepError::OtherApp`].
    pub async fn forget(&self, identity: &Identity) -> Result<(), KeepError> {
        self.vault.take(&self.slot(identity)?).await?;
        Ok(())
    }

    /// What [`fresh`](Self::fresh) and [`renew`](Self::renew) do: the second is told which grant will not do.
    async fn standing(&self, identity: &Identity, refused: Option<&Grant>) -> Result<Standing, KeepError> {
        let slot = self.slot(identity)?;
        let began = Instant::now();
        // After the first look, this call and all others that wait for this person look together.
        let mut watch: Option<Watch> = None;
        // Which grant was there at the last look, and whether another one has come since the first.
        let mut seen: Option<Mark> = None;
        let mut changed = false;
        // Whether somebody else is renewing this grant, or was.
        let mut others_renew = false;
        loop {
            let renewed_here = self.turns().contains(slot.key());
            let found = match &mut watch {
                None => self.vault.read(&slot).await,
                Some(watch) => watch.next().await,
            };
            let entry = match found {
                Ok(Some(entry)) => entry,
                Ok(None) => return Ok(Standing::Unknown),
                // What is waited for is not lost by a store that is away for a moment.
                Err(StoreError::Unavailable { .. }) if others_renew && began.elapsed() < PATIENCE => continue,
                Err(error) => return Err(error.into()),
            };
            let kept = Kept::read(&entry, identity)?;
            let now = self.now();
            if kept.is_over(now) {
                return Ok(Standing::Over);
            }
            if seen != Some(kept.edition) {
                changed = seen.replace(kept.edition).is_some();
                others_renew = false;
            }
            // A grant that came meanwhile is not the refused one, though WeChat may have prolonged the same token.
            let will_not_do = !changed && refused.is_some_and(|refused| kept.holds(refused));
            if kept.grant.at(now) == Freshness::Fresh && !will_not_do {
                return Ok(Standing::Usable(kept.grant));
            }
            let free = match kept.renewing {
                None if others_renew && !renewed_here => return Err(KeepError::RenewalFailed),
                // While a call of this process renews, no claim may mean that it is not written yet, or that it has
                // just ended: the next look tells.
                None => !others_renew,
                Some(claim) => self.seen_since(claim).elapsed() >= LEASE,
            };
            if free && let Some(turn) = self.turn(&slot) {
                let renewal = self.clone().renewal(slot.clone(), entry, kept);
                let renewal = tokio::spawn(async move {
                    let _turn = turn;
                    renewal.await
                });
                match renewal.await {
                    Ok(Ok(Some(standing))) => return Ok(standing),
                    // Look at what became of theirs.
                    Ok(Ok(None)) => others_renew = true,
                    Ok(Err(error)) => return Err(error),
                    Err(panicked) if panicked.is_panic() => resume_unwind(panicked.into_panic()),
                    // The runtime is shutting down.
                    Err(_) => return Err(KeepError::StillRenewing),
                }
            } else {
                others_renew = true;
            }
            if began.elapsed() >= PATIENCE {
                return Err(KeepError::StillRenewing);
            }
            watch.get_or_insert_with(|| self.vault.watch(&slot));
        }
    }

    /// The right to renew what is in this slot; none while another call of this process has it. The others would only
    /// write claims that come too late.
    fn turn(&self, slot: &Slot) -> Option<Turn> {
        let taken = self.turns().insert(slot.key().clone());
        taken.then(|| Turn { keeper: self.clone(), key: slot.key().clone() })
    }

    /// The slots that this process renews at the moment.
    fn turns(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the renewal of what is kept, makes it, and writes what came of it. `None` when somebody else was quicker
    /// at the first or at the last.
    async fn renewal(self, slot: Slot, entry: Entry, kept: Kept) -> Result<Option<Standing>, KeepError> {
        let claimed = kept.claimed()?;
        let began = Instant::now();
        let Swap::Done(claim) = self.write(&slot, Some(&entry), &claimed, CLAIM_TRIES).await? else {
            return Ok(None);
        };
        if began.elapsed() > CLAIM_DEADLINE {
            // If this cannot be written, the claim runs out by itself.
            let _released = self.write(&slot, Some(&claim), &kept.released(), 1).await;
            return Ok(None);
        }
        let error = match self.ask_for_another(&kept.grant).await {
            Ok(renewed) => return self.put_renewed(&slot, claim, &kept, renewed).await,
            Err(error) => error,
        };
        if matches!(error.advice(), Advice::RestartAuthorization | Advice::TurnAway) {
            let ended = self.write(&slot, Some(&claim), &kept.ended(), OUTCOME_TRIES).await?;
            Ok(matches!(ended, Swap::Done(_)).then_some(Standing::Over))
        } else {
            // If this cannot be written, the claim runs out by itself; the caller is told what WeChat said.
            let _released = self.write(&slot, Some(&claim), &kept.released(), OUTCOME_TRIES).await;
            Err(error.into())
        }
    }

    /// Since when this claim is known here.
    fn seen_since(&self, claim: Mark) -> Instant {
        let now = Instant::now();
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.len() >= CLAIMS_SEEN {
            claims.retain(|_, since| since.elapsed() < 2 * LEASE);
        }
        if claims.len() >= CLAIMS_SEEN {
            claims.get(&claim).copied().unwrap_or(now)
        } else {
            *claims.entry(claim).or_insert(now)
        }
    }

    async fn ask_for_another(&self, grant: &Grant) -> Result<Grant, Error> {
        match timeout(RENEWAL_DEADLINE, self.client.run(self.app.renew(grant)?)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let late = TransportError::new(TransportErrorKind::Timeout, Phase::Request);
                Err(self.app.refresh(grant)?.lost(late))
            }
        }
    }

    /// Writes the renewed grant in place of the one it came of.
    async fn put_renewed(
        &self,
        slot: &Slot,
        claim: Entry,
        old: &Kept,
        renewed: Grant,
    ) -> Result<Option<Standing>, KeepError> {
        let new = Kept::new(renewed)?;
        let mut expected = claim;
        for _ in 0..CHANGES {
            match self.write(slot, Some(&expected), &new, OUTCOME_TRIES).await? {
                Swap::Done(_) => return Ok(Some(Standing::Usable(new.grant))),
                // Forgotten meanwhile.
                Swap::Found(None) => return Ok(Some(Standing::Unknown)),
                // Another claim on the same grant, after this one's lease: what it would ask for is here. Its refresh
                // token may be dead since this one was given.
                Swap::Found(Some(entry))
                    if Kept::read(&entry, new.grant.identity())?.edition == old.edition =>
                {
                    expected = entry;
                }
                Swap::Found(Some(_)) => return Ok(None),
            }
        }
        Err(CHANGES_TOO_OFTEN.into())
    }

    /// Marks the grant as over, if it is the one that is kept.
    async fn end(&self, refused: &Grant) -> Result<(), KeepError> {
        let slot = self.slot(refused.identity())?;
        let mut found = self.vault.read(&slot).await?;
        for _ in 0..CHANGES {
            let Some(entry) = &found else { return Ok(()) };
            let kept = Kept::read(entry, refused.identity())?;
            if !kept.holds(refused) {
                return Ok(());
            }
            match self.write(&slot, Some(entry), &kept.ended(), 1).await? {
                Swap::Done(_) => return Ok(()),
                Swap::Found(other) => found = other,
            }
        }
        Err(CHANGES_TOO_OFTEN.into())
    }

    async fn write(
        &self,
        slot: &Slot,
        expected: Option<&Entry>,
        new: &Kept,
        tries: u32,
    ) -> Result<Swap, StoreError> {
        let lifetime = new.lifetime(self.now());
        self.vault.swap_with_tries(slot, expected, &new.plain()?, lifetime, tries).await
    }

    /// Where this person's record is: under the application and the openid, never one of them alone.
    fn slot(&self, identity: &Identity) -> Result<Slot, KeepError> {
        if identity.appid() != self.appid() {
            return Err(KeepError::OtherApp);
        }
        Ok(Slot::new(Kind::Grant, &[identity.appid().as_str()], &[identity.openid().as_str()]))
    }

    fn now(&self) -> UnixTime {
        (self.clock)()
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("appid", self.appid())
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

const CHANGES_TOO_OFTEN: StoreError =
    StoreError::Unavailable { what: "a grant was changed by others each time it was to be changed" };

/// A clock that stands before 1970 says 0.
fn system_clock() -> UnixTime {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since_1970.as_secs())
}
