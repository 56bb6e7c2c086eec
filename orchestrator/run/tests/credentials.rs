//! Which credentials the engine gets for which build.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::host::Environment;

const FLEET: &str = r#"workspace "w" { publish "public.example/f/{image}"; stage "stage.example/f/stage" }
base "open" from="open.example/base:1"
base "one" from="one.example/base:1"
base "two" from="two.example/base:1"
toolset "t" { run "make it" }
image "a" { from base="open"; use "t"; tag "1" }
image "b" { from base="one"; use "t"; tag "1" }
image "c" { from base="two"; use "t"; tag "1" }
image "child" { from image="c"; use "t"; tag "1" }
"#;

/// The registries whose credentials each build got, in the order of their names.
fn given(untrusted: bool) -> Vec<String> {
    let hosts = ["ONE", "TWO", "STAGE", "PUBLIC", "OTHER"];
    let variable = |host: &&str| (format!("KILN_AUTH_{host}_EXAMPLE"), format!("me:{host}"));
    let env: Environment = hosts.iter().map(variable).collect();
    let mut world = World::default();
    for host in ["open", "one", "two"] {
        world.serve(&format!("{host}.example/base:1"), &Engine::base(host));
    }
    let engine = world.engine();
    world.env = match untrusted {
        true => env.untrusted(),
        false => env,
    };
    let run = runtime().block_on(world.go(&Call::push(FLEET), &engine));
    let (_, _, outcome) = run.expect("an answer");
    assert!(outcome.is_success(), "{outcome:?}");
    engine.given()
}

/// G13: a build gets the credentials of the registries of its own outside images, and no others: not those of other images,
/// of the staging repository, or of what is published to.
#[test]
fn a_build_gets_the_credentials_of_what_it_reads() {
    let expect = ["", "", "one.example", "two.example"];
    assert_eq!(given(false), expect);
}

/// G16: an untrusted run gives none.
#[test]
fn an_untrusted_build_gets_no_credential() {
    assert_eq!(given(true), ["", "", "", ""]);
}
