//! Versions as vendors write them: what each spelling is, and which one comes later.

use super::Version;

/// Releases, and editions and revisions of them.
const RELEASES: &str = "\
    1.27.0 v1.2 2026.08 21 R1.0 r1234 17.0.2+8 17.0.2_8 8u502-b07 8u502 8u392-b08-jre \
    11.0.21_9-jdk 5.0.0.RELEASE 4.1.9.Final 2.0-ga 2.0.GA 6.2.0.GA 3.2.1.SR1 2024a 2024b 2025.1 \
    24.04 24.04.1 22.04.5 2024.12.1 2024-12-01 20241118 20241118.1 2024.1.0 1.2.3-alpine \
    1.2.3-alpine3.20 3.13-slim-bookworm 3.13-bookworm 3.13.0-slim 22-bookworm-slim \
    22.1.0-alpine3.20 8.0-ubi9 8.0-ubi9-minimal 16-bookworm 16.3-alpine3.20 1.27-perl 1.27-otel \
    1.27-alpine-slim 8.2-fpm-alpine 8.2-cli 8.2-apache-bookworm 8.2-zts-bookworm \
    2.1.0-debian-12-r3 2.1.0-debian-12 15.4.0-debian-11-r45 1.0-ls12 1.0-r3 9.9p2 1.1.1w 1.0.2zg \
    9.4.57.v20241219 10.0.13-jre17 10.0.13-jdk17-eclipse-temurin \
    11.0.24-jdk21-alpine-eclipse-temurin 17.5.1-ce.0 17.5.1-ee.0 7.17.0-oss 3.13.0t 3.13t 3.14.0t \
    3.13t-slim 2019-CU18-ubuntu-20.04 2022-latest 2022-RTM 16.0.1000.6 2022-CU14 2017-GA-ubuntu \
    2019-GDR1 2019-latest 2016-SP2 2022-CU14-GDR1-ubuntu-22.04 12.2.0.1 19.3.0.0 21.3.0-xe 12cR2 \
    12c 19c 23ai 18c 2.3.4.RELEASE 2020.0.3 1.0.0.Final-redhat-00001 7.4.0.GA-redhat-2 \
    v1.31.4+k3s1 v1.31.4-k3s1 v1.31.4-rke2r1 v1.31.4-eksbuild.2 v1.31.4-gke.1000 v1.31.4+vmware.1 \
    1.31.4-eks-a1b2c3 9.4 9.4-minimal 9.4-1194 9.4-1134.1716366300 9.5-1732804088 8.10-1754 \
    1.0.post1 1.0.0+cu121 2.5.1+cu124 2.5.1-cuda12.4-cudnn9-runtime \
    12.6.2-cudnn-devel-ubuntu22.04 12.6.2-base-ubi8 24.10-py3 24.10-py3-igpu 2.18.0-gpu \
    2.18.0-gpu-jupyter 2.5.1-cuda12.4-cudnn9-devel 3.9.9-eclipse-temurin-21 \
    3.9.9-amazoncorretto-21-al2023 3.9.9-ibm-semeru-21-jammy 3.9.9-sapmachine-21 \
    3.9.9-eclipse-temurin-21-alpine 3.9-eclipse-temurin-17-focal 8.11-jdk21 8.11.1-jdk21-alpine \
    8.11-jdk21-graal 3.9.9-openjdk-18-slim 21-jdk 21-jre-alpine 21.0.5_11-jdk-ubi9-minimal \
    8u432-b06-jdk-alpine 21-al2023-headless 21.0.5-amzn 21.0.5-tem 21.0.5-graalce 21.0.5-zulu \
    21.0.5-librca 24.1.1.r23-nik 21.0.5-sem 21.0.5-sapmchn 21.0.5-kona 21.0.5-oracle 21.0.5-open \
    7.4.1-alpine 7.4.1-bookworm 7-bullseye 7.4.0-v1 5.0.31-jammy 7.0-nanoserver-ltsc2022 \
    7.0-windowsservercore-ltsc2022 8.0.3-noble 8.0.40-debian 8.4.3-oraclelinux9 9.1-oracle \
    5.7.44-oracle 10.11-jammy 11.4.4-noble 11-ubi9 11.4.4-ubi 10.6-focal 11.6-ubi \
    10.11.10-MariaDB 16-3.4 16-3.5-alpine 17-3.5 15.10-1.pgdg120+1 16.6-1.pgdg22.04+1 \
    17.2-bookworm 4.0.3-management 4.0-management-alpine 3.13.7-alpine 3.13.7-management \
    27.1.2-otp-27 1.17.3-otp-27 1.17.3-erlang-27.1.2-debian-bookworm-20241016-slim 27.1.2.0 \
    1.17-otp-27-alpine 24.3.0.40-alpine 24.10.2.80 24.8-alpine 24.10-alpine 24.8.4.13-distroless \
    23.8.16.16-lts 11.3.0-ubuntu 11.3.0-84124 11.3.1+security-01 11.3.0_security 2.483-jdk17 \
    2.479.1-lts-jdk17 2.479.1-lts 2.479.1-lts-alpine 2.479.1-rhel-ubi9-jdk17 2.483-slim-jdk21 \
    3261.v9c670a_4748a_9-1 3283.v92c105e0f819-2-jdk21 3283.v92c105e0f819-4-alpine 9.9.7-community \
    10.7.0-enterprise 10.7-developer 9.9-datacenter-app 24.12.0.100206-community \
    2025.1.0-developer 2024.10.1 5.3.1-p2 3.3.6p108 2.7.8-p225 1.9.3-p551 v3.6.5-linux-amd64 \
    v3.6.5 3.5.17-0 3.6.5-0-k8s 1.35.0-musl 1.36.1-glibc 1.37.0-uclibc 1.37-uclibc 10.0.19044.1 \
    10.0.20348.2849 10.0.20348.2849-amd64 1809-amd64 1.0b 1.2.3.4 6.1.0-0.deb12 5.15.0-1.el9 \
    1.1.1k-12.el8_9 1.2.3-1+deb12u1 1.2.3-1~bpo12+1 1.2.3+dfsg-1 \
    1.2.3-1ubuntu0.1~22.04.1 1.83.0-slim-bookworm 1.83-alpine3.20 1.83.0-bullseye 6.0.2-RELEASE \
    6.0.2-release 5.10-jammy 6.0-noble-slim 3.24.5-stable 3.24 8.0.11-jammy-chiseled \
    8.0-noble-chiseled-extra 8.0-alpine3.20-composite 9.0.0-azurelinux3.0-distroless \
    8.0-cbl-mariner2.0 8.0-jammy-chiseled-aot 8.0-nanoserver-1809 3.20.3 12.8-slim 12.8 \
    12-20241111 41 2023.6.20241111.0 2.0.20241031.0 2023-minimal 15.6.0 7.3.0 15.6.33.5.20 8.6.0 \
    10-ubi10 10.0-1732 v2.17.0 2.4.62-alpine3.20 2.9.4-alpine 3.0.6-bookworm \
    v3.2.1-windowsservercore-ltsc2022 v2.11.13-nanoserver v3.2.1-alpine 1.18.2-ent 1.18.2+ent \
    1.18.2+ent.hsm 1.18.2-ubi 1.9.1+ent.fips1402 1.18.2+ent.hsm.fips1402 2.5.0-3.13 \
    3.5.3-scala2.12-java17-python3-r-ubuntu 3.5.3-java17 1.20.0-scala_2.12-java11 3.9.1 \
    7.7.1-1-ubi8 7.7.1-1 7.7.1.arm64 7.7.1.amd64 2.13-3.9.0 0.28.1-cpu 0.28.1-rocm6.2 \
    v0.6.4.post1 v0.6.4 3.11-slim-fat 3.0-full 3.0-mini 4.5.1-extras 4.5.1-chrome 4.27.0-20241225 \
    130.0-20241118 131.0.6778.85-20241118 131.0 v20.18.0-wheezy 20.18-iron 22.11.0-jod \
    0.12.18-onbuild 20.18.0-browsers 2.2.3-node 1.23.4-browsers 2024.11 2024.11.1 2024.11-node \
    1.2.3-2024-11-18 1.2.3-20241118 1.2.3.20241118 1.0.0a 1.0.0q 3.13.1t 3.13-freethreaded \
    v1.31.4-eks-2d5f260 v1.23.17-eks-a59e1f0 1.2.3+7f3a9c1 1.2.3+build.7f3a9c1 1.2.3-20241118a \
    1.2.3-1234567 1.0-ce20241118 2024.2.0.0-b145 2024.2.0.0-b99 2024.2.0.0-b10 21.0.5-b631.30 \
    21.0.5_b631 2.0.0-b20241118 2.0.0-alpine-b12 4.14.2+flambda 4.14.2+afl 1.2.3+sha.5114f85 \
    2.17.2-pg16 1.18.2-ent.hsm 1.18.2-ent.hsm.fips1402 2.5.1+cu118 2.5.1-cu124-devel \
    1.2.3-ubuntu22.04-gcc12 1.2.3-1-gpu 5.14.0-427.el9_4 3.0.7-28.el9_4 4.18.0-553.8.1.el8_10 \
    5.14.0-100.el9_4.3 3.3.2_p1-r0 2019-GDR9 1.2.3-5 1.2.3-5-20241118 1.2.3-5-12 1.2.3+5 1.2.3-5-123456";

