//! `check file="/usr/local/bin/go" mode="0755" owner="0:0"`, `check file="/root/.npmrc" absent`,
//! `check file="/etc/os-release" contains="VERSION_ID=\"12\""`
//!
//! The container is created but never started, so this works for images without a shell. Links are followed.

use super::accounts::{self, GROUP, PASSWD};
use super::options::Options;
use super::{Expect, Verdict};
use crate::request::{FileKind, Found, Look};
use crate::text::Shown;
use serde::{Deserialize, Serialize};

/// What may follow `file`.
pub(super) const TAKES: &[&str] = &["absent", "mode", "owner", "contains", "lacks", "matches"];

/// A path and what is required of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The absolute path in the image.
    pub path: String,
    /// Whether the path must exist or must not exist.
    pub exists: bool,
    /// Whether links are followed.
    pub follow: bool,
    /// The lower twelve bits of the mode: `0o755`.
    pub mode: Option<u32>,
    /// Type and mode as Go writes them: `-rwxr-xr-x`.
    pub permissions: Option<String>,
    /// A name or number.
    pub user: Option<String>,
    /// A name or number.
    pub group: Option<String>,
    /// At least one of these bits must be set: `0o111`.
    pub executable: Option<u32>,
    /// What its content must be.
    pub content: Expect,
}

impl File {
    /// The path must exist.
    pub fn at(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            exists: true,
            follow: true,
            mode: None,
            permissions: None,
            user: None,
            group: None,
            executable: None,
            content: Expect::default(),
        }
    }

    pub(super) fn title(&self) -> String {
        format!(
            "{} {}",
            if self.exists { "file" } else { "no file" },
            self.path
        )
    }

    /// The paths to inspect: the file, and the files with the numbers of users and groups if an owner is required.
    pub fn looks(&self) -> Vec<Look> {
        let mut all = vec![Look {
            path: self.path.clone(),
            follow: self.follow,
            content: !self.content.is_empty(),
        }];
        if self.user.is_some() || self.group.is_some() {
            all.extend([accounts::look(PASSWD), accounts::look(GROUP)]);
        }
        all
    }

    /// The verdict on the paths that were found, in the order of [`File::looks`].
    pub fn judge(&self, found: &[Option<Found>]) -> Verdict {
        let Some(first) = found.first() else {
            return Verdict::fail("the engine returned no result for it");
        };
        let account = |at: usize| found.get(at).and_then(Option::as_ref);
        match (first, self.exists) {
            (None, false) => Verdict::pass("it does not exist"),
            (None, true) => Verdict::fail(format!("{} does not exist", self.path)),
            (Some(found), false) => {
                Verdict::fail(format!("{} exists", self.path)).seen(&listed(found, &self.path))
            }
            (Some(found), true) => match self.fault(found, account(1), account(2)) {
                Some(why) => Verdict::fail(why).seen(&listed(found, &self.path)),
                None => Verdict::pass("it exists"),
            },
        }
    }

    fn fault(
        &self,
        found: &Found,
        passwd: Option<&Found>,
        group: Option<&Found>,
    ) -> Option<String> {
        let mode = self
            .mode
            .filter(|mode| *mode != found.mode)
            .map(|mode| format!("mode {:04o}, expected {mode:04o}", found.mode));
        let shown = permissions(found);
        let text = || {
            self.permissions
                .as_ref()
                .filter(|p| **p != shown)
                .map(|p| format!("permissions {shown}, expected {p}"))
        };
        let user = || owner("user", self.user.as_deref(), found.uid, passwd);
        let group = || owner("group", self.group.as_deref(), found.gid, group);
        let executable = || {
            self.executable
                .filter(|bits| found.mode & bits == 0)
                .map(|bits| format!("mode {:04o}, not executable ({bits:04o})", found.mode))
        };
        mode.or_else(text)
            .or_else(user)
            .or_else(group)
            .or_else(executable)
            .or_else(|| self.content_fault(found))
    }

    fn content_fault(&self, found: &Found) -> Option<String> {
        if self.content.is_empty() {
            return None;
        }
        if found.kind != FileKind::File {
            return Some("it is not a regular file".into());
        }
        let bytes = found.content.as_deref().unwrap_or_default();
        let fault = self
            .content
            .fault("its content", &String::from_utf8_lossy(bytes))?;
        Some(if found.size > bytes.len() as u64 {
            format!("{fault} (the first MiB was read)")
        } else {
            fault
        })
    }
}

pub(super) fn read(options: &mut Options) -> Option<File> {
    let path = options.text("file")?;
    let absent = options.flag("absent");
    let mode = options.parsed("mode", octal, "mode=\"0755\"");
    let owner = options.parsed("owner", owners, "owner=\"0:0\"");
    let content = options.expect();
    if let Some(span) = absent
        && (mode.is_some() || owner.is_some() || !content.is_empty())
    {
        options.fault(
            span,
            "a file that must be absent has no mode, owner or content",
            "remove `absent` or the other properties",
        );
    }
    let (user, group) = owner.unwrap_or_default();
    Some(File {
        exists: absent.is_none(),
        mode,
        user,
        group,
        content,
        ..File::at(options.path(&path)?)
    })
}

fn octal(text: &str) -> Result<u32, String> {
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let mode = digits.then(|| u32::from_str_radix(text, 8).ok()).flatten();
    mode.ok_or_else(|| format!("`{text}` is not a mode with three or four octal digits"))
}

/// `0:0`, `circleci`, `:www-data`
fn owners(text: &str) -> Result<(Option<String>, Option<String>), String> {
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    let fits = |name: &str| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    if text.trim_matches(':').is_empty() || !fits(user) || !fits(group) {
        return Err(format!(
            "`{}` is not an owner: expected a user, or a user and a group",
            text.shown()
        ));
    }
    let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    Ok((some(user), some(group)))
}

fn owner(
    what: &str,
    expected: Option<&str>,
    actual: u64,
    accounts: Option<&Found>,
) -> Option<String> {
    let expected = expected?;
    match accounts::number(expected, accounts) {
        Some(number) if number == actual => None,
        Some(number) if number.to_string() == expected => {
            Some(format!("{what} {actual}, expected {expected}"))
        }
        Some(number) => Some(format!("{what} {actual}, expected {expected} ({number})")),
        None => Some(format!(
            "{what} {actual}, expected {expected}, which does not exist in the image"
        )),
    }
}

/// The format of Go's `fs.FileMode`, which container-structure-test compares.
fn permissions(found: &Found) -> String {
    let mut text = String::new();
    match found.kind {
        FileKind::Folder => text.push('d'),
        FileKind::Link => text.push('L'),
        FileKind::Other => text.push('D'),
        FileKind::File => {}
    }
    let special = [(0o4000, 'u'), (0o2000, 'g'), (0o1000, 't')];
    text.extend(
        special
            .into_iter()
            .filter(|(bit, _)| found.mode & bit != 0)
            .map(|(_, letter)| letter),
    );
    if text.is_empty() {
        text.push('-');
    }
    let letter = |at: u32| {
        if found.mode & (0o400 >> at) == 0 {
            '-'
        } else {
            ['r', 'w', 'x'][at as usize % 3]
        }
    };
    text.extend((0..9).map(letter));
    text
}

/// `-rwxr-xr-x 0:0 1234 /usr/bin/x`
fn listed(found: &Found, path: &str) -> String {
    let target = found
        .target
        .as_ref()
        .map(|target| format!(" -> {target}"))
        .unwrap_or_default();
    format!(
        "{} {}:{} {} {path}{target}",
        permissions(found),
        found.uid,
        found.gid,
        found.size
    )
}
