//! Two clocks.

use super::finding::Finding;

/// How many seconds two clocks may differ.
const CLOSE: i64 = 60;

/// Compares the clock of an engine or a registry with that of this machine, in seconds since 1970. `harm` is what goes wrong.
pub(super) fn compared(of: &str, time: Option<i64>, now: i64, harm: &str) -> Finding {
    let check = "clock";
    let Some(time) = time else {
        return Finding::note(check, format!("the {of} sends no time"));
    };
    let ahead = now - time;
    let seconds = ahead.unsigned_abs();
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    match ahead.abs() <= CLOSE {
        true => Finding::good(check, format!("agrees with that of the {of}")),
        false => Finding::problem(
            check,
            format!(
                "the clock of this machine is {seconds} s {side} that of the {of}, so {harm}\nset the one that is wrong, or let it follow a time server"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_differ() {
        let now = 1_000_000;
        for (time, is_problem) in [
            (None, false),
            (Some(1_000_000), false),
            (Some(1_000_060), false),
            (Some(1_000_061), true),
            (Some(999_000), true),
        ] {
            let found = compared("registry", time, now, "tokens may not be valid");
            assert_eq!(found.is_problem(), is_problem, "{time:?}");
        }
    }
}
