use super::*;

#[test]
fn queries_are_escaped() {
    assert_eq!(
        query(&[("a", "x/y:1@é &="), ("b", "")]),
        "a=x%2Fy%3A1%40%C3%A9%20%26%3D&b="
    );
}
