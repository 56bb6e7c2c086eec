//! The SBOM of an image: SPDX 2.3 as JSON.

use super::{Known, name, package_url, time};
use crate::memory::packages::{Package, Packages};
use serde_json::{Value, json};

/// The identifier of the image in the document.
const IMAGE: &str = "SPDXRef-Image";

/// What says that it is not known.
const UNKNOWN: &str = "NOASSERTION";

/// The document.
pub(super) fn document(known: &Known<'_>) -> Value {
    let part = known.part;
    let packages = known
        .details
        .and_then(|details| details.packages.as_deref());
    let listed = packages
        .iter()
        .flat_map(|all| all.all.iter().map(|one| (*all, one)));
    let mut all = vec![image(known)];
    all.extend(
        listed
            .enumerate()
            .map(|(at, (all, one))| package(at, all, one)),
    );
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": format!("{} {}", name(part), part.platform),
        "documentNamespace": format!("https://kiln.dev/spdx/{}", part.digest.hex()),
        "comment": comment(packages),
        "creationInfo": {
            "created": time(part.made.built),
            "creators": [format!("Tool: kiln-{}", known.kiln)],
        },
        "packages": all,
        "relationships": relationships(packages),
    })
}

fn comment(packages: Option<&Packages>) -> &'static str {
    match packages {
        Some(packages) if packages.compared => {
            "Lists the packages of the image's package manager, and says which of them the image below has, too. Other software is not listed."
        }
        Some(_) => {
            "Lists the packages of the image's package manager. Other software is not listed."
        }
        None => {
            "What the image contains is not known: it has no database of packages that kiln reads, or kiln did not list its packages when it was built."
        }
    }
}

fn image(known: &Known<'_>) -> Value {
    let part = known.part;
    let url = package_url::of_own(&name(part), part.digest, Some(&part.platform));
    json!({
        "SPDXID": IMAGE,
        "name": name(part),
        "versionInfo": part.digest.to_string(),
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{ "algorithm": "SHA256", "checksumValue": part.digest.hex() }],
        "externalRefs": [external(&url)],
    })
}

fn package(at: usize, packages: &Packages, package: &Package) -> Value {
    let url = package_url::of_package(packages, package);
    let mut value = json!({
        "SPDXID": id(at),
        "name": package.name,
        "versionInfo": package.version,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "externalRefs": [external(&url)],
    });
    if let Some(source) = &package.source {
        value["sourceInfo"] = json!(format!("built from the source package {source}"));
    }
    if package.below {
        value["comment"] = json!("The image below has it, too.");
    }
    value
}

fn external(url: &str) -> Value {
    json!({
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": url,
    })
}

fn relationships(packages: Option<&Packages>) -> Vec<Value> {
    let one = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let mut all = vec![one("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
    match packages {
        Some(packages) => {
            let places = 0..packages.all.len();
            all.extend(places.map(|at| one(IMAGE, "CONTAINS", &id(at))));
        }
        None => all.push(one(IMAGE, "CONTAINS", UNKNOWN)),
    }
    all
}

fn id(at: usize) -> String {
    format!("SPDXRef-Package-{}", at + 1)
}