/// What comes before a release, or is built between two.
const PRERELEASES: &str = "\
    8.15.0-SNAPSHOT 1.0-SNAPSHOT 1.2.3-dev 1.2.3.dev0 1.2.3-nightly 1.2.3-nightly.20241118 \
    1.2.3-canary.5 15.0.0-canary.3 15.0.1-canary.0 1.2.3-preview.3 9.0.100-preview.3.24204.13 \
    9.0.0-rc.2.24473.5 8.0.0-alpha.1 10.0.100-rc.1.25451.107 3.13.0a1 3.13.0b2 3.13.0rc3 3.13-rc \
    3.14-dev 3.14.0a2+ 17devel 17beta1 17rc1 17beta2-bookworm 17rc1-alpine3.20 9.6beta1 \
    8.12-20241118002626+0000 8.12-rc-1 8.0-milestone-3 8.12-milestone-1 8.14-20250301000000+0000 \
    1.2.3-0.20240101git 1.2.3-0.1.20240101git 1.2.3-0.20240101gitabcdef0 1.2.3-0.a2 1.2.3-0.b1.el9 1.2.3-v2beta1 1.2.3-v1alpha1 \
    1.2~rc1 1.2~beta1 1.2~rc1-1 2.0~alpha1+ds 23.0.0-nightly20241010abcdef0123 \
    23.0.0-nightly2024101012345678 22.0.0-v8-canary20231204cf8ac0f493 21.0.0-rc.1 \
    24.0.0-test202501 23.0.0-nightly202410105e5af29f9b 21.0.0-v8-canary20230419061c6a9b23 \
    3.13.0rc1-slim 3.13.0rc1t 3.14.0a2t 3.14-rc-slim-bookworm 3.14.0b1-alpine3.21 1.28rc1-alpine \
    1.28rc2-bookworm 8.4.0RC4 8.4.0RC4-fpm-alpine 8.4.0alpha1 8.4.0beta5 3.4.0-preview1 3.4-rc \
    3.4.0-preview2-slim 3.4.0-rc1 25-ea 25-ea-10 25-ea-10-jdk 25-ea-jdk-slim 24.0.0-ea+10 25-ea+3 \
    25-ea-10-jdk-oraclelinux9 2019-CTP2.2-ubuntu 2019-RC1 2022-RC0 16.0.100-CTP2 2025-CTP1.3 \
    5.0.0.M1 5.0.0.RC1 7.0.0.CR2 6.0.0.Alpha3 6.0.0.Beta2 6.0.0.Beta2-redhat-1 2.0.0-M3 \
    2.0.0.BUILD-SNAPSHOT 2.0.0-b01 1.0.0.CR1 4.0.0.Alpha1 10.0.0.CR1-SNAPSHOT 2.0.0.M1-1 \
    v1.32.0-rc1+k3s1 v1.32.0-alpha.3 v1.32.0-beta.0 v1.32.0-rc.1 v1.31.4-rc2-rke2r1 8.0-M03 \
    8.0-M04-bookworm 8.0-rc1 7.4-rc1-alpine 8.0-M03-alpine 8.2-rc1 8.2-m01 8.1.0-rc0 5.1-rc \
    8.0.0-rc9 7.0-rc-jammy 8.1.0-alpha1 11.8-rc 11.7-rc-noble 11.7-preview 4.1.0-beta.5 4.1-rc \
    4.1-rc-management 4.1.0-rc.1-alpine 4.0-beta 1.18-rc-otp-27 1.18.0-rc.0-otp-27 28.0-rc1 28-rc \
    28.0-rc2-slim 11.4.0-82103pre 11.4.0-79146-pre 12.0.0-preview 11.4.0-pre \
    2024.12.0.dev202411180226 2024.12.0b3 2024.12.0.dev20241118 2025.1.0b0 1.0.0-beta \
    1.0.0-alpha.beta 1.0.0-alpha 1.0.0-beta.11 1.0.0-0.3.7 1.0-alpha-2 1.0alpha 1.0.0.beta \
    1.0.0_beta 1.0_rc1 1.0.0_alpha3 4.0-alpha5-1 1.0-b2 1.0_b1 1.2.3-4-gabcdef0 \
    v1.2.3-14-g2414721 1.2.3~git20240101 0.0.0-20241118001234-abcdef012345 \
    v0.0.0-20191109021931-daa7c04131f5 1.0.0-PR123 1.0.0-pr.12 1.0.0-SNAPSHOT.20241118 \
    1.0.0-20241118.123456-7 1.0-alpha1 2.0.0-insiders.20241118 1.96.0-insider 5.8.0-dev.20241118 \
    5.7.1-rc 5.7.0-beta 19.0.0-rc-66855b96-20241106 0.0.0-experimental-1234abcd-20241118 \
    18.3.0-canary-abcdef 19.0.0-next.0 19.1.0-next.1 11.0.0-pre.1 1.0.0-unstable.1 4.0.0-a.1 \
    4.0.0-exp.1 2.0.0-ea.1 2.0.0-tp1 1.84.0-nightly 1.84-beta 1.84.0-beta.3 6.1-nightly \
    6.0-snapshot 5.10-nightly-jammy 9.0-preview 9.0-preview-alpine 10.0-preview 9.0.0-rc.2-noble \
    10.0.0-preview.1.25080.3-noble 3.21.0_rc1 3.21_rc2 3.20.0_alpha20231219 v2.17.0-rc 3.1-dev10 \
    3.1-dev10-alpine 3.1-dev 3.2-dev1-bookworm v3.2.0-rc2 v3.2-rc v3.0.0-beta5 1.19.0-rc1+ent \
    1.19.0-beta1+ent 1.19.0-beta1-ent 4.0.0-preview1 4.0.0-preview2-scala2.13 \
    4.27.0-prerelease-20241225 v1.2.3-5-g1234abc-dirty v1.2.3-dirty 1.2.3+dirty \
    1.2.3-14-g2414721-alpine 1.2.3-alpine-14-g2414721 1.2.3-alpine3.20-14-g2414721 \
    1.2.3.r5.gabc1234 1.2.3_5_gabc1234 1.2.3+5.gabc1234 1.2.3+5.gabc1234.dirty \
    1.2.3-rc1-5-gabc1234 1.2.3-alpine-dirty 3.13.0b1t \
    v1.2.3-14-gabcd v1.2.3-14-g1234 1.2.3-14-gabcde 1.2.3-14-gabcdef 1.2.3.r14.gabcd \
    1.2.3+14.gabcd 1.2.3-14-gabcd-dirty 1.2.3-alpine-14-gabcd 1.2.3-14-gcc12 1.2.3.post14+gabcd \
    1.2.3-14-m2414721abcde 1.2.3-14-h2414721abcde 1.2.3-14-hg2414721abcde 1.2.3+14.m2414721abcde \
    1.2.3+5.Branch.main.Sha.abcdef 1.2.3+5.Sha.abcdef0 1.2.3+12.Branch.release-1.2.Sha.1234567 \
    1.0b1 1.0-b1 1.0-b9 1.0b12 1.0.b12 1.0-alpha12 1.0-a20241118 1.0-ea20241118";

