//! Debian's files come from a real image and a real apt; Alpine's and Red Hat's are written after their documentation.

use super::*;
use crate::render::Package as Named;

const DEBIAN: &str = include_str!("tests/debian-status.txt");
const ALPINE: &str = include_str!("tests/alpine-installed.txt");
const RHEL: &str = include_str!("tests/rhel-installed.txt");

fn file(path: &str, text: &str) -> ReadFile {
    ReadFile {
        path: path.into(),
        bytes: text.as_bytes().to_vec(),
    }
}

fn debian(text: &str) -> Database {
    Database::read(&[file(dpkg::STATUS, text)]).expect("a database")
}

fn alpine(text: &str) -> Database {
    Database::read(&[file(apk::INSTALLED, text)]).expect("a database")
}

/// `name version architecture source`, with `<` if the image below has it.
fn listed(packages: &Packages) -> Vec<String> {
    let line = |one: &Package| {
        let source = one.source.iter().map(|source| format!(" ({source})"));
        let below = if one.below { " <" } else { "" };
        let of = one.toolsets.iter().map(|toolset| format!(" by {toolset}"));
        let rest: String = source.chain(of).collect();
        format!(
            "{} {} {}{rest}{below}",
            one.name, one.version, one.architecture
        )
    };
    packages.all.iter().map(line).collect()
}

/// A tool set with `refresh "upgrades"`: `git openssl=3 | elsewhere`; `run` stands for its run lines.
fn toolset(name: &str, packages: &str) -> Refreshed {
    let (own, elsewhere) = packages.split_once(" | ").unwrap_or((packages, ""));
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    Refreshed {
        toolset: name.into(),
        refresh: Refresh::Upgrades,
        argument: String::new(),
        packages: words(own)
            .iter()
            .filter(|word| *word != "run")
            .map(|word| Named::read(word))
            .collect(),
        runs: words(own).contains(&"run".into()),
        elsewhere: words(elsewhere),
    }
}

#[test]
fn debian_packages() {
    let all = debian(DEBIAN).packages(None, &[]);
    assert_eq!(
        listed(&all),
        [
            "adduser 3.134 all",
            "debconf 1.5.82 all",
            "gcc-12-base 12.2.0-14+deb12u1 amd64 (gcc-12)",
            "kept-back 1 amd64",
            "libc6 2.36-9+deb12u14 amd64 (glibc)",
            "libgcc-s1 12.2.0-14+deb12u1 amd64 (gcc-12)",
            "passwd 1:4.13+dfsg1-1+deb12u2 amd64 (shadow)",
        ]
    );
    assert!(!all.compared);
    // Images without a package manager have a file per package, and checksums next to it.
    let one = "Package: tzdata\nVersion: 2025b-0\nArchitecture: all\n";
    let files = [
        file("/var/lib/dpkg/status.d/tzdata", one),
        file("/var/lib/dpkg/status.d/tzdata.md5sums", "0123  x\n"),
    ];
    let distroless = Database::read(&files).expect("a database");
    assert_eq!(
        listed(&distroless.packages(None, &[])),
        ["tzdata 2025b-0 all"]
    );
    assert_eq!(Database::read(&[file("/etc/apt/sources.list", "x")]), None);
}

#[test]
fn alpine_packages() {
    let all = alpine(ALPINE).packages(None, &[]);
    assert_eq!(
        listed(&all),
        [
            "busybox 1.37.0-r18 x86_64",
            "git 2.49.0-r0 x86_64",
            "libcurl 8.14.0-r0 x86_64 (curl)",
            "musl 1.2.5-r10 x86_64",
            "zlib 1.3.1-r2 x86_64",
        ]
    );
}

#[test]
fn rhel_packages() {
    let files = [file("/etc/yum.repos.d/redhat.repo", "x")];
    assert!(Database::wants_rpm(&files) && Database::read(&files).is_none());
    let all = Database::read_rpm(RHEL, &files).packages(None, &[]);
    assert_eq!(
        listed(&all),
        [
            "bash 5.1.8-9.el9 x86_64",
            "git 2.47.1-2.el9_6 x86_64",
            "openssl-libs 1:3.2.2-6.el9_5.1 x86_64 (openssl)",
            "tzdata 2025a-1.el9 noarch",
        ]
    );
}

