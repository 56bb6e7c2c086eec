//! Downloads, each in its own stage, so that the resulting image contains no tar, no curl and no archive.

use super::fill::One;
use super::names::{Copied, Download, Places, Stage};
use crate::manifest::{Archive, Family, Fetch, Manager, Syntax};
use crate::matrix::{Machine, ParamText};
use crate::name::{Digest, Platform};
use crate::render::checksums::{Checksum, Fetching};
use crate::render::value_kind::ValueKind;

/// Something to download.
pub(super) enum Fetched<'a> {
    Archive(&'a Archive<ParamText>),
    File(&'a Fetch<ParamText>),
}

impl Fetched<'_> {
    fn url(&self) -> &ParamText {
        match self {
            Self::Archive(archive) => &archive.url,
            Self::File(fetch) => &fetch.url,
        }
    }

    fn digest(&self) -> Option<&ParamText> {
        match self {
            Self::Archive(archive) => archive.digest.as_ref(),
            Self::File(fetch) => fetch.digest.as_ref(),
        }
    }
}

/// How a download is unpacked, and what is copied out of its stage.
struct Unpacking {
    packing: Packing,
    into: String,
    from: String,
    strip: String,
    only: Vec<String>,
    owner: String,
    mode: String,
}

/// The format of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    /// The options for tar: `-xzf`.
    Tar(&'static str),
    Zip,
    /// Not an archive.
    None,
}

impl Packing {
    fn of(url: &str) -> Self {
        let path = url
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
        match () {
            () if ends(&[".zip"]) => Self::Zip,
            () if ends(&[".tar.xz", ".txz"]) => Self::Tar("-xJf"),
            () if ends(&[".tar.bz2", ".tbz2", ".tbz"]) => Self::Tar("-xjf"),
            () if ends(&[".tar.zst", ".tzst"]) => Self::Tar("--zstd -xf"),
            () if ends(&[".tar"]) => Self::Tar("-xf"),
            // The most common format, and the fallback for unknown names.
            () => Self::Tar("-xzf"),
        }
    }

    /// The packages that unpack it, if not every image of the family has them.
    fn tools(self, family: Family, manager: Manager) -> Vec<&'static str> {
        let mut tools = match self {
            Self::None => return Vec::new(),
            Self::Zip => return vec!["unzip"],
            Self::Tar("-xJf") if family == Family::Debian => vec!["xz-utils"],
            Self::Tar("-xJf") => vec!["xz"],
            Self::Tar("-xjf") => vec!["bzip2"],
            // The tar of Alpine's busybox does not support zstd.
            Self::Tar("--zstd -xf") if manager == Manager::Apk => vec!["tar", "zstd"],
            Self::Tar("--zstd -xf") => vec!["zstd"],
            Self::Tar(_) => Vec::new(),
        };
        if family == Family::Rhel {
            tools.extend(["gzip", "tar"]);
        }
        tools
    }
}