/// Pre-releases only because of a word that is not known, so there is a warning.
const GUESSES: &str = "\
    21.0.5-ms 40-eln 1.2.3-abcdef0 1.2.3-gabcdef0 1.2.3-7f3a9c1 1.2.3-f3a9c17 1.2.3.abc1234 \
    1.2.3-20240101-abc1234 1.2.3-alpine-7f3a9c1 1.2.3-e3b0c44298fc1c149afbf4c8996fb92427ae41e4 \
    2024.10.22-7ca5933 1.2.3_7f3a9c1 1.2.3-0d1e2f3 1.2.3-12345678a \
    1.41.2-c6bbc1b53 1.41.3-a0bfb8370 1.41.3-b1c2d3e 1.41.3-b1234567 1.41.3-a123456 1.2.3-ea12bc3 \
    1.2.3-d1b2c3d 1.2.3_c6bbc1b53 1.2.3-c6bbc1b53-rc1 1.2.3-gabcd \
    1.2.3-5-1234567 1.2.3-12-12345678 v1.2.3-5-1234567-alpine \
    1.2.3+git20240101 1.2.3+git20241120.a1b2c3d 1.2.3+git20240101-1 1.2.3+git.a1b2c3d";

/// What is not a version, and has a warning.
const MEANT: &str = "\
    Hoxton.SR12 ubi9 21.fx-zulu 21.0.5.fx-librca pg16 pg16.4 OTP-27.1.2 ltsc2022 20H2 \
    1_77_0 1.2-1_77_0 boost-1.86 go1.23 x.y.1 jdk-21.0.5+11 jdk8u432-b06 release-2024-11-18 \
    Release-1.2 RELEASE.2024-11-07T00-52-20Z REL_17_2 pg17 OpenSSL_1_1_1w cpython-3.13 \
    llvmorg-19.1.0 swift-6.0.2-RELEASE trixie-20241111 bookworm-20241111-slim noble-20241118.1";

