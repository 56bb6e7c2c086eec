//! Builds, editions and dates on an axis of versions.

use super::*;

/// Of two versions in one value, the first one has the rungs, which may not be what is wanted.
#[test]
fn a_value_with_two_versions_is_a_warning() {
    check_values(
        "2.13-3.9.0",
        &["2.13-3.9.0: 2.13-3.9.0 2.13 2 latest"],
        &[(
            "`2.13-3.9.0` has two versions, and its rungs are those of the first one, `2.13`",
            "write `value \"3.9.0\" token=\"2.13-3.9.0\"`; otherwise put each on an axis",
        )],
    );
    check_values(
        "3.9.0=2.13-3.9.0",
        &["2.13-3.9.0: 2.13-3.9.0 3.9 3 latest"],
        &[],
    );
    check_values(
        "v8-12.1",
        &["v8-12.1: v8-12.1 v8 latest"],
        &[(
            "`v8-12.1` has two versions",
            "`value \"12.1\" token=\"v8-12.1\"`",
        )],
    );
    // One name would be on the axis twice.
    let both = ("`2.1", "put each on an axis of its own");
    check_values(
        "2.12-3.9.0, 2.13-3.9.0",
        &[
            "2.12-3.9.0: 2.12-3.9.0 2.12",
            "2.13-3.9.0: 2.13-3.9.0 2.13 2 latest",
        ],
        &[both, both],
    );
    for revision in ["1.2.3-1.1", "9.4-1134.1716366300", "12-20241111", "1.2-1"] {
        let outcome = read(&app(&body(ALL, &[&quoted(revision)])), &inputs());
        assert_eq!(outcome.faults(), [""; 0], "{revision}");
    }
}

/// A number of two or more digits after `-b` is a build; one digit may be a beta, so there is a warning unless a plain version
/// shows how the axis writes its releases.
#[test]
fn builds_have_rungs() {
    check_values(
        "2024.2.0.0-b145, 2024.2.0.0-b99",
        &[
            "2024.2.0.0-b145: 2024.2.0.0-b145 2024.2 2024 latest",
            "2024.2.0.0-b99: 2024.2.0.0-b99",
        ],
        &[],
    );
    check_values(
        "21.0.5-b631.30, 21.0.5-b631.8",
        &[
            "21.0.5-b631.30: 21.0.5-b631.30 21.0 21 latest",
            "21.0.5-b631.8: 21.0.5-b631.8",
        ],
        &[],
    );
    check_values(
        "2.18.0.1-b4, 2.18.0.0-b65",
        &[
            "2.18.0.1-b4: 2.18.0.1-b4",
            "2.18.0.0-b65: 2.18.0.0-b65 2.18 2 latest",
        ],
        &[(
            "`2.18.0.1-b4` is taken for a pre-release, since `b` and one digit are a beta",
            "`value \"2.18.0.1-build4\" token=\"2.18.0.1-b4\"`",
        )],
    );
    check_values(
        "2.18.0.1-build4=2.18.0.1-b4, 2.18.0.0-b65",
        &[
            "2.18.0.1-b4: 2.18.0.1-b4 2.18 2 latest",
            "2.18.0.0-b65: 2.18.0.0-b65",
        ],
        &[],
    );
    check_values("1.0, 1.1-b2", &["1.0: 1.0 1 latest", "1.1-b2: 1.1-b2"], &[]);
}

/// By line: the values of an axis, the one that is `latest`, and the value with a warning about two editions.
const EDITIONS: &str = "\
1.18.2-ent 1.18.2-ent.hsm 1.17.9-ent > 1.18.2-ent ! 1.18.2-ent
1.18.2+ent.hsm=a 1.18.2+ent=b > b ! 1.18.2+ent
1.18.2-ent.fips1402 1.18.2-ent.hsm > 1.18.2-ent.hsm ! 1.18.2-ent.hsm
1.18.2-ent 1.18.2-ent.hsm 1.18.2 > 1.18.2
4.14.2 4.14.2+flambda=f > 4.14.2
2.17.2-pg16 2.17.2-pg17 > 2.17.2-pg17 ! 2.17.2-pg17
2.17.2-pg16 2.17.1-pg17 > 2.17.2-pg16
21-jdk 21-jre > 21-jre ! 21-jre
17.4.0-ce.0 17.4.0-ce.1 > 17.4.0-ce.1
2.1.0-debian-12-r3 2.1.0-debian-12-r10 > 2.1.0-debian-12-r10";

