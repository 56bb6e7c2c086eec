//! Proofs on a real engine and real registries, which keep no lists of referrers. Validators of the formats read them.

mod tools;
mod world;

use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;
use tools::tool;
use world::{Kind, World};

on_engine!(engine_20_10, V20_10, proofs_are_published_beside_images);
on_engine!(
    engine_28_5,
    V28_5,
    proofs_are_published_beside_images,
    kept_images_get_proofs_and_prune_removes_them
);
on_engine!(
    engine_28_5_containerd,
    V28_5Containerd,
    proofs_are_published_beside_images
);

const FIRST: &str = "127.0.0.1:5000";
const SECOND: &str = "127.0.0.1:5001";
const SBOM: &str = "application/spdx+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// Reads the SBOM, the provenance and the package URLs that follow with the validators of their formats.
const VALIDATE: &str = r#"
import json, sys
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementPb
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

document = parse_file(sys.argv[1])
faults = validate_full_spdx_document(document)
assert not faults, faults
for package in document.packages:
    for ref in package.external_references:
        assert PackageURL.from_string(ref.locator).to_string() == ref.locator, ref.locator
statement = json.load(open(sys.argv[2]))
Statement.copy_from_pb(ParseDict(statement, StatementPb())).validate()
provenance = ParseDict(statement["predicate"], Provenance())
for one in provenance.build_definition.resolved_dependencies:
    assert one.uri or one.digest, one
print("valid")
"#;

/// `root` on Debian, `app` on `root`, published to two registries.
struct Fleet {
    world: &'static World,
    dir: PathBuf,
    name: &'static str,
}

impl Fleet {
    fn new(kind: Kind, name: &'static str, base: &str) -> Self {
        static SECOND_REGISTRY: [Once; 3] = [const { Once::new() }; 3];
        let world = World::shared(kind);
        SECOND_REGISTRY[kind as usize].call_once(|| drop(world.another_registry(5001)));
        world.import_base(base, &format!("{FIRST}/{name}/base:1"));
        let dir = world.dir().join(format!("proofs-{name}"));
        std::fs::create_dir_all(&dir).unwrap();
        Self { world, dir, name }
    }

    fn manifest(&self, attest: &str, content: &str) {
        let name = self.name;
        let text = format!(
            "workspace \"w\" {{
                publish \"{FIRST}/{name}/{{image}}\"
                publish \"{SECOND}/{name}/{{image}}\" on=\"release\"
                stage \"{FIRST}/{name}/stage\"
                {attest}
            }}
            base \"base\" from=\"{FIRST}/{name}/base:1\"
            toolset \"root\" {{ run \"echo root > /root.txt\" }}
            toolset \"app\" {{ run \"echo {content} > /app.txt\" }}
            image \"root\" {{ from base=\"base\"; use \"root\"; tag \"1\" }}
            image \"app\" {{ from image=\"root\"; use \"app\"; tag \"edge\"; tag \"stable\" on=\"release\" }}\n"
        );
        std::fs::write(self.dir.join("kiln.kdl"), text).unwrap();
    }

    #[track_caller]
    fn build(&self) -> String {
        self.run("build --push", &self.world.docker_host())
    }

    /// What a command without an engine prints.
    #[track_caller]
    fn kiln(&self, command: &str) -> String {
        self.run(command, "unix:///nonexistent/docker.sock")
    }

    #[track_caller]
    fn run(&self, command: &str, engine: &str) -> String {
        let mut kiln = self.world.kiln(&self.dir);
        kiln.args(command.split(' ')).env("DOCKER_HOST", engine);
        let output = kiln.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
        match output.stdout.is_empty() {
            true => String::from_utf8(output.stderr).unwrap(),
            false => String::from_utf8(output.stdout).unwrap(),
        }
    }

    /// The document of an image, and its file.
    #[track_caller]
    fn document(&self, image: &str, kind: &str) -> (Value, PathBuf) {
        let text = self.kiln(&format!("inspect {image} --{kind}"));
        let file = self.dir.join(match kind {
            "sbom" => "sbom.spdx.json",
            _ => "provenance.json",
        });
        std::fs::write(&file, &text).unwrap();
        (serde_json::from_str(&text).unwrap(), file)
    }

    /// What the tag that lists the referrers of an image lists: artifact types, sorted.
    fn listed(&self, repository: &str, digest: &str) -> Vec<String> {
        let tag = digest.replace(':', "-");
        let list = self.world.manifest(&format!("{repository}:{tag}"));
        let Some(entries) = list["manifests"].as_array() else {
            return Vec::new();
        };
        let kinds = entries
            .iter()
            .map(|one| one["artifactType"].as_str().unwrap());
        let mut kinds: Vec<String> = kinds.map(str::to_owned).collect();
        kinds.sort();
        kinds
    }

    /// What skopeo reads of a manifest, as a client that is not ours. It is installed with the other packages of the tests; a run
    /// that has none skips it.
    fn skopeo(&self, reference: &str) -> Option<Value> {
        let read = ["inspect", "--raw", "--tls-verify=false"];
        let mut skopeo = self.world.command("skopeo");
        let output = skopeo.args(read).arg(format!("docker://{reference}"));
        let output = output.output().expect("a command that starts");
        if output.status.code() == Some(127) && std::env::var_os("KILN_TEST_COMPLETE").is_none() {
            return None;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        Some(serde_json::from_slice(&output.stdout).expect("JSON"))
    }
}