/// Names of channels and distributions, which have no warning.
const CHANNELS: &str = "\
    alpine-edge edge nightly canary latest stable bookworm trixie-slim lts lts-alpine dev main \
    unstable testing rolling noble current mainline beta head nightly-2024-11-18 nightly-20241118 \
    dev-12345 main-abc123 edge-123 canary-20241118 snapshot-20241118 master-20241118 latest-2024 \
    rawhide";

#[test]
fn every_spelling_is_what_its_vendor_means() {
    let kind = |text: &str| match text.parse::<Version>() {
        Ok(version) if version.unknown_word().is_some() => "guess",
        Ok(version) if version.is_prerelease() => "pre-release",
        Ok(_) => "release",
        Err(_) if Version::is_meant(text) => "meant",
        Err(_) => "channel",
    };
    let check = |all: &str, expect: &str| {
        for text in all.split_whitespace() {
            assert_eq!(kind(text), expect, "{text}");
        }
    };
    check(RELEASES, "release");
    check(PRERELEASES, "pre-release");
    check(GUESSES, "guess");
    check(MEANT, "meant");
    check(CHANNELS, "channel");
}

#[test]
fn spellings_have_the_order_of_their_vendor() {
    let check = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        for three in words.windows(3).step_by(2) {
            let [low, high] = [three[0], three[2]].map(|text| text.parse::<Version>().unwrap());
            let found = low.compare(&high);
            let expect = if three[1] == "=" {
                found.is_eq()
            } else {
                found.is_lt()
            };
            assert!(expect, "{three:?}: {found:?}");
        }
    };
    check("3.13.0a1 < 3.13.0b2 < 3.13.0rc3 < 3.13.0 < 3.13.1 < 3.14");
    check("17devel < 17beta1 < 17rc1 < 17.0 < 17.2");
    check("1.2~beta1 < 1.2~rc1 < 1.2 < 1.2-1");
    check("3.0.14-9 < 3.0.15-1~bpo12+1 < 3.0.15-1 < 3.0.15-2~bpo12+1");
    check("1.2.3-1~20240101 < 1.2.3-1~20240102 < 1.2.3-1");
    check("1.2.3-1~0.20.04.1 < 1.2.3-1");
    check("1.2.3-2~pgdg120+1 < 1.2.3-2");
    check("1.2.3-1ubuntu0.1~22.04.1 < 1.2.3-1ubuntu0.1");
    check("1.2.3-0.20240101git < 1.2.3-0.20240102gitabcdef0 < 1.2.3 < 1.2.3-1");
    check("1.2.3-0.a2 < 1.2.3-0.b1 < 1.2.3");
    check("8.11 < 8.12-20241118002626+0000 < 8.12 < 8.12.1");
    check("8.12-milestone-1 < 8.12-rc-1 < 8.12");
    check("8u392-b07 < 8u392-b08 < 8u502-b07");
    check("17.0.2+7 < 17.0.2+8 < 17.0.10+7");
    check("1.0.dev3 < 1.0a1 < 1.0rc1 < 1.0 < 1.0.post1");
    check("1.0-SNAPSHOT < 1.0");
    check("5.0.0.M1 < 5.0.0.RC1 < 5.0.0.RELEASE = 5.0.0");
    check("2019-CTP2.2 < 2019-RC1 < 2019-RTM < 2019-CU18 < 2019-CU19");
    check("9.0.0-preview.7 < 9.0.0-rc.1 < 9.0.0 < 9.0.1");
    check("2024a < 2024b < 2025a");
    check("1.1.1 < 1.1.1a < 1.1.1w");
    check("2.1.0-debian-12-r3 < 2.1.0-debian-12-r10");
    check("2.1.0-debian-12-r3 = 2.1.0-ubi9");
    check(
        "1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0-rc.1 < 1.0.0",
    );
    check("23.0.0-nightly20241010abcdef0123 < 23.0.0-nightly20241011abcdef0123 < 23.0.0");
    check("22.0.0-v8-canary20231204cf8ac0f493 < 22.0.0");
    check("11.3.0 < 11.4.0-79146pre < 11.4.0-82103pre < 11.4.0");
    check("24.04 < 24.04.1 < 24.10");
    check("2024.9 < 2024.11 < 2025.1");
    check("v1.31.4+k3s1 < v1.31.4+k3s2 < v1.32.0-rc1+k3s1 < v1.32.0+k3s1");
    check("25-ea-9 < 25-ea-10 < 25");
    check("9.9p1 < 9.9p2");
    check("3.3.2-r1 < 3.3.2_p1-r0 < 3.3.2_p1-r1 < 3.3.2_p2-r0 < 3.3.3-r0");
    check("9.9-3 < 9.9p1-1 < 9.9p1-2 < 9.9p2-1");
    check("1.0-2 < 1.0.post1 < 1.0.post1-1");
    check("3.0.7-27.el9 < 3.0.7-28.el9_4 < 3.0.7-28.el9_5 < 3.0.7-28.el9_5.1");
    check("2019-RTM < 2019-GDR9 < 2019-CU1 < 2019-CU1-GDR1 < 2019-CU2");
    check("2024.2.0.0-b9 < 2024.2.0.0 < 2024.2.0.0-b99 < 2024.2.0.0-b145 < 2024.2.1.0-b12");
    check("2024.2.0.0-build4 < 2024.2.0.0-b99");
    check("21.0.5-b631.8 < 21.0.5-b631.30 < 21.0.5-b700.1");
    check("1.18.2-ent = 1.18.2-ent.hsm = 1.18.2 < 1.18.3-ent");
    check("4.14.2 = 4.14.2+flambda < 4.14.3+flambda");
    check("8.0.11-jammy = 8.0.11-jammy-chiseled");
    check("2.5.1+cu124 = 2.5.1+cpu");
    check("1.2.3-14-gabcd < 1.2.3 < 1.2.4-1-gabcd");
    check("3.13.0rc1t < 3.13.0t = 3.13.0 < 3.13.1t");
    check("1.2.3-rc1-5-gabc1234 < 1.2.3-rc2 < 1.2.3-5-gabc1234-dirty < 1.2.3");
    check("1.2.3-7f3a9c1 < 1.2.3 < 1.2.4-7f3a9c1");
    check("9.5-1732804088 < 9.5-1732804090");
    check("9.4-1134 < 9.4-1194");
    check("9.4.56.v20240826 < 9.4.57.v20241219");
    check("10.3.0-SR1 < 10.3.0-SR2");
    check("12c < 18c < 19c < 21c");
    check("12cR1 < 12cR2");
    check("2.0.20241031.0 < 2.0.20241031.1 < 2023.6.20241111.0");
    check("24.12.0.100206-community < 24.12.0.100207-community");
    check("3.2.1 < 3.2.1-1 < 3.2.1-2 < 3.2.2");
    check("1.18.0-rc.0 < 1.18.0-rc.1 < 1.18.0");
    check("17.1.0-ce.0 < 17.1.0-ce.1 < 17.1.1-ce.0");
    check("1.2.3-14-g2414721 < 1.2.3");
    check("1.2.2 < 1.2.3+git20241120.a1b2c3d < 1.2.3");
    check("8.4.0alpha1 < 8.4.0beta5 < 8.4.0RC4 < 8.4.0");
    check("3.1-dev10 < 3.1-dev11 < 3.1");
}