impl<'a> One<'a, '_> {
    /// Adds the stages, and returns the data of the COPY out of them.
    pub fn fetched(&mut self, what: &Fetched<'_>) -> Option<Copied> {
        let platforms = &self.variant.platforms;
        if platforms.len() > 1
            && self.fleet.syntax == Syntax::Classic
            && what.url().contains("{arch")
        {
            self.on(what.url(), ValueKind::Text, Machine::Unknown);
            return None;
        }
        let all: Vec<(&Platform, String)> = platforms
            .iter()
            .map(|platform| {
                let machine = Machine::One(platform);
                Some((platform, self.on(what.url(), ValueKind::Url, machine)?))
            })
            .collect::<Option<_>>()?;
        let stage = self.stage_name(platforms);
        let same = all.iter().all(|(_, url)| *url == all[0].1);
        if same {
            let mut one = self.stage(what, &all[0].1, &stage, all[0].0)?;
            one.platform = String::new();
            let copy = one.copy.clone();
            self.installed.stages.push(Stage::Download(Box::new(one)));
            return Some(copy);
        }
        self.by_platform(what, all, stage)
    }

    /// A stage for each platform, and the one that chooses: builders build only the stage that is chosen.
    fn by_platform(
        &mut self,
        what: &Fetched<'_>,
        all: Vec<(&Platform, String)>,
        stage: String,
    ) -> Option<Copied> {
        let by_variant = by_variant(&self.variant.platforms);
        let mut copy = None;
        for (platform, url) in &all {
            let name = platform_stage(&stage, platform, by_variant);
            let one = self.stage(what, url, &name, platform)?;
            copy.get_or_insert_with(|| one.copy.clone());
            self.installed.stages.push(Stage::Download(Box::new(one)));
        }
        let chosen = if by_variant {
            "${TARGETARCH}${TARGETVARIANT}"
        } else {
            "${TARGETARCH}"
        };
        self.installed.stages.push(Stage::Choice {
            choose: format!("{stage}-{chosen}"),
            stage: stage.clone(),
        });
        copy.map(|copy| Copied { stage, ..copy })
    }

    /// The data of one stage and of the COPY out of it.
    fn stage(
        &mut self,
        what: &Fetched<'_>,
        url: &str,
        stage: &str,
        platform: &Platform,
    ) -> Option<Download<'a>> {
        let machine = Machine::One(platform);
        let digest = self.checksum(what, url, machine)?;
        let Unpacking {
            packing,
            into,
            from,
            strip,
            only,
            owner,
            mode,
        } = match what {
            Fetched::Archive(archive) => self.unpacking(archive, url, machine)?,
            Fetched::File(fetch) => self.single_file(fetch, machine)?,
        };
        let (kind, tar) = match packing {
            Packing::Tar(options) => ("tar", options),
            Packing::Zip => ("zip", ""),
            Packing::None => ("file", ""),
        };
        let packages = packing.tools(self.distribution.family, self.distribution.manager);
        let mount = if packages.is_empty() {
            String::new()
        } else {
            self.installed.packages.get_or_insert(what.url().span);
            self.mount("fetch")
        };
        let place = self.installed.place(what.url().span);
        Some(Download {
            toolset: &self.used.toolset,
            platform: platform.to_string(),
            base: self.base.clone(),
            restore: self.restore.clone(),
            family: self.distribution.family.word(),
            manager: self.distribution.manager.word(),
            mount,
            packages,
            package_mounts: [],
            url: url.to_owned(),
            fetched: FETCHED,
            digest,
            kind,
            tar,
            strip,
            only,
            mode,
            places: Places {
                packages: place,
                ..Places::default()
            },
            copy: Copied {
                stage: stage.to_owned(),
                from,
                link: self.links(&into, &owner),
                into,
                owner,
                place,
            },
        })
    }

    fn unpacking(
        &mut self,
        archive: &Archive<ParamText>,
        url: &str,
        machine: Machine<'_>,
    ) -> Option<Unpacking> {
        let only: Vec<String> = archive
            .only
            .iter()
            .filter_map(|path| self.on(path, ValueKind::Text, machine))
            .collect();
        let strip = self.maybe(archive.strip.as_ref(), ValueKind::Number);
        let owner = self.maybe(archive.owner.as_ref(), ValueKind::Owner);
        let into = self.on(&archive.into, ValueKind::ImagePath, machine)?;
        let packing = Packing::of(url);
        if packing == Packing::Zip && !strip.is_empty() {
            let message = "`strip` is only for tar archives: unzip cannot strip folders";
            self.fault("toolset::strip", message.into(), archive.url.span);
            return None;
        }
        Some(Unpacking {
            packing,
            into: format!("{}/", into.trim_end_matches('/')),
            from: String::from("/unpacked/"),
            strip,
            only,
            owner,
            mode: String::new(),
        })
    }

    fn single_file(&mut self, fetch: &Fetch<ParamText>, machine: Machine<'_>) -> Option<Unpacking> {
        let mode = self.maybe(fetch.mode.as_ref(), ValueKind::Mode);
        let owner = self.maybe(fetch.owner.as_ref(), ValueKind::Owner);
        let into = self.on(&fetch.into, ValueKind::ImagePath, machine)?;
        if into.ends_with('/') {
            let message = format!("`{into}` is a folder: `into` must name the file itself");
            self.fault("toolset::fetch", message, fetch.into.span);
            return None;
        }
        Some(Unpacking {
            packing: Packing::None,
            into,
            from: String::from(FETCHED),
            strip: String::new(),
            only: vec![],
            owner,
            mode: if mode.is_empty() {
                String::from("0644")
            } else {
                mode
            },
        })
    }

    /// The expected checksum in hex digits: `digest`, otherwise the one in `kiln.lock`. If neither exists, it is empty and
    /// recorded as missing.
    fn checksum(&mut self, what: &Fetched<'_>, url: &str, machine: Machine<'_>) -> Option<String> {
        let (checksum, hex) = match (what.digest(), self.lock.get(url)) {
            (Some(digest), _) => self
                .digest(digest, machine)
                .map(|digest| (Checksum::Written(digest), digest.hex()))?,
            (None, Some(entry)) => (Checksum::Locked(entry.digest), entry.digest.hex()),
            (None, None) => (Checksum::Missing, String::new()),
        };
        let fetching = Fetching {
            url: url.to_owned(),
            place: what.url().span,
            used: self.used.span,
            checksum,
        };
        self.installed.fetching.push(fetching);
        Some(hex)
    }

    fn digest(&mut self, digest: &ParamText, machine: Machine<'_>) -> Option<Digest> {
        let filled = self.on(digest, ValueKind::Text, machine)?;
        match filled.parse::<Digest>() {
            Ok(digest) => Some(digest),
            Err(why) => {
                self.fault("toolset::digest", why.to_string(), digest.span);
                None
            }
        }
    }

    /// A unique name for a stage, also with the suffixes for platforms: `fetch-go`, `fetch-go-2`.
    fn stage_name(&mut self, platforms: &[Platform]) -> String {
        let set: String = self.used.toolset.to_ascii_lowercase();
        let taken = &mut self.installed.stage_names;
        let all = |name: &String| {
            platforms
                .iter()
                .map(|platform| platform_stage(name, platform, by_variant(platforms)))
                .chain([name.clone()])
                .collect::<Vec<_>>()
        };
        let mut names = (1..).map(|count| {
            if count == 1 {
                format!("fetch-{set}")
            } else {
                format!("fetch-{set}-{count}")
            }
        });
        let name = names
            .find(|name| all(name).iter().all(|name| !taken.contains(name)))
            .unwrap_or_default();
        taken.extend(all(&name));
        name
    }
}

/// Whether several platforms have the same architecture, so that names need the variant, too.
fn by_variant(platforms: &[Platform]) -> bool {
    platforms.iter().any(|platform| platform.variant.is_some())
}

/// The stage of one of several platforms: `fetch-go-amd64`, `fetch-go-armv7`. Variants are those of BuildKit's
/// `TARGETVARIANT`.
fn platform_stage(stage: &str, platform: &Platform, by_variant: bool) -> String {
    let variant = match (platform.architecture.as_str(), platform.variant.as_deref()) {
        _ if !by_variant => "",
        ("arm64", Some("v8")) => "",
        ("arm", None) => "v7",
        (_, variant) => variant.unwrap_or_default(),
    };
    format!("{stage}-{}{variant}", platform.architecture)
}

/// The path of the downloaded file in its stage.
const FETCHED: &str = "/fetched";
