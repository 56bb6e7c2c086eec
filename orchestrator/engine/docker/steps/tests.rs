use super::*;

const FILE: &str = r#"# syntax=docker/dockerfile:1
# a comment
ARG VERSION=1
FROM debian:${VERSION} AS build

WORKDIR /w
COPY f.txt a/
RUN apt-get update && \
    # a comment inside
    apt-get install -y \
      make

RUN <<EOF
COPY not an instruction
EOF
FROM build AS test
RUN make test
FROM scratch
COPY --from=build /w /w
COPY <<-"A" <<B /etc/
	RUN one
	A
RUN two
B
ENV X=1
WORKDIR $X
RUN make test
"#;

#[track_caller]
fn check(name: &str, expect: Option<usize>) {
    assert_eq!(line(FILE, name), expect, "{name}");
}

#[test]
fn buildkit_counts_in_stages() {
    check("[build 1/5] FROM debian:1", Some(4));
    check("[build 2/5] WORKDIR /w", Some(6));
    check("[build 3/5] COPY f.txt a/", Some(7));
    check(
        "[build 4/5] RUN apt-get update &&     apt-get install -y       make",
        Some(8),
    );
    check(
        "[linux/arm64 build 5/5] RUN <<EOF (COPY not an instruction)",
        Some(13),
    );
    check("[test 1/1] RUN make test", Some(17));
    check("[stage-2 1/4] COPY --from=build /w /w", Some(19));
    check("[stage-2 2/4] COPY <<-A <<B /etc/", Some(20));
    check("[stage-2 3/4] WORKDIR 1", Some(26));
    check("[stage-2 4/4] RUN make test", Some(27));
}

#[test]
fn the_classic_builder_counts_all_instructions() {
    check("Step 1/13 : ARG VERSION=1", Some(3));
    check("Step 2/13 : FROM debian:${VERSION} AS build", Some(4));
    check(
        "Step 5/13 : RUN apt-get update &&     apt-get install -y       make",
        Some(8),
    );
    check("Step 11/13 : ENV X=1", Some(25));
}

#[test]
fn a_step_that_does_not_match_has_no_line() {
    check("[internal] load build definition from Dockerfile", None);
    check("exporting to image", None);
    check("[nope 2/3] RUN something else", None);
    check("[build 9/9] RUN something else", None);
    check("[build 2/5] COPY something else", None);
    check("[2/x] RUN", None);
    check("Step 0/1 : RUN x", None);
    check("", None);
    // A number that does not match, and a text that occurs only once.
    check("[nope 2/3] COPY f.txt a/", Some(7));
}

#[test]
fn what_counts() {
    for name in [
        "[2/5] RUN make",
        "[build 1/3] COPY . .",
        "[linux/arm64 build 1/3] ADD x y",
        "[stage-1 3/3] WORKDIR /x",
    ] {
        assert!(counts(name), "{name}");
    }
    for name in [
        "[1/5] FROM debian",
        "[internal] load metadata for debian",
        "importing cache manifest from x",
        "exporting to image",
        "[auth] x:pull token for x",
        "copy /context /",
        "",
    ] {
        assert!(!counts(name), "{name}");
    }
}

#[test]
fn any_file_gives_a_result() {
    for file in [
        "",
        "\n",
        "\\",
        "RUN \\",
        "RUN <<",
        "RUN <<-",
        "RUN <<EOF",
        "FROM",
        "RUN x\nFROM a AS",
        "# escape=`\nFROM x\nRUN a `\n b",
    ] {
        for name in [
            "[1/1] RUN x",
            "[a 9/9] RUN x",
            "Step 1/1 : FROM x",
            "Step 99/1 : RUN a b",
        ] {
            line(file, name);
        }
    }
    assert_eq!(
        line("# escape=`\nFROM x\nRUN a `\n b\nRUN c", "[3/3] RUN c"),
        Some(5)
    );
}
