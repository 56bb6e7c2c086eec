//! Dockerfiles for each architecture, and images of Windows.

use super::check;

/// A Dockerfile for each architecture, with versions and variants.
#[test]
fn one_dockerfile_per_architecture() {
    check(
        &["\
Architectures: amd64, arm64v8

Tags: 10.0, 10, latest
amd64-Directory: 10/default/x86_64
arm64v8-Directory: 10/default/aarch64

Tags: 10.0-minimal, 10-minimal, minimal
amd64-Directory: 10/minimal/x86_64
arm64v8-Directory: 10/minimal/aarch64

Tags: 9.7, 9
amd64-Directory: 9/default/x86_64
arm64v8-Directory: 9/default/aarch64
"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "10.0"
        value "9.7"
    }
    axis "variant" {
        value "default" token=""
        value "minimal"
    }
    axis "machine" {
        value "amd64" token="" shared { set folder="x86_64"; }
        value "arm64" token="" shared { set folder="aarch64"; }
    }
    exclude version="9.7" variant="minimal"

    dockerfile "{version.major}/{variant}/{machine.folder}/Dockerfile"

    platforms "linux/amd64"
    when machine="arm64" { platforms "linux/arm64"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// The architecture first, and a Windows image beside it.
#[test]
fn architectures_first() {
    check(
        &["\
Tags: linux
SharedTags: latest
Architectures: amd64, arm64v8
amd64-Directory: amd64/hello
arm64v8-Directory: arm64v8/hello

Tags: nanoserver-ltsc2025
SharedTags: nanoserver, latest
Architectures: windows-amd64
Directory: amd64/hello/nanoserver-ltsc2025
Constraints: nanoserver-ltsc2025

Tags: nanoserver-ltsc2022
SharedTags: nanoserver, latest
Architectures: windows-amd64
Directory: amd64/hello/nanoserver-ltsc2022
Constraints: nanoserver-ltsc2022, windowsservercore-ltsc2022
"],
        r#"
image "app" {
    axis "version" {
        value "linux" { set folder=""; }
        value "nanoserver-ltsc2025" { set folder="nanoserver-ltsc2025/"; }
        value "nanoserver-ltsc2022" { set folder="nanoserver-ltsc2022/"; }
    }
    axis "machine" {
        value "amd64" token="" shared { set folder="amd64"; }
        value "arm64" token="" shared { set folder="arm64v8"; }
    }
    exclude version="nanoserver-*" machine="arm64"

    dockerfile "{machine.folder}/hello/{version.folder}Dockerfile"

    platforms "linux/amd64"
    when machine="arm64" { platforms "linux/arm64"; }
    when version="nanoserver-ltsc2025" { platforms "windows(10.0.26100)/amd64"; }
    when version="nanoserver-ltsc2022" { platforms "windows(10.0.20348)/amd64"; }

    tag "{version}"
    tag "latest"
    when version="nanoserver-*" { tag "nanoserver"; }
}
"#,
    );
}

/// Some architectures of the plain image have the folder of another variant.
#[test]
fn mixed_architectures() {
    check(
        &["\
Architectures: amd64, arm32v6

Tags: 1.37.0, 1.37, 1, latest
amd64-Directory: new/glibc/amd64
arm32v6-Directory: new/musl/arm32v6

Tags: 1.37.0-glibc, 1.37-glibc, 1-glibc, glibc
Architectures: amd64
Directory: new/glibc/amd64

Tags: 1.37.0-musl, 1.37-musl, 1-musl, musl
amd64-Directory: new/musl/amd64
arm32v6-Directory: new/musl/arm32v6

Tags: 1.36.1, 1.36
amd64-Directory: old/glibc/amd64
arm32v6-Directory: old/musl/arm32v6

Tags: 1.36.1-glibc, 1.36-glibc
Architectures: amd64
Directory: old/glibc/amd64

Tags: 1.36.1-musl, 1.36-musl
amd64-Directory: old/musl/amd64
arm32v6-Directory: old/musl/arm32v6
"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "1.37.0" { set folder="new"; }
        value "1.36.1" { set folder="old"; }
    }
    axis "variant" {
        value "plain" token=""
        value "glibc"
        value "musl"
    }
    axis "machine" {
        value "amd64" token="" shared { set folder="glibc/amd64"; }
        value "arm-v6" token="" shared { set folder="musl/arm32v6"; }
    }
    exclude variant="glibc" machine="arm-v6"

    dockerfile "{version.folder}/{machine.folder}/Dockerfile"

    platforms "linux/amd64"
    when variant="musl" machine="amd64" { dockerfile "new/musl/amd64/Dockerfile"; }
    when version="1.36.1" variant="musl" machine="amd64" { dockerfile "old/musl/amd64/Dockerfile"; }
    when machine="arm-v6" { platforms "linux/arm/v6"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// Windows images share the tags of the default.
#[test]
fn shared_windows() {
    check(
        &["\
Tags: 1.27.0-trixie, 1.27-trixie, 1-trixie, trixie
SharedTags: 1.27.0, 1.27, 1, latest
Architectures: amd64, arm64v8
Directory: 1.27/trixie

Tags: 1.27.0-windowsservercore-ltsc2025, 1.27-windowsservercore-ltsc2025, 1-windowsservercore-ltsc2025, windowsservercore-ltsc2025
SharedTags: 1.27.0-windowsservercore, 1.27-windowsservercore, 1-windowsservercore, windowsservercore, 1.27.0, 1.27, 1, latest
Architectures: windows-amd64
Directory: 1.27/windows/windowsservercore-ltsc2025
Constraints: windowsservercore-ltsc2025

Tags: 1.27.0-windowsservercore-ltsc2022, 1.27-windowsservercore-ltsc2022, 1-windowsservercore-ltsc2022, windowsservercore-ltsc2022
SharedTags: 1.27.0-windowsservercore, 1.27-windowsservercore, 1-windowsservercore, windowsservercore, 1.27.0, 1.27, 1, latest
Architectures: windows-amd64
Directory: 1.27/windows/windowsservercore-ltsc2022
Constraints: windowsservercore-ltsc2022
"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "1.27.0"
    }
    axis "variant" {
        value "trixie" default shared { set folder="trixie"; }
        value "windowsservercore-ltsc2025" default shared { alias "windowsservercore"; set folder="windows/windowsservercore-ltsc2025"; }
        value "windowsservercore-ltsc2022" default shared { alias "windowsservercore"; set folder="windows/windowsservercore-ltsc2022"; }
    }

    dockerfile "{version.minor}/{variant.folder}/Dockerfile"

    platforms "linux/amd64" "linux/arm64"
    when variant="windowsservercore-ltsc2025" { platforms "windows(10.0.26100)/amd64"; }
    when variant="windowsservercore-ltsc2022" { platforms "windows(10.0.20348)/amd64"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// An image of Windows that one version lacks is called like its tags.
#[test]
fn windows_in_some_versions() {
    check(
        &[
            "\
Tags: 1.25.1-trixie, 1.25-trixie, 1-trixie, trixie
SharedTags: 1.25.1, 1.25, 1, latest
Directory: 1.25/trixie

Tags: 1.25.1-windowsservercore-1803, 1.25-windowsservercore-1803, 1-windowsservercore-1803, windowsservercore-1803
SharedTags: 1.25.1, 1.25, 1, latest
Architectures: windows-amd64
Directory: 1.25/windows/windowsservercore-1803
Constraints: windowsservercore-1803

Tags: 1.24.7-trixie, 1.24-trixie
SharedTags: 1.24.7, 1.24
Directory: 1.24/trixie
",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "1.25.1"
        value "1.24.7"
    }
    axis "variant" {
        value "trixie" default shared { set folder="trixie"; }
        value "windowsservercore-1803" default shared { set folder="windows/windowsservercore-1803"; }
    }
    exclude version="1.24.7" variant="windowsservercore-1803"

    dockerfile "{version.minor}/{variant.folder}/Dockerfile"

    platforms "linux/amd64"
    when variant="windowsservercore-1803" { platforms "windows(10.0.17134)/amd64"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// Files beside each other in one folder, with one of their own for each architecture.
#[test]
fn files_beside_each_other() {
    check(
        &["\
Tags: 1.2.3, 1.2, latest
Architectures: amd64, arm64v8
amd64-File: Dockerfile.debian
arm64v8-File: Dockerfile.debian.arm64

Tags: 1.2.3-alpine, 1.2-alpine, alpine
Architectures: amd64, arm64v8
amd64-File: Dockerfile.alpine
arm64v8-File: Dockerfile.alpine.arm64
"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "1.2.3"
    }
    axis "variant" {
        value "debian" token=""
        value "alpine"
    }
    axis "machine" {
        value "amd64" token="" shared { set folder=""; }
        value "arm64" token="" shared { set folder=".arm64"; }
    }

    dockerfile "Dockerfile.{variant}{machine.folder}"

    platforms "linux/amd64"
    when machine="arm64" { platforms "linux/arm64"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// From three architectures on, their platforms are data.
#[test]
fn platforms_of_machines() {
    check(
        &["\
Architectures: amd64, arm64v8, s390x
amd64-Directory: x86_64
arm64v8-Directory: aarch64
s390x-Directory: s390x

Tags: 10.0, 10, latest

Tags: 9.7, 9
"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "10.0"
        value "9.7"
    }
    axis "machine" {
        value "amd64" token="" shared { set folder="x86_64" platform="linux/amd64"; }
        value "arm64" token="" shared { set folder="aarch64" platform="linux/arm64"; }
        value "s390x" token="" shared { set folder="s390x" platform="linux/s390x"; }
    }

    dockerfile "{machine.folder}/Dockerfile"

    platforms "{machine.platform}"

    tag "{version}"
}
"#,
    );
}
