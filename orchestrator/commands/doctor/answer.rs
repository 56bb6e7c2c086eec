//! Whether a registry answers, and whether its clock agrees with that of this machine: tokens are valid by the clock.

use super::Examination;
use super::finding::Finding;
use crate::registry::oci::Greeting;

/// How many seconds two clocks may differ.
const CLOSE: i64 = 60;

pub(super) async fn check(one: &Examination<'_>) -> Vec<Finding> {
    match one.registry.greet(&one.subject.domain).await {
        Ok(greeting) => vec![answer(&greeting), clock(&greeting, crate::host::now())],
        Err(why) => vec![Finding::problem("answer", why)],
    }
}

fn answer(greeting: &Greeting) -> Finding {
    let how = match greeting.tls {
        true => "over TLS",
        false => "over HTTP without TLS",
    };
    let took = greeting.took.as_millis();
    Finding::good("answer", format!("{how}, in {took} ms"))
}

fn clock(greeting: &Greeting, now: jiff::Timestamp) -> Finding {
    let check = "clock";
    let Some(time) = greeting.time else {
        return Finding::note(check, "the registry sends no time");
    };
    let ahead = now.as_second() - time.as_second();
    let seconds = ahead.unsigned_abs();
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    match ahead.abs() <= CLOSE {
        true => Finding::good(check, "agrees with that of the registry"),
        false => Finding::problem(
            check,
            format!(
                "the clock of this machine is {seconds} s {side} that of the registry, so tokens may not be valid\nset it, or let it follow a time server"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_differ() {
        let greeting = |second: Option<i64>| Greeting {
            tls: true,
            took: Default::default(),
            time: second.map(|s| jiff::Timestamp::from_second(s).unwrap()),
        };
        let now = jiff::Timestamp::from_second(1_000_000).unwrap();
        for (time, is_problem) in [
            (None, false),
            (Some(1_000_000), false),
            (Some(1_000_060), false),
            (Some(1_000_061), true),
            (Some(999_000), true),
        ] {
            let found = clock(&greeting(time), now);
            assert_eq!(found.is_problem(), is_problem, "{time:?}");
        }
    }
}
