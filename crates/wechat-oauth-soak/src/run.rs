//! A run: its phases one after another, on one site and one WeChat.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use wechat_oauth_store::Keyring;

use crate::login::Stage;
use crate::phase::Phase;
use crate::phone::Phone;
use crate::process::Process;
use crate::script::Script;
use crate::stop::Stop;
use crate::truth::{self, Truth};
use crate::wechat::NewScript;
use crate::{Outcome, Plan, site};

/// How many requests one sign-in sends at most: the exchange, the profile, the refresh, the profile again, and two repeats.
const REQUESTS: u32 = 6;
/// What else the site takes: three seconds of waits between the requests, and half a minute that one delivery of a callback
/// waits for another.
const WAITS: Duration = Duration::from_secs(33);
/// How long a slow answer rests, at most; and at most this part of what the site waits for.
const SLOW: Duration = Duration::from_secs(3);
const SLOW_PART: u32 = 4;

/// Runs all phases against a WeChat that is served, and prints what came of them.
pub(crate) async fn run(plan: &Plan, wechat: &str, process: Process, stop: &Stop) -> Outcome {
    let world = truth::world(plan.seed)?;
    let site = site::site(&world, wechat, plan.patience, &Keyring::generate()?)?;
    let phases = phases(plan, site, wechat, process, stop).await?;

    println!("{}", table(&phases));
    if let [healthy, .., faulty] = phases.as_slice()
        && healthy.done > 0
        && faulty.done > 0
    {
        // What a perfect stack would still do: nobody can sign in with the answers that are faulty.
        let share = (100 - plan.faults) as f64 / 100.0;
        for (unit, goodput) in [
            ("second", Phase::goodput as fn(&Phase) -> f64),
            ("second of processor time", Phase::goodput_of_processor),
        ] {
            let (healthy, faulty) = (goodput(healthy), goodput(faulty));
            println!(
                "goodput at {} % faults: {faulty:.0} signed in for each {unit}; without faults {healthy:.0}; ratio to \
                 {share} of that {:.2}",
                plan.faults,
                faulty / (healthy * share),
            );
        }
    }
    let wrong = phases.iter().map(|phase| phase.wrong.len()).sum::<usize>();
    let (done, asked) = phases.iter().fold((0, 0), |sum, phase| (sum.0 + phase.done, sum.1 + phase.asked));
    match wrong {
        0 if done < asked => Err(format!("stopped after {done} of {asked} logins; nothing was wrong").into()),
        0 => Ok(()),
        wrong => Err(format!("{wrong} things were wrong").into()),
    }
}

/// The phases of a plan, on this site.
pub(crate) async fn phases(
    plan: &Plan,
    site: Router,
    wechat: &str,
    process: Process,
    stop: &Stop,
) -> Outcome<Vec<Phase>> {
    let phone = Phone::new(wechat);
    let truth = Arc::new(Truth::of(&truth::world(plan.seed)?));
    let others = plan.others.min(plan.logins);
    let scripts = [
        ("healthy", others, Script { seed: plan.seed, faults: 0, loses_first: false }),
        ("lost", others, Script { seed: plan.seed, faults: 0, loses_first: true }),
        ("faults", plan.logins, Script { seed: plan.seed, faults: plan.faults, loses_first: false }),
    ];
    let mut phases = Vec::new();
    for (name, logins, script) in scripts {
        let slow = SLOW.min(plan.patience / SLOW_PART);
        phone.follow(&NewScript { script, slow_ms: u64::try_from(slow.as_millis())? }).await?;
        let stage = Stage {
            script,
            truth: Arc::clone(&truth),
            phone: phone.clone(),
            site: site.clone(),
            patience: plan.patience,
            deadline: plan.deadline(),
        };
        let phase = Phase::run(name, stage, logins, plan.at_once, process, stop).await;
        println!("\n{name}: {} logins\n{}", phase.done, phase.details());
        let done = phase.done == logins;
        phases.push(phase);
        if !done {
            break;
        }
    }
    Ok(phases)
}

impl Plan {
    /// How long the site may take for an answer: what its sign-in promises, all requests at their slowest.
    pub(crate) fn deadline(&self) -> Duration {
        self.patience * REQUESTS + WAITS
    }
}

fn table(phases: &[Phase]) -> String {
    let mut text = format!(
        "{:<10} {:>8} {:>8} {:>9} {:>8} {:>9} {:>6}\n",
        "phase", "logins", "asked", "signed in", "seconds", "a second", "wrong"
    );
    for phase in phases {
        let seconds = phase.took.as_secs_f64();
        text += &format!(
            "{:<10} {:>8} {:>8} {:>9} {seconds:>8.1} {:>9.1} {:>6}\n",
            phase.name,
            phase.done,
            phase.asked,
            phase.signed_in,
            phase.done as f64 / seconds.max(f64::EPSILON),
            phase.wrong.len(),
        );
    }
    text
}