#[test]
fn a_beta_that_may_be_a_build_has_a_second_reading() {
    for (text, build) in [
        ("2.18.0.1-b4", Some("2.18.0.1-build4")),
        ("2.0.0-b01", Some("2.0.0-build01")),
        ("21.0.5_b4.30", Some("21.0.5-build4.30")),
        ("2024.2.0.0-b145", None),
        ("8u502-b07", None),
        ("1.0b1", None),
        ("1.0-beta1", None),
        ("1.2.3-b1c2d3e", None),
    ] {
        let version: Version = text.parse().unwrap();
        let found = version.as_build();
        assert_eq!(found.as_deref(), build, "{text}");
        let is_release = |text: String| !text.parse::<Version>().unwrap().is_prerelease();
        assert!(found.is_none_or(is_release), "{text}");
    }
}

#[test]
fn editions_of_one_version_differ() {
    let differ = |line: &str| {
        let versions = line.split(' ').map(|text| text.parse::<Version>().unwrap());
        let versions: Vec<Version> = versions.collect();
        versions[0].is_other_edition(&versions[1])
    };
    for line in [
        "2.17.2-pg16 2.17.2-pg17",
        "3.9.1-alpine3.19 3.9.1-alpine3.20",
        "1.18.2-ent 1.18.2-ent.hsm",
        "1.18.2-ent 1.18.2-ent.fips1402",
        "21-jdk 21-jre",
        "10.0.13-jdk17 10.0.13-jdk21",
        "2.5.1+cu118 2.5.1+cu124",
    ] {
        assert!(differ(line), "{line}");
    }
    for line in [
        "17.4.0-ce.0 17.4.0-ce.1",
        "2.1.0-debian-12-r3 2.1.0-debian-12-r10",
        "2022-CU14-ubuntu22.04 2022-CU15-ubuntu20.04",
        "1.0-ce20241118 1.0-ce20241119",
        "1.2.3-alpine 1.2.4-slim",
        "1.2.3-1 1.2.3-2",
        "1.2.3-alpine3.20 1.2.3-alpine3.20",
        "1.2.3-alpine-rc1 1.2.3-slim",
    ] {
        assert!(!differ(line), "{line}");
    }
}
