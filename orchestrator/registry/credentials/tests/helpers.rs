//! Credential helpers: programs that Docker's configuration names.

use super::*;

/// A home whose configuration names the helper `one` for r.io, and `all` for everything else.
fn with_helpers() -> World {
    config(
        r#"{"credHelpers":{"r.io":"one"},"credsStore":"all","auths":{"r.io":{"auth":"bWU6cA"}}}"#,
    )
}

#[tokio::test]
async fn helpers() {
    let returns = |user: &str| {
        format!(
            r#"test "$1" = get && read -r server; echo "{{\"ServerURL\":\"$server\",\"Username\":\"{user} $server\",\"Secret\":\"s3cr3t-value\"}}""#
        )
    };
    let nothing = r#"echo "credentials not found in native keychain"; exit 1"#;
    let place = |name: &str| format!("docker-credential-{name} (named in {CONFIG})");
    let one = |script: &str| with_helpers().helper("one", script);
    let mine = "basic me r.io s3cr3t-value";
    check(one(&returns("me")), "r.io", mine, &place("one")).await;
    let world = one(nothing).helper("all", &returns("you"));
    let yours = "basic you r.io s3cr3t-value";
    check(world, "r.io", yours, &place("all")).await;
    let world = one(nothing).helper("all", nothing);
    check(world, "r.io", "basic me p", CONFIG).await;
    let world = with_helpers().helper("all", &returns("me"));
    let hub = "basic me https://index.docker.io/v1/ s3cr3t-value";
    check(world, "docker.io", hub, &place("all")).await;
    let token = r#"echo '{"Username":"<token>","Secret":"s3cr3t-value"}'"#;
    check(one(token), "r.io", "identity s3cr3t-value", &place("one")).await;
    let world = one("cat > /dev/null; echo '{}'").helper("all", nothing);
    check(world, "r.io", "basic me p", CONFIG).await;
}

