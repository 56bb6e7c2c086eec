use super::*;

fn listed(given: &[&str], variable: Option<&str>) -> Vec<String> {
    let given: Vec<String> = given.iter().map(ToString::to_string).collect();
    let variables = variable.map(|value| ("KILN_ENGINES".to_owned(), value.to_owned()));
    names(&given, &Environment::from_iter(variables))
}

#[test]
fn engines_are_named_on_the_command_line_or_in_the_environment() {
    let none: [&str; 0] = [];
    assert_eq!(listed(&[], None), none);
    assert_eq!(listed(&[], Some(" ")), none);
    assert_eq!(
        listed(&[], Some("a, b\nunix:///c")),
        ["a", "b", "unix:///c"]
    );
    assert_eq!(listed(&["d"], Some("a")), ["d"]);
    assert_eq!(listed(&["b", "a", "b"], None), ["b", "a"]);
    assert_eq!(listed(&[], Some("b,a b,,a")), ["b", "a"]);
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    assert!(refused("").is_some_and(|why| why.contains("repeat --engine")));
    assert!(refused("a,b").is_some_and(|why| why.starts_with("--engine a,b: a comma")));
    for name in ["a", "unix:///run/docker.sock", "ssh://u@h"] {
        assert_eq!(refused(name), None);
    }
}

#[test]
fn a_wrong_address_is_one_of_the_command_line() {
    let env = Environment::from_iter([("HOME".to_owned(), "/nowhere".to_owned())]);
    for name in ["foo://x", "unix://", "nope", "", "a,b"] {
        let names = ["unix:///a".to_owned(), name.to_owned()];
        let exit = connections(&names, &env).err();
        assert_eq!(exit, Some(Exit::Wrong), "{name}");
    }
}

/// Answers as an engine without BuildKit, on a socket.
fn serve(listener: tokio::net::UnixListener) -> tokio::task::JoinHandle<()> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = client.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let (status, body) = match request.split(' ').nth(1).unwrap_or_default() {
                path if path.ends_with("/info") => ("200 OK", r#"{"ID":"one","NCPU":4}"#),
                "/_ping" => ("200 OK", "OK"),
                _ => ("404 Not Found", "{}"),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = client.write_all(answer.as_bytes()).await;
        }
    })
}

/// The run begins without an engine that does not answer soon after another one, and says why it does not answer.
#[tokio::test]
async fn an_engine_that_does_not_answer_is_left_out_with_its_own_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = |name: &str| format!("unix://{}", folder.path().join(name).display());
    let socket =
        |name: &str| tokio::net::UnixListener::bind(folder.path().join(name)).expect("a socket");
    let server = serve(socket("answers"));
    let silent = socket("silent");
    drop(socket("refuses"));
    let names = ["refuses", "answers", "silent"].map(address);
    let env = Environment::from_iter([]);
    let engines = connections(&names, &env).expect("addresses");
    let began = std::time::Instant::now();
    let found = answers(engines, &How::default(), Duration::from_millis(200)).await;
    // Far less than an engine may take to start.
    assert!(began.elapsed() < STARTING / 3, "{:?}", began.elapsed());
    let why = |at: usize| match &found[at] {
        Ok(_) => String::from("it answers"),
        Err(why) => reason(&names[at], why),
    };
    assert!(why(0).starts_with("Connection refused"), "{}", why(0));
    assert_eq!(why(1), "it answers");
    assert_eq!(why(2), "no answer 0 s after that of another one");
    drop((server, silent));
}

/// `kiln plan` and `kiln test` look at an engine once, whatever it is called.
#[tokio::test]
async fn two_names_of_an_engine_are_one_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let names =
        ["a", "b", "gone"].map(|name| format!("unix://{}", folder.path().join(name).display()));
    let socket =
        |name: &str| tokio::net::UnixListener::bind(folder.path().join(name)).expect("a socket");
    let servers = ["a", "b"].map(|name| serve(socket(name)));
    let env = Environment::from_iter([]);
    let found = distinct(names.to_vec(), &env).await;
    // What does not answer may be another engine.
    assert_eq!(found, [names[0].clone(), names[2].clone()]);
    drop(servers);
}

#[test]
fn the_reason_has_the_address_of_a_context() {
    let why = WorldError::unreachable("the engine at tcp://10.0.0.7:2375", "refused");
    assert_eq!(reason("tcp://10.0.0.7:2375", &why), "refused");
    assert_eq!(
        reason("builder-2", &why),
        "the engine at tcp://10.0.0.7:2375: refused"
    );
}