fn proofs_are_published_beside_images(kind: Kind) {
    let fleet = Fleet::new(kind, "attested", "debian");
    fleet.manifest("attest \"sbom\" \"provenance\"", "1");
    fleet.build();
    let name = fleet.name;
    let edge = format!("{FIRST}/{name}/app:edge");
    let digest = fleet.world.digest(&edge).expect("an image");
    for repository in ["stage", "app"] {
        let repository = format!("{FIRST}/{name}/{repository}");
        assert_eq!(fleet.listed(&repository, &digest), [SBOM, IN_TOTO]);
    }
    let list = format!("{FIRST}/{name}/app:{}", digest.replace(':', "-"));
    if let Some(list) = fleet.skopeo(&list) {
        let first = list["manifests"][0]["digest"].as_str().unwrap();
        let proof = fleet
            .skopeo(&format!("{FIRST}/{name}/app@{first}"))
            .unwrap();
        assert_eq!(proof["subject"]["digest"], digest);
    }
    let (sbom, sbom_file) = fleet.document(&edge, "sbom");
    let packages = sbom["packages"].as_array().unwrap();
    let apt = packages
        .iter()
        .find(|one| one["name"] == "apt")
        .expect("apt");
    let url = apt["externalRefs"][0]["referenceLocator"].as_str().unwrap();
    assert!(url.starts_with("pkg:deb/debian/apt@"), "{url}");
    assert!(url.contains("&distro=debian-"), "{url}");
    assert_eq!(apt["comment"], "The image below has it, too.");
    let (provenance, provenance_file) = fleet.document("app:edge", "provenance");
    let subject = &provenance["subject"][0]["digest"]["sha256"];
    assert_eq!(format!("sha256:{}", subject.as_str().unwrap()), digest);
    let parent = &provenance["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    let root = fleet
        .world
        .digest(&format!("{FIRST}/{name}/root:1"))
        .expect("an image");
    assert_eq!(
        format!("sha256:{}", parent["digest"]["sha256"].as_str().unwrap()),
        root
    );
    let (root, _) = fleet.document("root:1", "provenance");
    let base = &root["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(base["name"], format!("{FIRST}/{name}/base:1"));

    if let Some(python) = tool("validators") {
        let said = Command::new(python)
            .args(["-c", VALIDATE])
            .args([&sbom_file, &provenance_file])
            .output()
            .unwrap();
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
    }

    // Writing twice changes nothing, and a release takes the documents along.
    assert!(fleet.kiln("plan").contains("nothing to do"));
    let other = format!("{SECOND}/{name}/app");
    assert_eq!(fleet.listed(&other, &digest), [""; 0]);
    fleet.kiln("release");
    assert_eq!(
        fleet.world.digest(&format!("{other}:stable")),
        Some(digest.clone())
    );
    assert_eq!(fleet.listed(&other, &digest), [SBOM, IN_TOTO]);
    let (copied, _) = fleet.document(&format!("{other}:stable"), "sbom");
    assert_eq!(copied, sbom);
}

fn kept_images_get_proofs_and_prune_removes_them(kind: Kind) {
    let fleet = Fleet::new(kind, "late", "busybox");
    let name = fleet.name;
    fleet.manifest("", "1");
    fleet.build();
    let edge = format!("{FIRST}/{name}/app:edge");
    let first = fleet.world.digest(&edge).expect("an image");
    let stage = format!("{FIRST}/{name}/stage");
    assert_eq!(fleet.listed(&stage, &first), [""; 0]);
    fleet.manifest("attest \"sbom\"", "1");
    let plan = fleet.kiln("plan");
    assert!(plan.contains("2 images to attest"), "{plan}");
    // Without an engine: nothing is built.
    fleet.kiln("build --push");
    assert_eq!(fleet.world.digest(&edge), Some(first.clone()));
    for repository in ["stage", "app"] {
        let repository = format!("{FIRST}/{name}/{repository}");
        assert_eq!(fleet.listed(&repository, &first), [SBOM]);
    }
    // It has no database of packages.
    let (sbom, _) = fleet.document("app:edge", "sbom");
    assert_eq!(
        sbom["relationships"][1]["relatedSpdxElement"],
        "NOASSERTION"
    );

    for content in ["2", "3"] {
        fleet.manifest("attest \"sbom\"", content);
        fleet.build();
    }
    let now = fleet.world.digest(&edge).expect("an image");
    let pruned = fleet.kiln("prune --yes --keep 0 --now 2100-01-01");
    assert!(pruned.contains("1 image removed"), "{pruned}");
    assert_eq!(fleet.listed(&stage, &first), [""; 0]);
    assert_eq!(
        fleet
            .world
            .digest(&format!("{stage}@{first}").replace('@', ":")),
        None
    );
    assert_eq!(fleet.listed(&stage, &now), [SBOM]);
}