#[test]
fn editions_of_one_version_are_a_warning() {
    for line in EDITIONS.lines() {
        let (fleet, latest) = warned(line);
        let all = tags(&fleet);
        let owner = all.iter().find(|tags| tags.ends_with(" latest"));
        let own = owner.and_then(|tags| tags.split_once(':'));
        assert_eq!(own.map(|own| own.0), Some(latest), "{line}");
    }
}

/// An edition that is later than the plain versions takes their rungs.
#[test]
fn an_edition_beside_plain_versions_is_a_warning() {
    let message = "`1.27.3-perl` is an edition of a version, and has rungs that plain versions have, too: `major`, `latest`";
    check_values(
        "1.27.3-perl, 1.26.2, 1.27.2-otel",
        &[
            "1.27.3-perl: 1.27.3-perl 1.27 1 latest",
            "1.26.2: 1.26.2 1.26",
            "1.27.2-otel: 1.27.2-otel",
        ],
        &[(message, "put the edition on an axis of its own")],
    );
    for line in ["1.27.3-perl, 1.26.2-perl", "1.27.3, 1.26.2-perl"] {
        let values: Vec<String> = line.split(", ").map(quoted).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let outcome = read(&app(&body(ALL, &values)), &inputs());
        assert_eq!(outcome.faults(), Vec::<String>::new(), "{line}");
    }
}

/// A date or a build number beside versions is not a later version, although its number is higher.
#[test]
fn dates_beside_versions_are_a_warning() {
    let check = |line: &str, owner: &str, lowest: &str| {
        let values: Vec<String> = line.split(' ').map(quoted).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let text = app(&body(ALL, &values));
        let outcome = read(&text, &inputs());
        let expect: Vec<String> = Some(owner)
            .filter(|owner| !owner.is_empty())
            .map(|owner| format!("warning version: \"{owner}\""))
            .into_iter()
            .collect();
        assert_eq!(outcome.faults(), expect, "{line}");
        let Some(fault) = outcome.diagnostics.iter().next() else {
            return;
        };
        let way = format!("latest=\"<{lowest}\"");
        let help = fault.help.as_deref().unwrap_or_default();
        assert!(help.contains(&way), "{help}");
        let mended = text.replace("rungs=", &format!("{way} rungs="));
        assert_eq!(read(&mended, &inputs()).faults(), [""; 0], "{line}");
    };
    check("3.21.0 20240923", "20240923", "20240923");
    check("3.21.0 20240923 20250101-slim", "20250101-slim", "20240923");
    check("10.0.26100.2314 1809", "1809", "1809");
    check("10.10.3 2024122305", "2024122305", "2024122305");
    check("20240923 20241010", "", "");
    check("2024.1 2025", "", "");
    check("2019 2022-CU14", "", "");
    check("999.3 1000", "", "");
    check("12.8 12-20241111", "", "");
    check("8u502-b07 21_35", "", "");
    let named = "3.21.0: 3.21.0 3.21 3 latest";
    check_values("3.21.0, edge=20240923", &[named, "20240923: 20240923"], &[]);
    let full = read(
        &app(&body("full minor", &["\"3.21.0\"", "\"20240923\""])),
        &inputs(),
    );
    assert_eq!(full.faults(), [""; 0]);
}

#[test]
fn dates_with_hyphens_have_no_minor_rung() {
    check_values(
        "2024-12-01",
        &["2024-12-01: 2024-12-01 2024 latest"],
        &[(
            "`2024-12-01` has no rung `minor`",
            "`value \"2024.12.01\" token=\"2024-12-01\"` has the rung `2024.12`",
        )],
    );
    check_values(
        "2024.12.01=2024-12-01",
        &["2024-12-01: 2024-12-01 2024.12 2024 latest"],
        &[],
    );
    for rungs in ["full", "full major", "full latest"] {
        let outcome = read(&app(&body(rungs, &["\"2024-12-01\""])), &inputs());
        assert_eq!(outcome.faults(), [""; 0], "{rungs}");
    }
}
