//! What is removed when an engine's lists are late, wrong or missing.

use super::super::Leases;
use super::*;
use crate::engine::docker::endpoint::Endpoint;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const OWN: &str = "k0a11ea11e";
const LIVE: &str = "k0b22eb22e";
const DEAD: &str = "kdeaddead0";

/// One answer to a request for the list of images.
#[derive(Clone, Copy)]
enum List {
    /// Some of the names.
    Names(&'static [&'static str]),
    /// An image went away meanwhile.
    Gone,
}

/// A name of the engine, with a lease that is not over or, for the dead run, is.
fn name(word: &str) -> String {
    let (run, until) = match word.split_once('-').expect("RUN-KIND") {
        ("own", _) => (OWN, 9_999_999_999u64),
        ("live", _) => (LIVE, 9_999_999_999),
        _ => (DEAD, 1),
    };
    match word.ends_with("-lease") {
        true => format!("localhost/kiln/lease:{run}-{until}"),
        false => format!("localhost/kiln/app:{run}-01234567-linux-amd64"),
    }
}

fn answer(list: List) -> ResponseTemplate {
    let List::Names(words) = list else {
        let gone = json!({"message": "content digest sha256:0: not found"});
        return ResponseTemplate::new(404).set_body_json(gone);
    };
    let image = |word: &&str| {
        json!({"Id": "sha256:0", "ParentId": "", "RepoTags": [name(word)], "RepoDigests": [],
            "Created": 0, "Size": 0, "SharedSize": 0, "Labels": {}, "Containers": 0})
    };
    ResponseTemplate::new(200).set_body_json(words.iter().map(image).collect::<Value>())
}

/// An engine that answers requests for its images with these lists, the last one again and again.
async fn engine(lists: &'static [List]) -> MockServer {
    let server = MockServer::start().await;
    let ping = ResponseTemplate::new(200).insert_header("Api-Version", "1.51");
    let created = json!({"status": format!("sha256:{}", "0".repeat(64))});
    let on = |verb: &str, at: &str| Mock::given(method(verb)).and(path_regex(at));
    on("GET", "/_ping$").respond_with(ping).mount(&server).await;
    let created = ResponseTemplate::new(200).set_body_json(created);
    on("POST", "/images/create$")
        .respond_with(created)
        .mount(&server)
        .await;
    let none = ResponseTemplate::new(200).set_body_json(json!([]));
    on("GET", "/containers/json$")
        .respond_with(none.clone())
        .mount(&server)
        .await;
    on("DELETE", "/images/")
        .respond_with(none)
        .mount(&server)
        .await;
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let next = move |_: &Request| {
        let at = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        answer(lists[at.min(lists.len() - 1)])
    };
    let list = Mock::given(method("GET")).and(path("/v1.51/images/json"));
    list.respond_with(next).mount(&server).await;
    server
}

/// Checks what a run with a lease removes from an engine that lists its images like this.
async fn check(lists: &'static [List], removed: &[&str], fails: bool) {
    let server = engine(lists).await;
    let address = *server.address();
    let (host, port) = (address.ip().to_string(), address.port());
    let client = Client::new(Endpoint::Tcp { host, port }).expect("a client");
    let leases = Leases::default();
    leases.hold(&client, OWN).await.expect("a lease");
    let reaped = reap(&client, leases.current().as_deref(), 0).await;
    let requests = server.received_requests().await.unwrap_or_default();
    let mut found: Vec<String> = requests
        .iter()
        .filter(|request| request.method.as_str() == "DELETE")
        .filter_map(|request| Some(request.url.path().split_once("/images/")?.1.to_owned()))
        .collect();
    found.sort();
    let mut removed: Vec<String> = removed.iter().map(|word| name(word)).collect();
    removed.sort();
    assert_eq!(found, removed);
    assert_eq!(reaped.is_err(), fails, "{reaped:?}");
}

const ALL: List = List::Names(&[
    "own-lease",
    "live-lease",
    "live-image",
    "dead-lease",
    "dead-image",
]);

#[tokio::test]
async fn names_of_killed_runs_are_removed() {
    check(&[ALL], &["dead-image", "dead-lease"], false).await;
}

/// Docker Engine 28.5.2 with the containerd store answers 404 if an image is removed while it lists all of them.
#[tokio::test]
async fn a_list_that_fails_is_not_an_empty_one() {
    check(
        &[ALL, List::Gone, ALL],
        &["dead-image", "dead-lease"],
        false,
    )
    .await;
    check(&[List::Gone, ALL], &["dead-image", "dead-lease"], false).await;
    check(&[ALL, List::Gone], &[], true).await;
}

/// A run has a lease before it reads any list.
#[tokio::test]
async fn a_list_without_the_own_lease_is_not_believed() {
    check(&[ALL, List::Names(&[])], &[], false).await;
    check(&[ALL, List::Names(&["live-lease"])], &[], false).await;
}
