//! The environment and files of each case, and the credential that results.

mod helpers;

use super::*;
use crate::request::Credential;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::TempDir;

const SECRET: &str = "s3cr3t-value";

struct World {
    home: TempDir,
    vars: Vec<(String, String)>,
}

impl World {
    fn new() -> Self {
        Self {
            home: TempDir::new().unwrap(),
            vars: Vec::new(),
        }
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((
            name.into(),
            value.replace("$HOME", self.home.path().to_str().unwrap()),
        ));
        self
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn helper(self, name: &str, script: &str) -> Self {
        let path = format!("bin/docker-credential-{name}");
        let this = self.file(&path, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(
            this.home.path().join(path),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
        this
    }

    fn credentials(&self) -> Credentials {
        let home: &Path = self.home.path();
        let usual = [
            ("HOME".into(), home.display().to_string()),
            (
                "PATH".into(),
                format!("{}/bin:/usr/bin:/bin", home.display()),
            ),
        ];
        let env: Environment = usual.into_iter().chain(self.vars.clone()).collect();
        Credentials::from(&env)
    }

    async fn get(&self, domain: &str) -> Result<Option<Found>, WorldError> {
        self.credentials()
            .get(domain_of(domain).repository.domain())
            .await
    }
}

fn domain_of(domain: &str) -> crate::name::Reference {
    format!("{domain}/x").parse().unwrap()
}

/// `basic user password`, `identity token`, `bearer token`, `none`, or the start of an error.
async fn check(world: World, domain: &str, expect: &str, place: &str) {
    let got = world.get(domain).await;
    assert!(!format!("{got:?}").contains(SECRET), "a secret in {got:?}");
    let (text, origin) = match &got {
        Ok(None) => (String::from("none"), String::new()),
        Ok(Some(found)) => (show(&found.credential), found.origin.to_string()),
        Err(error) => (String::from("error"), error.to_string()),
    };
    let origin = origin.replace(world.home.path().to_str().unwrap(), "~");
    assert_eq!(
        (text.as_str(), origin.as_str()),
        (expect, place),
        "{domain}"
    );
}

fn show(credential: &Credential) -> String {
    match credential {
        Credential::Basic { username, password } => format!("basic {username} {password}"),
        Credential::Identity(token) => format!("identity {token}"),
        Credential::Bearer(token) => format!("bearer {token}"),
    }
}

/// `me:s3cr3t-value`
const ENCODED: &str = "bWU6czNjcjN0LXZhbHVl";

/// A home with this `~/.docker/config.json`.
fn config(text: &str) -> World {
    World::new().file(".docker/config.json", &text.replace("ENCODED", ENCODED))
}

const CONFIG: &str = "~/.docker/config.json";

#[tokio::test]
async fn variables() {
    for (variable, value, domain, expect) in [
        ("GHCR_IO", "me:pass:word", "ghcr.io", "basic me pass:word"),
        ("127_0_0_1_5000", "a:b", "127.0.0.1:5000", "basic a b"),
        ("___1__5000", "a:b", "[::1]:5000", "basic a b"),
        ("MY_REG_EXAMPLE", "a:b\n", "my-reg.example", "basic a b"),
        ("DOCKER_IO", "<token>:t", "docker.io", "identity t"),
        ("GHCR_IO", "Bearer t:u", "ghcr.io", "bearer t:u"),
        ("GHCR_IO", "token:t", "ghcr.io", "basic token t"),
    ] {
        let variable = format!("KILN_AUTH_{variable}");
        check(
            World::new().var(&variable, value),
            domain,
            expect,
            &variable,
        )
        .await;
    }
    check(World::new(), "ghcr.io", "none", "").await;
    for (variable, value) in [("KILN_AUTH_GHCR_IO", ""), ("KILN_AUTH_QUAY_IO", "a:b")] {
        check(World::new().var(variable, value), "ghcr.io", "none", "").await;
    }
    let fault = "credentials for ghcr.io: KILN_AUTH_GHCR_IO is not `user:password`; it may also be `<token>:refresh-token` or `Bearer token`";
    let broken = World::new().var("KILN_AUTH_GHCR_IO", SECRET);
    check(broken, "ghcr.io", "error", fault).await;
}

/// The variables of CI systems: for their own registries only, and after everything that a person has configured.
#[tokio::test]
async fn variables_of_ci_systems() {
    let gitlab = || {
        World::new()
            .var("CI_REGISTRY", "registry.gitlab.example:5050")
            .var("CI_REGISTRY_USER", "gitlab-ci-token")
            .var("CI_REGISTRY_PASSWORD", "job")
            .var("CI_DEPLOY_USER", "gitlab+deploy-token")
            .var("CI_DEPLOY_PASSWORD", "deploy")
            .var("CI_DEPENDENCY_PROXY_SERVER", "gitlab.example:443")
            .var("CI_DEPENDENCY_PROXY_USER", "gitlab-ci-token")
            .var("CI_DEPENDENCY_PROXY_PASSWORD", "proxy")
    };
    let github = |system: &str| {
        World::new()
            .var(system, "true")
            .var("GITHUB_ACTOR", "me")
            .var("GITHUB_TOKEN", "t")
            .var("DOCKER_LOGIN", "hub")
            .var("DOCKER_PASSWORD", "p")
    };
    for (world, domain, expect, place) in [
        (
            gitlab(),
            "registry.gitlab.example:5050",
            "basic gitlab-ci-token job",
            "CI_REGISTRY_PASSWORD",
        ),
        (
            gitlab().var("CI_REGISTRY_PASSWORD", ""),
            "registry.gitlab.example:5050",
            "basic gitlab+deploy-token deploy",
            "CI_DEPLOY_PASSWORD",
        ),
        (
            gitlab(),
            "gitlab.example",
            "basic gitlab-ci-token proxy",
            "CI_DEPENDENCY_PROXY_PASSWORD",
        ),
        (gitlab(), "registry.gitlab.example", "none", ""),
        (gitlab(), "registry.gitlab.example.evil.example", "none", ""),
        (
            github("GITHUB_ACTIONS"),
            "ghcr.io",
            "basic me t",
            "GITHUB_TOKEN",
        ),
        (github("GITHUB_ACTIONS"), "docker.io", "none", ""),
        (github("GITHUB_ACTIONS"), "evil.example", "none", ""),
        (github("OTHER"), "ghcr.io", "none", ""),
        (
            github("CIRCLECI"),
            "docker.io",
            "basic hub p",
            "DOCKER_PASSWORD",
        ),
        (github("CIRCLECI"), "ghcr.io", "none", ""),
        (
            github("GITHUB_ACTIONS").var("KILN_AUTH_GHCR_IO", "a:b"),
            "ghcr.io",
            "basic a b",
            "KILN_AUTH_GHCR_IO",
        ),
        (
            github("GITHUB_ACTIONS").file(
                ".docker/config.json",
                r#"{"auths":{"ghcr.io":{"username":"u","password":"p"}}}"#,
            ),
            "ghcr.io",
            "basic u p",
            CONFIG,
        ),
    ] {
        check(world, domain, expect, place).await;
    }
}

#[tokio::test]
async fn docker_auth_config() {
    let gitlab = format!(r#"{{"auths":{{"r.io:5000":{{"auth":"{ENCODED}"}}}}}}"#);
    let world = World::new().var("DOCKER_AUTH_CONFIG", &gitlab);
    let me = "basic me s3cr3t-value";
    check(world, "r.io:5000", me, "DOCKER_AUTH_CONFIG").await;
}

#[tokio::test]
async fn configuration_files() {
    let me = "basic me s3cr3t-value";
    for (text, domain, expect) in [
        (r#"{"auths":{"r.io":{"auth":"ENCODED"}}}"#, "r.io", me),
        (
            r#"{"auths":{"https://r.io/v1/":{"auth":"ENCODED"}}}"#,
            "r.io",
            me,
        ),
        (
            r#"{"auths":{"http://r.io":{"auth":"ENCODED"}}}"#,
            "r.io",
            me,
        ),
        (
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"ENCODED"}}}"#,
            "docker.io",
            me,
        ),
        (
            r#"{"auths":{"docker.io":{"auth":"ENCODED"}}}"#,
            "docker.io",
            me,
        ),
        (
            r#"{"auths":{"r.io":{"username":"u","password":"p"}}}"#,
            "r.io",
            "basic u p",
        ),
        (
            r#"{"auths":{"r.io":{"auth":"ENCODED","identitytoken":"i"}}}"#,
            "r.io",
            "identity i",
        ),
        (
            r#"{"auths":{"r.io":{"registrytoken":"t"}}}"#,
            "r.io",
            "bearer t",
        ),
        (
            r#"{"auths":{"r.io":{"auth":"bWU6cA"}}}"#,
            "r.io",
            "basic me p",
        ),
    ] {
        check(config(text), domain, expect, CONFIG).await;
    }
}

#[tokio::test]
async fn configuration_files_without_a_credential() {
    for (text, domain) in [
        ("{}", "r.io"),
        ("", "r.io"),
        (r#"{"auths":{"r.io":{}}}"#, "r.io"),
        (r#"{"auths":{"r.io":{"auth":"ENCODED"}}}"#, "r.io:5000"),
        (r#"{"auths":{"r.io/team":{"auth":"ENCODED"}}}"#, "r.io"),
    ] {
        check(config(text), domain, "none", "").await;
    }
}

#[tokio::test]
async fn broken_configuration_files() {
    for (text, why) in [
        (
            r#"{"auths":{"r.io":{"auth":"s3cr3t-value"}}}"#,
            "auths, `r.io`: `auth` is not `user:password` in base64",
        ),
        (
            "{\n\"auths\": s3cr3t-value}",
            "invalid JSON at line 2, column 10",
        ),
        (
            r#"{"auths":{"r.io":"s3cr3t-value"}}"#,
            "an entry of an unexpected kind at line 1, column 31",
        ),
        (&"x".repeat(2 << 20), "larger than 1048576 bytes"),
    ] {
        let error = format!("credentials for r.io: {CONFIG}: {why}");
        check(config(text), "r.io", "error", &error).await;
    }
}

#[tokio::test]
async fn other_places() {
    let text = format!(
        r#"{{"auths":{{"r.io":{{"auth":"{ENCODED}"}},"quay.io/team":{{"auth":"{ENCODED}"}},"https://r2.io":{{"auth":"{ENCODED}"}}}}}}"#
    );
    let me = "basic me s3cr3t-value";
    let world = |path: &str| World::new().file(path, &text);
    check(
        world("d/config.json").var("DOCKER_CONFIG", "$HOME/d"),
        "r.io",
        me,
        "~/d/config.json",
    )
    .await;
    check(
        world(".docker/config.json").var("DOCKER_CONFIG", "$HOME/d"),
        "r.io",
        "none",
        "",
    )
    .await;
    check(
        world("a.json").var("REGISTRY_AUTH_FILE", "$HOME/a.json"),
        "r.io",
        me,
        "~/a.json",
    )
    .await;
    check(
        world("run/containers/auth.json").var("XDG_RUNTIME_DIR", "$HOME/run"),
        "r.io",
        me,
        "~/run/containers/auth.json",
    )
    .await;
    check(
        world(".config/containers/auth.json"),
        "r.io",
        me,
        "~/.config/containers/auth.json",
    )
    .await;
    check(world(".config/containers/auth.json"), "quay.io", "none", "").await;
    check(world(".docker"), "r.io", "none", "").await;
}

#[tokio::test]
async fn an_untrusted_run_reads_nothing() {
    let domain = domain_of("r.io").repository.domain().clone();
    assert_eq!(Credentials::none().get(&domain).await, Ok(None));
}

/// The registries with a login, and their users; runs no helper.
#[tokio::test]
async fn logins() {
    async fn check(world: World, expect: &str) {
        let shown = match world.credentials().logins().await {
            Ok(all) => all
                .into_iter()
                .map(|(domain, user)| {
                    user.map_or(domain.to_string(), |user| format!("{user}@{domain}"))
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(why) => why.replace(world.home.path().to_str().unwrap(), "~"),
        };
        assert!(!shown.contains(SECRET), "{shown}");
        assert_eq!(shown, expect);
    }
    let config =
        |text: &str| World::new().file(".docker/config.json", &text.replace("ENCODED", ENCODED));
    check(World::new(), "").await;
    check(config("{}"), "").await;
    check(
        config(r#"{"auths":{"https://index.docker.io/v1/":{"auth":"ENCODED"},"r.io:5000":{}}}"#),
        "me@docker.io r.io:5000",
    )
    .await;
    check(config(r#"{"auths":{"docker.io":{}},"credHelpers":{"ecr.example.com":"none","docker.io":"none"}}"#), "docker.io ecr.example.com")
        .await;
    check(config(r#"{"auths":{"r.io":{"identitytoken":"s3cr3t-value"},"":{},"a b":{},"é":{},"plain":{}}}"#), "r.io").await;
    check(config(r#"{"auths":{"r.io":{"auth":"?"}}}"#), "r.io").await;
    check(
        config("{"),
        "~/.docker/config.json: invalid JSON at line 1, column 1",
    )
    .await;
    let podman = config("{}")
        .var("REGISTRY_AUTH_FILE", "$HOME/auth.json")
        .file("auth.json", r#"{"auths":{"quay.io/team":{}}}"#);
    check(podman, "quay.io").await;
    let gitlab = format!(r#"{{"auths":{{"r.example":{{"auth":"{ENCODED}"}}}}}}"#);
    check(
        config("{}").var("DOCKER_AUTH_CONFIG", &gitlab),
        "me@r.example",
    )
    .await;
}
