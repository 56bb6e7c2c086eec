use super::{Compared, With};
use crate::import::{Format, Input, compare};
use crate::line;
use crate::matrix::Inputs;
use crate::name::Reference;
use crate::text::{Diagnostics, Sources};

/// Compares a bake file with a manifest; returns the differences.
fn compared(bake: &str, manifest: &str) -> (Compared, Vec<String>) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let fleet = line::fleet_of(manifest, &Inputs::default(), &mut out);
    assert!(!out.has_errors(), "{out:?}");
    let input = Input {
        source: sources.add("docker-bake.hcl", bake),
        text: bake,
        name: "docker-bake",
    };
    let with = With {
        fleet: &fleet.unwrap(),
        dockerfiles: &|_| None,
        texts: vec![manifest],
    };
    let compared = compare(Format::Bake, &[input], &[], &with, &mut out);
    let found: Vec<String> = out.iter().map(|fault| fault.message.clone()).collect();
    (compared.unwrap_or_else(|| panic!("{found:?}")), found)
}

#[track_caller]
fn check(bake: &str, images: &str, expect: &[&str]) {
    let manifest = format!(
        "workspace \"w\" {{ publish \"docker.io/acme/{{image}}\"; stage \"docker.io/acme/stage\" }}\n{images}"
    );
    let (_, found) = compared(bake, &manifest);
    assert_eq!(found, expect, "{bake}\n{manifest}");
}