#[tokio::test]
async fn broken_helpers() {
    for (world, why) in [
        (
            with_helpers(),
            "docker-credential-one cannot be started: No such file or directory (os error 2)",
        ),
        (
            with_helpers().helper("one", "echo no keys; echo more; exit 3"),
            "docker-credential-one failed (exit status: 3): no keys",
        ),
        (
            with_helpers().helper("one", "echo s3cr3t-value"),
            "the output of docker-credential-one is not JSON with Username and Secret",
        ),
        (
            config(r#"{"credsStore":"../../x"}"#),
            "`../../x` is not a valid name of a credential helper",
        ),
    ] {
        let error = format!(
            "credentials for r.io: {why} (named in {CONFIG}); fix it, or set KILN_AUTH_R_IO=user:password"
        );
        check(world, "r.io", "error", &error).await;
    }
}

#[tokio::test]
async fn a_helper_gets_the_environment_and_runs_once() {
    let script = r#"cat > /dev/null; echo x >> "$HOME/asked"; echo "{\"Username\":\"$WHO\",\"Secret\":\"s\"}""#;
    let world = World::new()
        .file(".docker/config.json", r#"{"credsStore":"one"}"#)
        .helper("one", script)
        .var("WHO", "ann");
    let home = world.home.path().display().to_string();
    let vars = [
        ("HOME".into(), home.clone()),
        ("PATH".into(), format!("{home}/bin:/usr/bin:/bin")),
        ("WHO".into(), "ann".into()),
    ];
    let credentials = Credentials::from(&vars.into_iter().collect::<Environment>());
    let domain = domain_of("r.io").repository.domain().clone();
    let (one, two) = tokio::join!(credentials.get(&domain), credentials.get(&domain));
    assert_eq!(
        one.unwrap().map(|f| show(&f.credential)),
        Some("basic ann s".into())
    );
    assert!(two.unwrap().is_some());
    assert_eq!(
        fs::read_to_string(world.home.path().join("asked")).unwrap(),
        "x\n"
    );
}

#[tokio::test]
async fn several_at_once() {
    let vars = [("KILN_AUTH_R_IO".to_string(), "a:b".to_string())];
    let credentials = Credentials::from(&vars.into_iter().collect::<Environment>());
    let domain = |name| domain_of(name).repository.domain().clone();
    let all = credentials
        .of([domain("r.io"), domain("quay.io")])
        .await
        .unwrap();
    assert_eq!(
        all.into_iter()
            .map(|(domain, c)| format!("{domain} {}", show(&c)))
            .collect::<Vec<_>>(),
        ["r.io basic a b"]
    );
}

/// A home whose configuration names the helper `one`, which counts its calls in the file `calls`.
fn counting(script: &str) -> World {
    let counting = format!("echo call >> \"$HOME/calls\"; cat > /dev/null; {script}");
    config(r#"{"credsStore":"one"}"#).helper("one", &counting)
}

fn calls(world: &World) -> usize {
    let calls = fs::read_to_string(world.home.path().join("calls"));
    calls.unwrap_or_default().lines().count()
}

/// Credentials with limits that a test can wait for.
fn limited(world: &World, kept: u64, settled: u64, helper: u64) -> Credentials {
    let credentials = world.credentials();
    let inner = Arc::into_inner(credentials.0).unwrap();
    let limits = Limits {
        kept: Duration::from_millis(kept),
        settled: Duration::from_millis(settled),
        helper: Duration::from_millis(helper),
    };
    Credentials(Arc::new(Inner { limits, ..inner }))
}

#[tokio::test]
async fn a_helper_is_called_once_for_each_registry_of_a_run() {
    let world = counting(r#"echo '{"Username":"me","Secret":"s3cr3t-value"}'"#);
    let credentials = world.credentials();
    let domain = domain_of("r.io").repository.domain().clone();
    let all = (0..20).map(|_| credentials.get(&domain));
    for found in futures_util::future::join_all(all).await {
        assert!(found.unwrap().is_some());
    }
    assert_eq!(calls(&world), 1);
    let other = domain_of("other.io").repository.domain().clone();
    credentials.get(&other).await.unwrap();
    assert_eq!(calls(&world), 2);
    // Nor is one that has no credential.
    let world = counting(r#"echo "credentials not found in native keychain"; exit 1"#);
    let credentials = world.credentials();
    for _ in 0..3 {
        assert_eq!(credentials.get(&domain).await, Ok(None));
    }
    assert_eq!(calls(&world), 1);
}

/// The tokens of cloud providers end during long runs.
#[tokio::test]
async fn a_helper_has_a_new_token_for_one_that_has_ended() {
    let token = r#"echo "{\"Username\":\"AWS\",\"Secret\":\"token $(wc -l < "$HOME/calls")\"}""#;
    let world = counting(token);
    let domain = domain_of("r.io").repository.domain().clone();
    let shown = async |credentials: &Credentials| {
        let found = credentials.get(&domain).await.unwrap().unwrap();
        show(&found.credential)
    };
    // By age.
    let credentials = limited(&world, 50, 0, 10_000);
    assert_eq!(shown(&credentials).await, "basic AWS token 1");
    assert_eq!(shown(&credentials).await, "basic AWS token 1");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(shown(&credentials).await, "basic AWS token 2");
    // Because the registry has refused it.
    let credentials = limited(&world, 60_000, 0, 10_000);
    assert_eq!(shown(&credentials).await, "basic AWS token 3");
    assert_eq!(credentials.renew(&domain).await, Ok(true));
    assert_eq!(shown(&credentials).await, "basic AWS token 4");
    // One that was just read is wrong, not old.
    let credentials = limited(&world, 60_000, 60_000, 10_000);
    assert_eq!(shown(&credentials).await, "basic AWS token 5");
    assert_eq!(credentials.renew(&domain).await, Ok(false));
    assert_eq!(calls(&world), 5);
    // A file has the same text again.
    let file = config(r#"{"auths":{"r.io":{"auth":"ENCODED"}}}"#);
    let credentials = limited(&file, 60_000, 0, 10_000);
    credentials.get(&domain).await.unwrap();
    assert_eq!(credentials.renew(&domain).await, Ok(false));
}

#[tokio::test]
async fn a_helper_that_hangs_or_floods_ends() {
    let domain = domain_of("r.io").repository.domain().clone();
    for script in [
        "exec sleep 60",
        "exec cat /dev/zero",
        "sleep 60 & echo x; wait",
        "exec yes >&2",
    ] {
        let world = config(r#"{"credsStore":"one"}"#).helper("one", script);
        let credentials = limited(&world, 60_000, 0, 300);
        let began = Instant::now();
        let error = credentials.get(&domain).await.unwrap_err().to_string();
        assert!(error.contains("docker-credential-one"), "{script}: {error}");
        assert!(error.contains("KILN_AUTH_R_IO=user:password"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{script}");
    }
}

/// The programs of cloud providers: ECR names a user, ACR and GCR have tokens. Each registry asks its own helper, all others the
/// general one.
#[tokio::test]
async fn helpers_of_cloud_providers() {
    let one = |user: &str, secret: &str| {
        format!(r#"cat > /dev/null; echo '{{"Username":"{user}","Secret":"{secret}"}}'"#)
    };
    let world = || {
        config(
            r#"{"credHelpers":{"123.dkr.ecr.eu-west-1.amazonaws.com":"ecr-login","me.azurecr.io":"acr-env","europe-docker.pkg.dev":"gcloud"},"credsStore":"all"}"#,
        )
        .helper("ecr-login", &one("AWS", SECRET))
        .helper("acr-env", &one("<token>", SECRET))
        .helper("gcloud", &one("_dcgcloud_token", SECRET))
        .helper("all", &one("everyone", SECRET))
    };
    for (domain, expect, helper) in [
        (
            "123.dkr.ecr.eu-west-1.amazonaws.com",
            "basic AWS s3cr3t-value",
            "ecr-login",
        ),
        ("me.azurecr.io", "identity s3cr3t-value", "acr-env"),
        (
            "europe-docker.pkg.dev",
            "basic _dcgcloud_token s3cr3t-value",
            "gcloud",
        ),
        ("r.io", "basic everyone s3cr3t-value", "all"),
    ] {
        let place = format!("docker-credential-{helper} (named in {CONFIG})");
        check(world(), domain, expect, &place).await;
    }
}
