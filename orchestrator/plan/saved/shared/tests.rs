//! What is shared is the same when it is read again; files that were made by hand are refused.

use super::*;

#[track_caller]
fn check(value: Value, table: usize) {
    let (shared, written) = share(&value);
    assert_eq!(shared.len(), table, "{}", json!([shared, written]));
    assert_eq!(whole(json!(shared), written), Ok(value));
}

#[test]
fn what_occurs_twice_is_written_once() {
    let long = "a text that is long enough";
    check(json!([long, long]), 1);
    check(json!([long, "short", "short", 1, 1, null, true]), 0);
    check(json!({"a": {"b": [long, 1]}, "c": {"b": [long, 1]}}), 1);
    check(
        json!(["FROM alpine\nRUN one\n", "FROM alpine\nRUN two\n"]),
        1,
    );
    check(json!(["\n", "a\n\nb", "", "\n\n"]), 0);
    check(json!([[long, long], [long]]), 1);
}

#[test]
fn marks_of_the_value_itself_stay() {
    check(json!({"$": 1}), 0);
    check(json!({"$": {"$": ["x", 2]}}), 0);
    check(
        json!([{"$": "a text that is long enough"}, {"$": "a text that is long enough"}]),
        1,
    );
    check(json!({"$": 1, "b": {"$": null}}), 0);
}

#[track_caller]
fn refused(table: Value, value: Value, why: &str) {
    let refused = whole(table, value).expect_err("it is refused");
    assert!(refused.contains(why), "{refused}");
}

#[test]
fn what_was_made_by_hand_is_refused() {
    refused(json!(1), json!(1), "not a list");
    refused(json!([]), json!({"$": 0}), "does not come before");
    refused(json!([{"$": 0}]), json!(1), "does not come before");
    refused(json!([[]]), json!({"$": -1}), "does not come before");
    refused(json!([]), json!({"$": "x"}), "does not come before");
    refused(json!([1]), json!({"$": [0]}), "not a text");
}

/// Each part names the one before it many times.
#[test]
fn what_grows_is_refused_before_it_needs_memory() {
    let mut table = vec![json!("x".repeat(1000))];
    for place in 0..40 {
        table.push(json!(vec![json!({"$": place}); 10]));
    }
    refused(json!(table), json!(1), "more than 1024 MiB");
    let lines = json!([vec![json!(0); 2_000_000]]);
    let text = json!({"$": lines[0]});
    refused(json!(["y".repeat(10_000)]), text, "more than 1024 MiB");
}

#[test]
fn what_is_deep_is_refused() {
    let mut table = vec![json!([])];
    for place in 0..10_000 {
        table.push(json!([{"$": place}]));
    }
    refused(json!(table), json!(1), "nested more than 100 deep");
}