const BAKE: &str = "target \"app\" {
  tags = [\"acme/app:1.3\", \"acme/app:latest\"]
  args = { V = \"3\" }
}";

#[test]
fn the_same() {
    check(
        BAKE,
        "image \"app\" { dockerfile \"Dockerfile\"; context \".\"; arg V=\"3\"; tag \"1.3\"; tag \"latest\" }",
        &[],
    );
}

#[test]
fn references_of_one_side() {
    check(
        BAKE,
        "image \"app\" { dockerfile \"Dockerfile\"; context \".\"; arg V=\"3\"; tag \"1.2\"; tag \"latest\" }",
        &[
            "the manifest does not publish `acme/app:1.3`",
            "the file does not publish `acme/app:1.2`",
        ],
    );
    check(
        BAKE,
        "image \"app\" { dockerfile \"Dockerfile\"; context \".\"; arg V=\"3\"; tag \"1.3\" }
         image \"old\" { publish \"docker.io/acme/app\"; dockerfile \"Dockerfile\"; tag \"0.1\"; tag \"0\" }",
        &[
            "the manifest does not publish `acme/app:latest`",
            "the file does not publish `acme/app:0.1`, `acme/app:0`",
        ],
    );
}

#[test]
fn a_reference_of_another_image() {
    check(
        BAKE,
        "image \"app\" { dockerfile \"Dockerfile\"; context \".\"; arg V=\"3\"; tag \"1.3\" }
         image \"old\" { publish \"docker.io/acme/app\"; dockerfile \"Dockerfile\"; tag \"1.2\"; tag \"latest\" }",
        &[
            "`acme/app:latest` is `acme/app:1.3` in the file and `acme/app:1.2` in the manifest",
            "the file does not publish `acme/app:1.2`",
        ],
    );
}

/// A tag that moved to another version: the images belong together by what is built.
#[test]
fn a_moved_tag() {
    let bake = "target \"new\" {\n  tags = [\"acme/app:2\"]\n  args = { V = \"2\" }\n}\n\
        target \"old\" {\n  tags = [\"acme/app:1\", \"acme/app:lts\", \"acme/app:stable\"]\n  args = { V = \"1\" }\n}\n";
    let image = |name: &str, tags: &str| {
        format!(
            "image \"a{name}\" {{ publish \"docker.io/acme/app\"; dockerfile \"Dockerfile\"; context \".\"; arg V=\"{name}\"; {tags} }}\n"
        )
    };
    check(
        bake,
        &(image("1", "tag \"1\"") + &image("2", "tag \"2\"; tag \"lts\"; tag \"stable\"")),
        &[
            "`acme/app:lts` is `acme/app:1` in the file and `acme/app:2` in the manifest",
            "`acme/app:stable` is `acme/app:1` in the file and `acme/app:2` in the manifest",
        ],
    );
    // The order of the file decides nothing.
    let old = bake.find("target \"old\"").unwrap_or_default();
    let turned = format!("{}{}", &bake[old..], &bake[..old]);
    check(
        &turned,
        &(image("1", "tag \"1\"") + &image("2", "tag \"2\"; tag \"lts\"; tag \"stable\"")),
        &[
            "`acme/app:lts` is `acme/app:1` in the file and `acme/app:2` in the manifest",
            "`acme/app:stable` is `acme/app:1` in the file and `acme/app:2` in the manifest",
        ],
    );
}

#[test]
fn built_differently() {
    check(
        BAKE,
        "image \"app\" { dockerfile \"D\"; context \".\"; arg V=\"2\" W=\"1\"; tag \"1.3\"; tag \"latest\"
           platforms \"linux/arm64\"; target \"t\" }",
        &[
            "the list of platforms of `acme/app:1.3` is `linux/amd64` in the file and `linux/arm64` in the manifest",
            "the Dockerfile of `acme/app:1.3` is `Dockerfile` in the file and `D` in the manifest",
            "`target` of `acme/app:1.3` is not set in the file and `t` in the manifest",
            "the argument `V` of `acme/app:1.3` is `3` in the file and `2` in the manifest",
            "the argument `W` of `acme/app:1.3` is not set in the file and `1` in the manifest",
        ],
    );
}

/// A person has written the images of the manifest in place of their references.
#[test]
fn named_contexts_are_compared_by_their_images() {
    let bake = "target \"a\" {\n tags = [\"acme/a:1\"]\n}\ntarget \"b\" {\n context = \"b\"\n contexts = { a = \"target:a\", os = \"docker-image://debian:12\" }\n tags = [\"acme/b:1\"]\n}";
    let images = |a: &str, os: &str, bases: &str| {
        format!(
            "{bases}
             image \"a\" {{ dockerfile \"Dockerfile\"; tag \"1\" }}
             image \"b\" {{ dockerfile \"b/Dockerfile\"; contexts \"a\" {a}; contexts \"os\" {os}; tag \"1\" }}"
        )
    };
    let deb = "base \"deb\" from=\"debian:12\"";
    check(bake, &images("\"acme/a:1\"", "\"debian:12\"", ""), &[]);
    let full = "\"docker.io/library/debian:12\"";
    check(bake, &images("\"docker.io/acme/a:1\"", full, ""), &[]);
    check(bake, &images("image=\"a\"", "base=\"deb\"", deb), &[]);
    check(bake, &images("\"a\"", "\"deb\"", deb), &[]);
    let old = "base \"old\" from=\"debian:11\"";
    check(
        bake,
        &images("\"a\"", "\"old\"", old),
        &[
            "the named context `os` of `acme/b:1` is `debian:12` in the file and `debian:11` in the manifest",
        ],
    );
}

/// A person has written a template for it since.
#[test]
fn a_template_has_its_own_content() {
    check(
        BAKE,
        "base \"b\" from=\"debian:12\"
         image \"app\" { from base=\"b\"; tag \"1.3\"; tag \"latest\" }",
        &[],
    );
}

#[test]
fn only_repositories_of_the_file_are_compared() {
    let manifest = "workspace \"w\" { publish \"docker.io/acme/{image}\"; stage \"docker.io/acme/stage\" }
        image \"app\" { dockerfile \"Dockerfile\"; context \".\"; arg V=\"3\"; tag \"1.3\"; tag \"latest\" }
        image \"mine\" { dockerfile \"mine/Dockerfile\"; tag \"1\" }";
    let bake = format!(
        "{BAKE}\ngroup \"default\" {{\n targets = [\"app\", \"later\"]\n}}\ntarget \"later\" {{\n dockerfile = \"L\"\n}}"
    );
    let (compared, found) = compared(&bake, manifest);
    assert_eq!(found, Vec::<String>::new());
    let elsewhere: Vec<String> = compared.elsewhere.iter().map(ToString::to_string).collect();
    assert_eq!(elsewhere, ["docker.io/acme/mine"]);
    assert_eq!((compared.images, compared.references), (1, 2));
    let later = std::collections::BTreeSet::from([String::from("later")]);
    assert_eq!((&compared.unnamed, &compared.unknown), (&later, &later));
}

/// The file has no tags of `web`: what it builds is compared with the image of that name.
#[test]
fn images_without_tags_in_the_file_are_compared_by_name() {
    let bake = "target \"web\" {
  dockerfile = \"web/Dockerfile\"
  args = { V = \"3\" }
}
group \"default\" {
  targets = [\"web\"]
}";
    let check = |image: &str, expect: &[&str], common: usize| {
        let manifest = format!(
            "workspace \"w\" {{ publish \"docker.io/acme/{{image}}\"; stage \"docker.io/acme/stage\" }}\n{image}"
        );
        let (compared, found) = compared(bake, &manifest);
        assert_eq!(found, expect, "{manifest}");
        let counts = (compared.images, compared.unnamed.len(), compared.common);
        assert_eq!(counts, (0, 1, common), "{manifest}");
        assert_eq!(compared.unknown.len(), 1 - common, "{manifest}");
        assert_eq!(compared.elsewhere.is_empty(), common == 1, "{manifest}");
    };
    let body = "dockerfile \"web/Dockerfile\"; context \".\"; tag \"9\"; arg";
    check(&format!("image \"web\" {{ {body} V=\"3\" }}"), &[], 1);
    check(
        &format!("image \"web\" {{ {body} V=\"4\" }}"),
        &["the argument `V` of `web` is `3` in the file and `4` in the manifest"],
        1,
    );
    check(&format!("image \"app\" {{ {body} V=\"3\" }}"), &[], 0);
}

/// Tags that only some runs move are not compared, but listed: the file has no such conditions.
#[test]
fn conditions_are_listed() {
    let check = |image: &str, expect: &[&str], listed: &[&str]| {
        let manifest = format!(
            "workspace \"w\" {{ publish \"docker.io/acme/{{image}}\"; stage \"docker.io/acme/stage\" }}\nimage \"app\" {{ dockerfile \"Dockerfile\"; context \".\"; arg V=\"3\"; {image} }}"
        );
        let (compared, found) = compared(BAKE, &manifest);
        assert_eq!(found, expect, "{manifest}");
        let all: Vec<String> = compared
            .conditional
            .iter()
            .map(Reference::familiar)
            .collect();
        assert_eq!(all, listed, "{manifest}");
        assert_eq!(compared.common, 1);
    };
    check(
        "tag \"1.3\"; tag \"latest\" on=\"release\"",
        &[],
        &["acme/app:latest"],
    );
    check(
        "tag \"1.3\"; tag \"latest\"; tag \"stable\" on=\"release\"",
        &[],
        &["acme/app:stable"],
    );
    check(
        "publish \"docker.io/acme/app\" on=\"schedule\"; tag \"1.3\"; tag \"latest\"",
        &[],
        &["acme/app:1.3", "acme/app:latest"],
    );
    check(
        "tag \"1.3\"; tag \"2\" on=\"release\"",
        &["the manifest does not publish `acme/app:latest`"],
        &["acme/app:2"],
    );
}

/// What the builds mount.
#[test]
fn secrets_and_agents() {
    let bake = "target \"app\" {
      tags = [\"acme/app:1\"]
      secret = [\"id=npm,env=NPM_TOKEN\", \"id=rc,src=private/rc\"]
      ssh = [\"default\"]
    }";
    let image = |mounts: &str| {
        format!("image \"app\" {{ dockerfile \"Dockerfile\"; context \".\"; {mounts}; tag \"1\" }}")
    };
    check(
        bake,
        &image(
            "secret \"npm\" env=\"NPM_TOKEN\"; secret \"rc\" file=\"private/rc\"; ssh \"default\"",
        ),
        &[],
    );
    check(
        bake,
        &image("secret \"npm\" env=\"TOKEN\"; secret \"more\" file=\"more\""),
        &[
            "the secret `more` of `acme/app:1` is not set in the file and `file=more` in the manifest",
            "the secret `npm` of `acme/app:1` is `env=NPM_TOKEN` in the file and `env=TOKEN` in the manifest",
            "the secret `rc` of `acme/app:1` is `file=private/rc` in the file and not set in the manifest",
            "`ssh` of `acme/app:1` is `default` in the file and not set in the manifest",
        ],
    );
}

/// The documents beside images: a file without a word about them is not compared.
#[test]
fn documents() {
    let bake = |attest: &str| format!("target \"app\" {{\ntags = [\"acme/app:1\"]\n{attest}\n}}");
    let both = bake("attest = [\"type=provenance,mode=max\", { type = \"sbom\" }]");
    let off = bake("attest = [\"type=sbom\", \"type=sbom,disabled=true\"]");
    let found = |bake: &str, attest: &str| {
        let manifest = format!(
            "workspace \"w\" {{ publish \"docker.io/acme/{{image}}\"; stage \"docker.io/acme/stage\"; {attest} }}
             image \"app\" {{ dockerfile \"Dockerfile\"; context \".\"; tag \"1\" }}"
        );
        compared(bake, &manifest).1
    };
    let none: [&str; 0] = [];
    assert_eq!(found(&both, "attest \"sbom\" \"provenance\""), none);
    assert_eq!(found(&bake(""), "attest \"sbom\""), none);
    assert_eq!(found(&off, ""), none);
    assert_eq!(
        found(&both, "attest \"sbom\""),
        ["`attest` is `sbom, provenance` in the file and `sbom` in the manifest"]
    );
    assert_eq!(
        found(&both, ""),
        ["`attest` is `sbom, provenance` in the file and not set in the manifest"]
    );
}