/// Which packages each tool set installed, in an Alpine image on a base with musl and busybox.
#[track_caller]
fn installed(sets: &[Refreshed], expect: &str) {
    let base = ALPINE
        .split("\n\n")
        .take(2)
        .collect::<Vec<_>>()
        .join("\n\n");
    let all = alpine(ALPINE).packages(Some(&alpine(&base)), sets);
    let of = |set: &Refreshed| {
        let own = all
            .all
            .iter()
            .filter(|one| one.toolsets.contains(&set.toolset));
        let names: Vec<&str> = own.map(|one| one.name.as_str()).collect();
        format!("{}: {}", set.toolset, names.join(" "))
    };
    assert_eq!(sets.iter().map(of).collect::<Vec<_>>().join("; "), expect);
}

#[test]
fn what_a_tool_set_installed() {
    // With all that it depends on, and without what the base brought.
    installed(&[toolset("a", "git")], "a: git libcurl zlib");
    installed(
        &[toolset("a", "git"), toolset("b", "zlib")],
        "a: git libcurl zlib; b: zlib",
    );
    installed(&[toolset("a", "libcurl busybox")], "a: libcurl zlib");
    installed(&[toolset("a", "git=2.49.0-r0")], "a: libcurl zlib");
    installed(&[toolset("a", "other")], "a: ");
    // What `run` lines install is what no other tool set names.
    installed(&[toolset("a", "run | libcurl")], "a: git");
    installed(&[toolset("a", "zlib run | git")], "a: zlib");
    installed(&[toolset("a", "run")], "a: git libcurl zlib");
    let weekly = Refreshed {
        refresh: Refresh::Every(crate::manifest::Period::days(7)),
        ..toolset("a", "git")
    };
    installed(&[weekly], "a: ");
    // Debian: a package that is held is not upgraded.
    let held = debian(DEBIAN).packages(None, &[toolset("a", "kept-back adduser")]);
    let own: Vec<&str> = held.upgradable(false).into_iter().collect();
    assert_eq!(
        own,
        [
            "adduser",
            "debconf",
            "gcc-12-base",
            "libc6",
            "libgcc-s1",
            "passwd"
        ]
    );
    // rpm does not list what a package needs: everything new counts that no other tool set names.
    let all = Database::read_rpm(RHEL, &[]).packages(None, &[toolset("a", "git | bash")]);
    assert_eq!(
        all.upgradable(false).into_iter().collect::<Vec<_>>(),
        ["git", "openssl-libs", "tzdata"]
    );
    assert_eq!(all.upgradable(true).len(), 4);
}

/// The upgrades of a tool set.
#[track_caller]
fn upgrades(packages: &Packages, newest: &Newest, expect: &[&str]) {
    let all = packages.upgrades(newest);
    let lines = all
        .iter()
        .flat_map(|(set, all)| all.iter().map(move |one| format!("{set}: {one}")));
    assert_eq!(lines.collect::<Vec<_>>(), expect);
}

#[test]
fn newer_versions() {
    let newest = System::Dpkg.newest(include_str!("tests/debian-policy.txt"));
    assert_eq!(
        newest.get("git").map(String::as_str),
        Some("1:2.39.5-0+deb12u3")
    );
    let older = DEBIAN.replace("2.36-9+deb12u14", "2.36-9+deb12u9");
    let all = debian(&older).packages(None, &[toolset("a", "libc6 adduser")]);
    upgrades(
        &all,
        &newest,
        &["a: libc6 2.36-9+deb12u9 -> 2.36-9+deb12u14"],
    );
    // A version that was taken back is not an upgrade.
    let newer = DEBIAN.replace("2.36-9+deb12u14", "2.36-9+deb12u15");
    let all = debian(&newer).packages(None, &[toolset("a", "libc6 adduser")]);
    upgrades(&all, &newest, &[]);

    let newest = System::Apk.newest(include_str!("tests/alpine-policy.txt"));
    let all = alpine(ALPINE).packages(None, &[toolset("a", "git")]);
    upgrades(
        &all,
        &newest,
        &[
            "a: git 2.49.0-r0 -> 2.49.1-r0",
            "a: libcurl 8.14.0-r0 -> 8.14.1-r1",
        ],
    );

    let newest = System::Rpm.newest(include_str!("tests/rhel-repoquery.txt"));
    let all = Database::read_rpm(RHEL, &[]).packages(None, &[toolset("a", "git")]);
    upgrades(
        &all,
        &newest,
        &[
            "a: bash 5.1.8-9.el9 -> 5.1.8-10.el9",
            "a: git 2.47.1-2.el9_6 -> 2.47.3-1.el9_6",
        ],
    );
}

