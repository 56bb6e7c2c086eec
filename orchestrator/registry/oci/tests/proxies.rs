//! Requests through a proxy, and around it.

use super::*;
use crate::registry::Registry;
use crate::request::Patience;
use wiremock::matchers::any;

#[tokio::test]
async fn proxies_are_used_except_for_this_machine() {
    let proxy = MockServer::start().await;
    Mock::given(any())
        .respond_with(is(Digest::of("1")))
        .mount(&proxy)
        .await;
    let vars = [
        ("http_proxy", &*proxy.uri()),
        ("KILN_INSECURE", "registry.invalid:5000"),
    ];
    let far: Reference = "registry.invalid:5000/cimg/go:1".parse().unwrap();
    assert_eq!(
        client(&vars).head(&far, Patience::READ).await,
        Ok(Some(Digest::of("1"))),
        "plain HTTP, because KILN_INSECURE allows it"
    );
    let near = Script::new().await;
    assert_eq!(
        client(&vars)
            .head(&near.reference("1"), Patience::READ)
            .await,
        Ok(None)
    );
    let except = [vars[0], vars[1], ("NO_PROXY", "registry.invalid")];
    assert!(client(&except).head(&far, Patience::CACHE).await.is_err());
    let seen = proxy.received_requests().await.unwrap();
    assert!(
        seen.iter()
            .all(|r| r.headers["host"] == "registry.invalid:5000")
            && seen.len() == 2,
        "{seen:#?}"
    );
    let error = client(&[("HTTPS_PROXY", "http://user:hunter2@[")])
        .head(&far, Patience::CACHE)
        .await
        .unwrap_err();
    let why = "HTTPS_PROXY is not a valid proxy address, such as http://proxy.example:3128";
    assert_eq!(
        error.to_string(),
        format!("connections to registry.invalid:5000: {why}")
    );
}
