//! Versions in development own no rungs.

use super::*;

/// What is built between two releases takes no rung; a commit alone may be a release all the same, so there is a warning.
#[test]
fn development_builds_own_no_rungs() {
    for build in [
        "v1.2.3-5-g1234abc-dirty",
        "1.2.3-14-g2414721-alpine",
        "1.2.3.r5.gabc1234",
        "1.2.3_5_gabc1234",
        "1.2.3-dirty",
        "1.2.3-14-gabcd",
        "1.2.3.r14.g1234",
        "1.2.3-14-m2414721abcde",
    ] {
        let expect = [
            String::from("1.2.2: 1.2.2 1.2 1 latest"),
            format!("{build}: {build}"),
        ];
        let expect = expect.each_ref().map(String::as_str);
        check_values(&format!("1.2.2, {build}"), &expect, &[]);
    }
    for commit in ["7f3a9c1", "f3a9c17", "abc1234", "c6bbc1b53", "a0bfb8370"] {
        let build = format!("1.2.3-{commit}");
        let expect = [
            String::from("1.2.2: 1.2.2 1.2 1 latest"),
            format!("{build}: {build}"),
        ];
        let expect = expect.each_ref().map(String::as_str);
        let message =
            format!("`{build}` is taken for a pre-release, since `{commit}` looks like a commit");
        let help = format!("`value \"1.2.3\" token=\"{build}\"`");
        check_values(&format!("1.2.2, {build}"), &expect, &[(&message, &help)]);
        let release = [
            String::from("1.2.2: 1.2.2"),
            format!("{build}: {build} 1.2 1 latest"),
        ];
        let release = release.each_ref().map(String::as_str);
        check_values(&format!("1.2.2, 1.2.3={build}"), &release, &[]);
    }
}

/// By line: the values of an axis, the one that is `latest`, and the values with a warning.
const DEVELOPMENT: &str = "\
9.0 10.0.0-devel > 9.0
9.0 10.0.0-dev > 9.0
9.0 10.0.0-develop > 9.0
9.0 10.0.0-development > 9.0
9.0 10.0.0-nightly > 9.0
9.0 10.0.0-nightly.20241118 > 9.0
9.0 10.0.0-snapshot > 9.0
9.0 10.0.0-SNAPSHOT > 9.0
9.0 10.0.0-canary > 9.0
9.0 10.0.0-canary.3 > 9.0
9.0 10.0.0-master > 9.0
9.0 10.0.0-main > 9.0
9.0 10.0.0-trunk > 9.0
9.0 10.0.0-head > 9.0
9.0 10.0.0-tip > 9.0
9.0 10.0.0-git > 9.0
9.0 10.0.0-git20240801 > 9.0
9.0 10.0.0-daily > 9.0
9.0 10.0.0-weekly > 9.0
9.0 10.0.0-wip > 9.0
9.0 10.0.0-current > 9.0
9.0 10.0.0-unstable > 9.0
9.0 10.0.0-preview > 9.0
9.0 10.0.0-preview.7 > 9.0
9.0 10-ea > 9.0
9.0 10-ea-10-jdk > 9.0
9.0 10.0.0-next.0 > 9.0
9.0 10.0.0-edge > 9.0
9.0 10.0.0-testing > 9.0
9.0 10.0.0-test > 9.0
9.0 10.0.0-experimental > 9.0
9.0 10.0.0-insiders > 9.0
9.0 10devel > 9.0
9.0 10.0.0.dev1 > 9.0
9.0 10.0.0_devel > 9.0
9.0 10.0.0-devel.3 > 9.0
9.0 10.0.0-devel-slim > 9.0
9.0 10.0.0-devel-20241118 > 9.0
9.0 10.0.0-alpine-devel > 9.0
9.0 10.0.0-alpine3.20-devel > 9.0
9.0 10.0.0-1-devel > 9.0
9.0-alpine 10.0.0-alpine-devel > 9.0-alpine ! 10.0.0-alpine-devel
10.0.0-devel > ! 10.0.0-devel
9.0-devel 10.0-devel > ! 9.0-devel 10.0-devel
12.4.1-runtime 12.6.2-devel > 12.4.1-runtime ! 12.6.2-devel
9.0 10.0.0-rc1 10.0.0-devel > 9.0
9.0 10.0 10.0.0-devel > 10.0
9.0 10.0.0 10.0.0-devel > 10.0.0
9.0 10.0.0-devel 10.0.0 10.1.0-devel > 10.0.0
12.4.1-devel 12.4.1-runtime 12.4.1-base > 12.4.1-runtime ! 12.4.1-runtime
12.4.1-devel 12.4.1-base > 12.4.1-devel ! 12.4.1-devel
12.4.1-devel-ubuntu22.04 12.4.1-runtime-ubuntu22.04 > 12.4.1-runtime-ubuntu22.04 ! 12.4.1-runtime-ubuntu22.04
12.4.1 12.4.1-devel > 12.4.1
12.4.1-cudnn-devel > 12.4.1-cudnn-devel
12.4.1-cudnn-devel 12.6.2-cudnn-devel > 12.6.2-cudnn-devel
12.4.1-cudnn-devel-ubuntu22.04 12.6.2-cudnn-devel-ubuntu22.04 > 12.6.2-cudnn-devel-ubuntu22.04
2.5.1-cuda12.4-cudnn9-devel 2.4.0-cuda12.4-cudnn9-runtime > 2.5.1-cuda12.4-cudnn9-devel
6.2-rocm-devel 6.1-rocm-devel > 6.2-rocm-devel
9.0 10.0.0-cudnn-dev > 9.0
9.0 10.0.0-sdk > 10.0.0-sdk ! 10.0.0-sdk
9.0 10.0.0-debug > 10.0.0-debug ! 10.0.0-debug
R16B02 R16B03-1 > R16B03-1
R15B03 R16B > R16B
R16B R16B01 > R16B01
R15B03-1 R16A > R15B03-1
R16B03 R17.0 > R17.0";

#[test]
fn what_is_in_development_is_never_latest() {
    for line in DEVELOPMENT.lines() {
        let (fleet, latest) = warned(line);
        let is_latest = |variant: &&crate::matrix::Variant| {
            let mut tags = variant.tags.iter().map(|tag| tag.tag.as_str());
            tags.any(|tag| tag == "latest")
        };
        let owners: Vec<&str> = fleet
            .variants
            .iter()
            .filter(is_latest)
            .map(|variant| variant.name.as_str())
            .collect();
        assert_eq!(owners.join(" "), latest, "{line}");
    }
}

/// Python without its lock is an edition of the same version.
#[test]
fn free_threaded_python_owns_no_rungs_of_the_usual_one() {
    check_values(
        "3.13.1, 3.13.1t, 3.14.0a2t",
        &[
            "3.13.1: 3.13.1 3.13 3 latest",
            "3.13.1t: 3.13.1t",
            "3.14.0a2t: 3.14.0a2t",
        ],
        &[],
    );
    check_values(
        "3.13.1t, 3.13.2t",
        &["3.13.1t: 3.13.1t", "3.13.2t: 3.13.2t 3.13 3 latest"],
        &[],
    );
    check_values(
        "1.1.1, 1.1.1t, 1.1.1w",
        &[
            "1.1.1: 1.1.1",
            "1.1.1t: 1.1.1t",
            "1.1.1w: 1.1.1w 1.1 1 latest",
        ],
        &[],
    );
}
