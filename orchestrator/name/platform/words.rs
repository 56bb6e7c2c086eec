//! The names in platforms: those of Go and Docker, and common other names.

/// Operating systems and architectures of images, with Go's names.
const KNOWN: [(&str, &[&str]); 6] = [
    (
        "linux",
        &[
            "amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "loong64", "mips64le",
            "mips64", "mipsle", "mips", "ppc64",
        ],
    ),
    ("windows", &["amd64", "arm64", "arm", "386"]),
    ("freebsd", &["amd64", "arm64", "riscv64"]),
    ("darwin", &["amd64", "arm64"]),
    ("wasi", &["wasm", "wasm32"]),
    ("wasip1", &["wasm"]),
];

/// Other names of architectures, from `uname -m`, Debian, Docker Hub and Node.js.
const ALIASES: [(&str, &str); 20] = [
    ("x86_64", "amd64"),
    ("x86-64", "amd64"),
    ("x64", "amd64"),
    ("aarch64", "arm64"),
    ("arm64v8", "arm64"),
    ("armv8", "arm64"),
    ("armhf", "arm/v7"),
    ("armv7", "arm/v7"),
    ("armv7l", "arm/v7"),
    ("arm32v7", "arm/v7"),
    ("armel", "arm/v6"),
    ("armv6", "arm/v6"),
    ("armv6l", "arm/v6"),
    ("arm32v6", "arm/v6"),
    ("arm32v5", "arm/v5"),
    ("i386", "386"),
    ("i686", "386"),
    ("x86", "386"),
    ("ppc64el", "ppc64le"),
    ("loongarch64", "loong64"),
];

/// Whether images exist for this operating system and architecture.
pub(super) fn is_known(os: &str, architecture: &str) -> bool {
    architectures(os).contains(&architecture)
}

/// The architectures of an operating system; empty if it is unknown.
fn architectures(os: &str) -> &'static [&'static str] {
    KNOWN
        .iter()
        .find(|(name, _)| *name == os)
        .map_or(&[], |(_, all)| all)
}

/// Whether an architecture has this variant.
pub(super) fn has_variant(architecture: &str, variant: &str) -> bool {
    match architecture {
        "amd64" => matches!(variant, "v1" | "v2" | "v3" | "v4"),
        "arm" => matches!(variant, "v5" | "v6" | "v7" | "v8"),
        "arm64" => match variant.strip_prefix("v8").or(variant.strip_prefix("v9")) {
            Some("") => true,
            Some(minor) => {
                minor.len() == 2 && minor.starts_with('.') && minor.as_bytes()[1].is_ascii_digit()
            }
            None => false,
        },
        "riscv64" => matches!(variant, "rva20u64" | "rva22u64" | "rva23u64"),
        "ppc64" | "ppc64le" => matches!(variant, "power8" | "power9" | "power10"),
        _ => false,
    }
}

/// The normalized spelling of a variant, as in containerd: `arm64/v8` is `arm64`,
/// `amd64/v1` is `amd64`, `arm` is `arm/v7`.
pub(super) fn canonical_variant(architecture: &str, variant: Option<&str>) -> Option<String> {
    match (architecture, variant) {
        ("amd64", Some("v1")) | ("arm64", Some("v8" | "v8.0")) => None,
        ("arm64", Some("v9.0")) => Some("v9".into()),
        ("arm", None) => Some("v7".into()),
        (_, variant) => variant.map(str::to_owned),
    }
}

/// Normalizes a platform that is written with the names of other tools: case, a missing operating system, and names
/// such as `x86_64`. The result is not necessarily a known platform.
pub(super) fn as_docker_reads(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let parts: Vec<&str> = text.split('/').collect();
    let (os, rest) = match parts.as_slice() {
        [os, rest @ ..] if !rest.is_empty() && !is_architecture(os) => (*os, rest),
        rest => ("linux", rest),
    };
    let (architecture, variant) = match rest {
        [architecture, variant @ ..] => (plain_architecture(architecture), variant.join("/")),
        [] => return text,
    };
    // In `armhf/v7`, the alias already includes the variant.
    let variant = match variant.as_str() {
        "" => String::new(),
        written if architecture.ends_with(&format!("/{written}")) => String::new(),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => format!("/v{digits}"),
        written => format!("/{written}"),
    };
    let os = match os {
        "macos" => "darwin",
        os => os,
    };
    format!("{os}/{architecture}{variant}")
}

fn plain_architecture(word: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == word)
        .map_or(word, |(_, name)| name)
}

fn is_architecture(word: &str) -> bool {
    let name = plain_architecture(word);
    let name = name.split_once('/').map_or(name, |(name, _)| name);
    KNOWN.iter().any(|(_, all)| all.contains(&name))
}

/// Every operating system with each of its architectures: `linux/amd64`.
pub(super) fn all() -> impl Iterator<Item = String> {
    KNOWN.iter().flat_map(|(os, all)| {
        all.iter()
            .map(move |architecture| format!("{os}/{architecture}"))
    })
}
