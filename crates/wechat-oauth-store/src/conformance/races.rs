//! What many do at the same time: here a store that reads first and writes then is found out.

use std::collections::HashSet;

use super::bench::{Bench, is, record};
use super::{LONG, Outcome};
use crate::store::{Record, Swapped};

/// In a race of updates every racer waits for all others: one such round is as much work as many of the other races.
const ROUNDS_FOR_ONE_OF_UPDATES: usize = 10;

pub(super) async fn take(bench: Bench) -> Outcome {
    for round in 0..bench.limits.rounds {
        let (key, put) = (bench.key(&round.to_string()), record(format!("round {round}")));
        bench.handle(round).keep(&key, &put).await?;
        let taken = bench
            .race(|_, store| {
                let key = key.clone();
                async move { store.take(&key).await }
            })
            .await?;
        let taken: Vec<Record> = taken.into_iter().flatten().collect();
        if taken.len() != 1 {
            return Err(format!(
                "{} of {} racers got the record in round {round}",
                taken.len(),
                bench.limits.racers
            ));
        }
        is("the one take", &taken.into_iter().next(), &Some(put))?;
    }
    Ok(())
}

pub(super) async fn claim(bench: Bench) -> Outcome {
    for round in 0..bench.limits.rounds {
        let key = bench.key(&round.to_string());
        let claims = bench
            .race(|racer, store| {
                let (key, own) = (key.clone(), record(format!("racer {racer}")));
                async move { Ok((store.swap(&key, None, &own, LONG).await?, own)) }
            })
            .await?;
        let winners: Vec<&Record> =
            claims.iter().filter(|(swapped, _)| *swapped == Swapped::Done).map(|(_, own)| own).collect();
        let [winner] = winners[..] else {
            return Err(format!(
                "{} of {} racers put their record in round {round}",
                winners.len(),
                bench.limits.racers
            ));
        };
        let told = Swapped::Found(Some(winner.clone()));
        for (swapped, _) in claims.iter().filter(|(swapped, _)| *swapped != Swapped::Done) {
            is("a swap that came too late", swapped, &told)?;
        }
        is("get after the race", &bench.handle(round).get(&key).await?, &Some(winner.clone()))?;
    }
    Ok(())
}

/// Each racer counts one further, by compare-and-swap, until it succeeds.
pub(super) async fn update(bench: Bench) -> Outcome {
    let racers = bench.limits.racers;
    for round in 0..bench.limits.rounds.div_ceil(ROUNDS_FOR_ONE_OF_UPDATES) {
        let key = bench.key(&round.to_string());
        bench.handle(round).keep(&key, &count(0, "nobody")).await?;
        bench
            .race(|racer, store| {
                let (key, name) = (key.clone(), racer.to_string());
                async move {
                    let mut found = store.get(&key).await?;
                    // Every failure is another's success, so nobody fails more often than there are others.
                    for _ in 0..racers {
                        let there = found.ok_or("the record was gone in the middle of the race")?;
                        // So that all have read before one writes.
                        tokio::task::yield_now().await;
                        let next = count(counted(&there)? + 1, &name);
                        match store.swap(&key, Some(&there), &next, LONG).await? {
                            Swapped::Done => return Ok(()),
                            Swapped::Found(other) => found = other,
                        }
                    }
                    Err("a swap failed though nobody else's succeeded in between".to_owned())
                }
            })
            .await?;
        let there = bench.handle(round).get(&key).await?.ok_or("the record was gone after the race")?;
        let counted = counted(&there)?;
        if counted != racers {
            return Err(format!("{racers} swaps were done, and {counted} are left in round {round}"));
        }
    }
    Ok(())
}

/// A count, and who wrote it: no two racers write the same.
fn count(count: usize, by: &str) -> Record {
    record(format!("{count} {by}"))
}

fn counted(record: &Record) -> Result<usize, String> {
    let text = String::from_utf8_lossy(record.as_bytes());
    let number = text.split(' ').next().and_then(|number| number.parse().ok());
    number.ok_or_else(|| "the record is none that was put there".to_owned())
}

pub(super) async fn take_and_claim(bench: Bench) -> Outcome {
    for round in 0..bench.limits.rounds {
        let key = bench.key(&round.to_string());
        let moves = bench
            .race(|racer, store| {
                let (key, own) = (key.clone(), record(format!("racer {racer}")));
                async move {
                    if racer % 2 == 0 {
                        let swapped = store.swap(&key, None, &own, LONG).await?;
                        return Ok((Some(own).filter(|_| swapped == Swapped::Done), None));
                    }
                    Ok((None, store.take(&key).await?))
                }
            })
            .await?;
        let left = bench.handle(round).take(&key).await?;
        let (put, taken): (Vec<_>, Vec<_>) = moves.into_iter().unzip();
        let put: Vec<Record> = put.into_iter().flatten().collect();
        let out: Vec<Record> = taken.into_iter().chain([left]).flatten().collect();
        // Equally many, and the same ones: so none came out twice.
        if put.len() != out.len() || put.iter().collect::<HashSet<_>>() != out.iter().collect() {
            return Err(format!(
                "{} records were put and {} came out in round {round}",
                put.len(),
                out.len()
            ));
        }
    }
    Ok(())
}
