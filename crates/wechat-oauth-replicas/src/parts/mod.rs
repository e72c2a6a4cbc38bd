//! The parts of a run.

mod begun;
mod faults;
mod race;
mod renewals;

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::replicas::{Persistence, Replicas, Sharing};
use crate::report::{Part, table};
use crate::{Outcome, Plan};

/// How many complaints end a part: the rest would say the same.
const ENOUGH: usize = 100;

/// Runs all parts, prints what came of each, and fails if anything was wrong.
pub(crate) async fn run(plan: Plan) -> Outcome {
    println!("seed {}; {plan:?}", plan.seed);
    let ends_at = Instant::now() + plan.time;
    let mut parts = Vec::new();

    parts.push(race::planted(plan).await?);
    let mut replicas = Replicas::start(plan.seed, Persistence::None, Sharing::Redis).await?;
    show(&mut parts, begun::run(&replicas, plan.begun, share(ends_at, 10)).await);
    show(&mut parts, race::run(&replicas, plan.rounds, share(ends_at, 55)).await);
    replicas.check()?;
    drop(replicas);

    let mut replicas = Replicas::start(plan.seed, Persistence::Always, Sharing::Redis).await?;
    show(&mut parts, faults::run(&replicas, plan, share(ends_at, 70)).await?);
    replicas.check()?;
    drop(replicas);

    let mut replicas = Replicas::start(plan.seed, Persistence::Always, Sharing::Redis).await?;
    show(&mut parts, renewals::run(&replicas, plan, ends_at).await?);
    replicas.check()?;
    drop(replicas);

    println!("\n{}", table(&parts));
    for part in &parts {
        if part.done < part.asked && part.wrong.is_empty() {
            println!("{}: {} of {} {} fitted into the time", part.name, part.done, part.asked, part.unit);
        }
    }
    match parts.iter().map(|part| part.wrong.len()).sum::<usize>() {
        0 => Ok(()),
        wrong => Err(format!("{wrong} things were wrong").into()),
    }
}

fn show(parts: &mut Vec<Part>, part: Part) {
    println!("\n{}: {} {}\n{}", part.name, part.done, part.unit, part.details());
    parts.push(part);
}

/// When a part that gets so many of a hundred parts of the time that is left has to be over.
fn share(ends_at: Instant, percent: u32) -> Instant {
    let left = ends_at.saturating_duration_since(Instant::now());
    Instant::now() + left * percent / 100
}

/// Does something so many times, so many at once, until the time is over; what it gives is counted in.
async fn many<T, F>(
    part: &mut Part,
    at_once: usize,
    ends_at: Instant,
    work: impl Fn(usize) -> F,
    mut count: impl FnMut(T),
) where
    T: Send + 'static,
    F: Future<Output = Outcome<T>> + Send + 'static,
{
    let began = Instant::now();
    let mut running = JoinSet::new();
    let mut next = 0;
    loop {
        while next < part.asked
            && running.len() < at_once
            && Instant::now() < ends_at
            && part.wrong.len() < ENOUGH
        {
            let (number, work) = (next, work(next));
            running.spawn(async move { (number, work.await) });
            next += 1;
        }
        match running.join_next().await {
            None => break,
            Some(Ok((_, Ok(outcome)))) => {
                part.done += 1;
                count(outcome);
            }
            Some(Ok((number, Err(error)))) => part.wrong.push(format!("{} {number}: {error}", part.name)),
            Some(Err(error)) => part.wrong.push(format!("{}: {error}", part.name)),
        }
    }
    part.took = began.elapsed();
}

/// A name for how long something took, for counting.
fn about(time: Duration) -> &'static str {
    match time.as_secs() {
        0 => "in less than a second",
        1..5 => "in 1 to 5 seconds",
        5..30 => "in 5 to 30 seconds",
        _ => "in 30 seconds or more",
    }
}
