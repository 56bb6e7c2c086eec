use super::*;

/// An error of a library around an error of the system.
#[derive(Debug, thiserror::Error)]
#[error("Error in the hyper legacy client: client error")]
struct Outer(#[source] io::Error);

#[test]
fn a_cause_has_no_words_of_libraries() {
    let refused = io::Error::other("connection refused");
    assert_eq!(cause(&Outer(refused)), "connection refused");
}
