//! Times of `--cron`.

use crate::ci::check_cron;

#[track_caller]
fn check(text: &str, expect: &str) {
    match check_cron(text) {
        Ok(()) => assert_eq!("", expect, "{text}"),
        Err(why) => assert!(!expect.is_empty() && why.contains(expect), "{text}: {why}"),
    }
}

#[test]
fn times_that_github_reads() {
    for text in [
        "0 4 * * *",
        "*/5 * * * *",
        "2/15  0-23/2 1,15 jan-MAR,12 MON-fri",
        "59 23 31 12 6",
        "0,58 4,6 * * *",
        "7 * * * *",
    ] {
        check(text, "");
    }
}

#[test]
fn times_that_it_does_not_read() {
    check("daily", "expected five fields");
    check("0 4 * *", "expected five fields");
    check(
        "60 4 * * *",
        "the minute \"60\" does not exist\n  use 0 to 59, `*`",
    );
    check("0 24 * * *", "the hour \"24\" does not exist");
    check("0 4 0 * *", "the day of the month \"0\"");
    check(
        "0 4 * 13 *",
        "the month \"13\" does not exist\n  use 1 to 12 or JAN to DEC",
    );
    check(
        "0 4 * * 7",
        "the day of the week \"7\" does not exist\n  use 0 to 6 or SUN to SAT",
    );
    for minute in [
        "", "a", "-1", "+1", "1-", "9-3", "*/0", "*/", "1,,2", "*-2", "?",
    ] {
        check(&format!("{minute}, 4 * * *"), "the minute ");
    }
    for never in ["31 2", "30,31 feb", "31 APR,6,9,11", "30-31 2"] {
        check(&format!("0 4 {never} *"), "so that no run would start");
    }
    for sometimes in [
        "31 2 1",
        "29 2 *",
        "28-31 2 *",
        "31 2,3 *",
        "31 * *",
        "30 4 *",
    ] {
        check(&format!("0 4 {sometimes}"), "");
    }
    check("0 4 * * MONDAY", "the day of the week \"MONDAY\"");
}

#[test]
fn times_that_are_too_often() {
    for text in [
        "* 4 * * *",
        "*/4 4 * * *",
        "0,4 4 * * *",
        "0,58 * * * *",
        "0,58 23,0 * * *",
    ] {
        check(text, "every 5 minutes at most");
    }
}
