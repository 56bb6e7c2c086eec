use super::super::{Given, read};
use crate::name::Platform;
use indexmap::IndexMap;

/// The mounts of a file as `line:type=id`; `?` for an id that is not known.
fn check(text: &str, wanted: &str) {
    let args: IndexMap<String, String> = [("GIVEN".into(), "given".into())].into_iter().collect();
    let given = Given {
        args: &args,
        platforms: &[Platform::linux_amd64(), "linux/arm64".parse().unwrap()],
        target: None,
        contexts: &[],
    };
    let file = read(text, given);
    assert_eq!(file.faults, [], "{text}");
    let mounts: Vec<String> = (file.mounts.iter())
        .map(|one| {
            let id = one.id.as_deref().unwrap_or("?");
            format!("{}:{}={id}", one.line, one.kind.word())
        })
        .collect();
    assert_eq!(mounts.join(" "), wanted, "{text}");
}

fn run(mount: &str, wanted: &str) {
    check(&format!("FROM a\nRUN --mount={mount} make"), wanted);
}

#[test]
fn ids_are_those_of_buildkit() {
    run("type=secret,id=npm", "2:secret=npm");
    run("type=secret,id=npm,target=/root/.npmrc", "2:secret=npm");
    run("type=secret,source=src,id=npm", "2:secret=src");
    run("type=secret,target=/root/.netrc", "2:secret=.netrc");
    run("type=secret,dst=/root/a/", "2:secret=a");
    run("TYPE=Secret,ID=Npm", "2:secret=Npm");
    run("type=secret,id=npm,env=TOKEN", "2:secret=npm");
    run("type=ssh", "2:ssh=default");
    run("type=ssh,target=/agent.sock", "2:ssh=default");
    run("type=ssh,id=deploy,required=true", "2:ssh=deploy");
    run("type=\"secret\",id='npm'", "2:secret=npm");
    run("type=secret", "2:secret=?");
    run("type=cache,id=npm,target=/c", "");
    run("id=npm,target=/c", "");
}

#[test]
fn variables_are_expanded_where_they_are_known() {
    let with = |lines: &str, id: &str, wanted: &str| {
        check(
            &format!("ARG OUTER=outer\nFROM a\n{lines}\nRUN --mount=type=secret,id={id} make"),
            &format!("4:secret={wanted}"),
        );
    };
    with("ARG GIVEN", "$GIVEN", "given");
    with("ARG OUTER", "x-${OUTER}", "x-outer");
    with("ENV ID=npm", "$ID", "npm");
    with("ENV ID=npm", "$OTHER", "?");
    with("ARG NONE", "$NONE", "?");
}

/// A type may be a variable, too; one that is not known may be any.
#[test]
fn types_are_expanded_where_they_are_known() {
    let with = |line: &str, kind: &str, wanted: &str| {
        check(
            &format!("FROM a\n{line}\nRUN --mount=type={kind},id=npm make"),
            wanted,
        );
    };
    with("ARG T=secret", "$T", "3:secret=npm");
    with("ARG T=ssh", "${T}", "3:ssh=npm");
    with("ENV T=Secret", "$T", "3:secret=npm");
    with("ARG T=cache", "$T", "");
    with("ARG T", "$T", "3:secret=? 3:ssh=?");
    with("ARG T=sec", "${T}ret", "3:secret=npm");
    with("ARG GIVEN", "$GIVEN", "");
}

/// What no build needs asks for nothing.
#[test]
fn only_stages_that_are_built_count() {
    check(
        "FROM a AS dead\nRUN --mount=type=secret,id=dead x\nFROM a AS used\nRUN --mount=type=ssh x\n\
         FROM a\nRUN \\\n  --mount=type=secret,id=one \\\n  --mount=type=secret,id=two x\nCOPY --from=used / /",
        "4:ssh=default 7:secret=one 8:secret=two",
    );
    check(
        "FROM a AS arm64\nRUN --mount=type=secret,id=arm x\nFROM a AS amd64\nRUN --mount=type=secret,id=amd x\n\
         FROM ${TARGETARCH}",
        "2:secret=arm 4:secret=amd",
    );
    // ONBUILD defers it to other builds.
    check("FROM a\nONBUILD RUN --mount=type=secret,id=x make", "");
}