/// G15: a name is an argument of the script, never a part of it, and never an option.
#[test]
fn questions() {
    let names = BTreeSet::from(["git", "$(reboot)", "-o=Dir::Etc=/x"]);
    let asked = System::Dpkg.question("apt", &names);
    assert_eq!(asked[..2], ["sh", "-c"]);
    assert_eq!(asked[3..], ["kiln", "git"]);
    assert!(System::Rpm.question("microdnf", &names)[2].starts_with("microdnf "));
    assert!(System::Rpm.question("dnf", &names)[2].starts_with("dnf "));
}

#[test]
fn orders() {
    let check = |system: System, ascending: &[&str]| {
        for two in ascending.windows(2) {
            assert_eq!(system.order(two[0], two[1]), Ordering::Less, "{two:?}");
            assert_eq!(system.order(two[1], two[0]), Ordering::Greater, "{two:?}");
            assert_eq!(system.order(two[0], two[0]), Ordering::Equal, "{two:?}");
        }
    };
    check(
        System::Dpkg,
        &[
            "1.0~rc1-1",
            "1.0-1",
            "1.0-1+b1",
            "1.0-1+deb12u1",
            "1.0-1.1",
            "1.0-2",
            "1.0a-1",
            "1.0+dfsg-1",
            "1.9-1",
            "1.10-1",
            "3.0.15-1~deb12u1",
            "3.0.17-1~deb12u2",
            "1:0.1-1",
        ],
    );
    check(
        System::Apk,
        &[
            "1.2_alpha1-r0",
            "1.2_rc1-r3",
            "1.2-r0",
            "1.2-r9",
            "1.2-r10",
            "1.2_p1-r0",
            "1.2.1-r0",
        ],
    );
    check(
        System::Rpm,
        &[
            "1.0~beta-1",
            "1.0-1.el9",
            "1.0-1.el9_4",
            "1.0-1.el9_10",
            "1.0-2.el9",
            "1.0^git1-1",
            "1.0.1-1",
            "1.0.10-1",
            "2.a-1",
            "2.1-1",
            "1:0.1-1",
        ],
    );
    assert_eq!(System::Dpkg.order("0:1.0-1", "1.0-1"), Ordering::Equal);
    assert_eq!(System::Dpkg.order("1.00-1", "1.0-1"), Ordering::Equal);
}

/// Images with the same sources see the same versions; keys next to them do not matter.
#[test]
fn sources_of_packages() {
    let of = |more: &[ReadFile]| {
        let own = [
            file(dpkg::STATUS, DEBIAN),
            file("/etc/apt/sources.list.d/debian.sources", "a"),
        ];
        Database::read(&[own.as_slice(), more].concat()).map(|one| one.sources)
    };
    let plain = of(&[]);
    assert_eq!(plain, of(&[file("/etc/apt/trusted.gpg.d/x.asc", "key")]));
    assert_ne!(
        plain,
        of(&[file("/etc/apt/sources.list.d/docker.list", "b")])
    );
    assert_ne!(plain, of(&[file("/etc/apt/preferences.d/pin", "b")]));
}

/// What images contain is read in bounded time and never ends kiln.
#[test]
fn any_text() {
    for text in [
        "",
        ":",
        "Package:",
        "P:",
        "\n\n\n",
        "Package: a\nVersion: 1\nDepends: ,|( :\n",
        "\u{0}\u{ff}",
    ] {
        let all = [dpkg::read(text), apk::read(text), rpm::read(text)].concat();
        assert!(all.len() <= 1);
        for system in [System::Dpkg, System::Apk, System::Rpm] {
            let _ = system.newest(text);
            let _ = system.order(text, "1");
        }
    }
}

#[test]
fn packages_that_differ_between_two_images() {
    let packages = |all: &[(&str, &str)]| {
        let one = |(name, version): &(&str, &str)| {
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
            )
        };
        let text: String = all.iter().map(one).collect();
        debian(&text).packages(None, &[])
    };
    let old = packages(&[("curl", "7.88"), ("openssl", "3.0.15"), ("wget", "1.21")]);
    let new = packages(&[("curl", "7.88"), ("git", "2.39"), ("openssl", "3.0.17")]);
    let texts = |changes: Vec<PackageChange>| -> Vec<String> {
        changes.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        texts(old.changes(&new)),
        ["+git 2.39", "openssl 3.0.15 -> 3.0.17", "-wget 1.21"]
    );
    assert!(texts(old.changes(&old)).is_empty());
}
